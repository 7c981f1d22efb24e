"""Whether a checkpoint in the store is what was fetched, as far as can be told offline."""

from __future__ import annotations

from pathlib import Path

from rex_thinker_ros.models.safetensors_header import is_whole
from rex_thinker_ros.models.store.digests import OnBytes, sha256
from rex_thinker_ros.models.store.manifest import Manifest, ManifestFile
from rex_thinker_ros.models.weights import missing, shards


def defects(
    directory: Path, manifest: Manifest | None, *, by_size: bool, on_bytes: OnBytes
) -> list[str]:
    """Return what is wrong with a checkpoint, a phrase for each file; none if it is whole.

    With a manifest every file is compared with it: its bytes, or by_size only its length. Without
    one, the names are checked and the weights' lengths against their headers.
    Raises WeightsError for an index that is damaged and OSError for what cannot be read.
    """
    if not directory.is_dir():
        return ["it does not exist"]
    found = [f"{name} is missing" for name in missing(directory)]
    if manifest is None:
        there = [name for name in shards(directory) if (directory / name).is_file()]
        return found + [
            f"{name} is not as long as its header says"
            for name in there
            if not is_whole(directory / name)
        ]
    compared = (
        _defect(directory, file, by_size=by_size, on_bytes=on_bytes) for file in manifest.files
    )
    return list(dict.fromkeys([*found, *filter(None, compared)]))


def _defect(directory: Path, file: ManifestFile, *, by_size: bool, on_bytes: OnBytes) -> str:
    path = directory / file.file
    if not path.is_file():
        return f"{file.file} is missing"
    size = path.stat().st_size
    if size != file.size:
        cut = "is cut off" if size < file.size else "is too long"
        return f"{file.file} {cut}: {size} bytes of {file.size}"
    if not by_size and sha256(path, on_bytes) != file.sha256:
        return f"{file.file} was changed: it has not the SHA-256 of what was fetched"
    return ""
