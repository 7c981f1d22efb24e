"""What the header of a safetensors file says: the tensors, without reading them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path


class HeaderError(ValueError):
    """Say which file does not begin with a header of safetensors."""


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """Hold a tensor's name, how many numbers it has, and where its bytes end after the header."""

    name: str
    numbers: int
    end: int


def read_header(file: Path) -> tuple[list[TensorEntry], int]:
    """Return the tensors of a file, and the bytes that it should have in all.

    Raises HeaderError for what is no such header, and OSError.
    """
    # an interrupted download or a Git LFS pointer has the right name and other bytes
    try:
        with file.open("rb") as stream:
            header_bytes = int.from_bytes(stream.read(8), "little")
            if header_bytes > file.stat().st_size:
                raise HeaderError(f"{file} ends within its header")
            header = json.loads(stream.read(header_bytes))
        entries = [
            TensorEntry(name, math.prod(entry["shape"]), int(entry["data_offsets"][1]))
            for name, entry in header.items()
            if name != "__metadata__"
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HeaderError(f"{file} has no readable header: {error}") from error
    return entries, 8 + header_bytes + max((entry.end for entry in entries), default=0)


def is_whole(file: Path) -> bool:
    """Return whether a safetensors file is as long as its header says. Raises OSError."""
    try:
        _, size = read_header(file)
    except HeaderError:
        return False
    return file.stat().st_size == size
