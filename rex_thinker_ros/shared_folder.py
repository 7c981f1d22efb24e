"""Where the package's files lie that are no modules: weights, message definitions."""

from __future__ import annotations

from pathlib import Path


def shared_folder(name: str, module: str = __file__) -> Path:
    """Return a folder of the package, for a module of the package's top level such as this one.

    In a checkout it is beside the modules or beside the package, in an installation it is in the
    package's share folder below the prefix that the modules are in.
    """
    package = Path(module).resolve().parent
    shares = (prefix / "share" / "rex_thinker_ros" for prefix in package.parents)
    folders = [place / name for place in (package, package.parent, *shares)]
    return next((folder for folder in folders if folder.is_dir()), folders[0])
