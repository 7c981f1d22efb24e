"""Where the package's files lie that are no modules: weights, message definitions."""

from __future__ import annotations

from pathlib import Path


def shared_path(name: str, module: str = __file__) -> Path:
    """Return a file or folder by its name in the package's share folder.

    `module` is one of the package's top level, such as this one. In a checkout they
    are beside the modules or beside the package, in an installation in the package's share folder
    below the prefix that the modules are in.
    """
    package = Path(module).resolve().parent
    shares = (prefix / "share" / "rex_thinker_ros" for prefix in package.parents)
    paths = [place / name for place in (package, *shares, package.parent)]
    return next((path for path in paths if path.exists()), paths[0])
