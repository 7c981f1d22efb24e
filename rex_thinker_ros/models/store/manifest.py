"""The manifest of a fetched checkpoint: where it is from, and what each of its files holds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rex_thinker_ros.user_error import UserError

MANIFEST = "rex_thinker_manifest.json"
"""The manifest's name in a checkpoint's directory."""


class ManifestError(UserError):
    """Say which manifest is damaged."""


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """Hold what a file should be; size is in bytes."""

    file: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold the address that a checkpoint was fetched from, its commit there and its files."""

    source: str
    commit: str
    files: tuple[ManifestFile, ...]

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)


def read_manifest(directory: Path) -> Manifest | None:
    """Return the manifest in a checkpoint's directory, or None if there is none.

    Raises ManifestError for one that is damaged and OSError for one that cannot be read.
    """
    path = directory / MANIFEST
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(
            ManifestFile(str(file["file"]), int(file["size"]), str(file["sha256"]))
            for file in content["files"]
        )
        return Manifest(str(content["source"]), str(content["commit"]), files)
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError(f"{path} is damaged: {type(error).__name__}: {error}") from error


def write_manifest(manifest: Manifest, directory: Path) -> None:
    """Write the manifest into a directory. Raises OSError."""
    text = json.dumps(asdict(manifest), indent=2)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")
