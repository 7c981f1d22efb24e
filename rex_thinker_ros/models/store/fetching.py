"""A checkpoint from the hub into the store: resumed where it was, and there only when whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rex_thinker_ros.models.store.digests import OnBytes, sha256
from rex_thinker_ros.models.store.hub import HubCheckpoint, HubFile, download
from rex_thinker_ros.models.store.manifest import (
    MANIFEST,
    Manifest,
    ManifestError,
    ManifestFile,
    read_manifest,
    write_manifest,
)
from rex_thinker_ros.models.weights import STAGE, STORE_VARIABLE
from rex_thinker_ros.user_error import UserError


class FetchError(UserError):
    """Say why a checkpoint could not be fetched, and what to do."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """Bring a checkpoint into its directory in the store.

    Files arrive in a folder inside of it and take their places together, the manifest last; until
    then a checkpoint that is there already can be used. Each method raises OSError.
    """

    checkpoint: HubCheckpoint
    directory: Path

    def absent(self, on_bytes: OnBytes) -> list[HubFile]:
        """Return the files that are not there, or are there with another content."""
        return [
            file
            for file in self.checkpoint.files
            if not file.is_at(self.directory / file.name, on_bytes)
        ]

    def bytes_to_come(self, files: list[HubFile]) -> int:
        """Return how many bytes of these files have not arrived yet."""
        return sum(max(0, file.size - _size(self._staged(file))) for file in files)

    def check_space(self, files: list[HubFile]) -> None:
        """Raise FetchError if what has to come does not fit onto the disk."""
        place = next(path for path in (self.directory, *self.directory.parents) if path.exists())
        free, needed = shutil.disk_usage(place).free, self.bytes_to_come(files)
        if needed > free:
            raise FetchError(
                f"{self.checkpoint.hub_id} needs {needed / 1e9:.2f} GB more, and {place} has "
                f"{free / 1e9:.2f} GB free: make room, or name another place with --store or "
                f"{STORE_VARIABLE}."
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from fetching the same checkpoint; FetchError if one does."""
        stage = self.directory / STAGE
        stage.mkdir(parents=True, exist_ok=True)
        lock = os.open(stage, os.O_RDONLY)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FetchError(f"Another process is fetching {self.directory} now.") from error
            yield
        finally:
            os.close(lock)

    def fetch(self, file: HubFile) -> None:
        """Download one file, or the rest of it, and compare it with what the hub told.

        Raises HubError if the connection fails and FetchError if something else arrived.
        """
        staged = self._staged(file)
        if _size(staged) > file.size:
            staged.unlink()
        download(self.checkpoint, file, staged)
        if not file.is_at(staged):
            staged.unlink()
            raise FetchError(
                f"{file.name} of {self.checkpoint.hub_id} arrived with other content than the hub "
                "says that it has, and was thrown away: run the command again."
            )

    def install(self, files: list[HubFile]) -> None:
        """Let fetched files take their places, and write the manifest."""
        stage = self.directory / STAGE
        replaced = self._files_of_before()
        manifest = Manifest(
            self.checkpoint.source,
            self.checkpoint.commit,
            tuple(self._record(file, fetched=file in files) for file in self.checkpoint.files),
        )
        write_manifest(manifest, stage)
        for file in files:
            self._staged(file).replace(self.directory / file.name)
        for name in replaced - {file.name for file in self.checkpoint.files}:
            (self.directory / name).unlink(missing_ok=True)
        (stage / MANIFEST).replace(self.directory / MANIFEST)
        shutil.rmtree(stage)

    def _files_of_before(self) -> set[str]:
        # weights of an earlier revision may have other names, and would be taken for these
        try:
            before = read_manifest(self.directory)
        except ManifestError:
            return set()
        return {Path(file.file).name for file in before.files} if before else set()

    def _record(self, file: HubFile, *, fetched: bool) -> ManifestFile:
        path = self._staged(file) if fetched else self.directory / file.name
        large = len(file.digest) == 64
        return ManifestFile(file.name, file.size, file.digest if large else sha256(path))

    def _staged(self, file: HubFile) -> Path:
        # named by content: what is left of another revision is never gone on with
        return self.directory / STAGE / f"{file.name}.{file.digest}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
