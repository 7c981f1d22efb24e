"""Where the embedded weights lie."""

from __future__ import annotations

from pathlib import Path


def embedded_weights(module: str = __file__) -> Path:
    """Return the folder of the embedded weights, for the package of a file such as this one.

    In a checkout it is beside the modules, in an installation it is the package's share folder
    below the prefix that the modules are in.
    """
    here = Path(module).resolve()
    beside = here.parents[1] / "weights"
    shares = (prefix / "share" / "rex_thinker_ros" / "weights" for prefix in here.parents)
    return next((folder for folder in (beside, *shares) if folder.is_dir()), beside)
