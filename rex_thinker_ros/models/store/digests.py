"""What tells a file's content: SHA-256, and the id that git gives it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

OnBytes = Callable[[int], object]
"""Is told how many bytes more were read."""

_CHUNK = 1 << 22


def sha256(file: Path, on_bytes: OnBytes = lambda count: None) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            on_bytes(len(chunk))
    return digest.hexdigest()


def git_blob_id(file: Path) -> str:
    """Return the 40 hexadecimal digits that name a small file in git. Raises OSError."""
    content = file.read_bytes()
    # git's own format, and no protection: what must not be forged has a SHA-256
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
