"""The one place that asks the network: what the hub offers of a checkpoint, and its files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (  # type: ignore[attr-defined]
    GatedRepoError,
    HTTPError,  # of httpx or httpx2, by the version of the hub's library
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from rex_thinker_ros.models.store.digests import OnBytes, git_blob_id, sha256
from rex_thinker_ros.models.store.manifest import MANIFEST
from rex_thinker_ros.user_error import UserError

_SETTINGS = re.compile(r"\w[\w.-]*\.(json|jinja)|merges\.txt|vocab\.txt")
_SINGLE = "model.safetensors"
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")


class HubError(UserError):
    """Say what the hub refused or could not be asked, and what to do."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """Hold a file of the hub: size in bytes, SHA-256, or of a small one the id of its git blob."""

    name: str
    size: int
    digest: str

    def is_at(self, path: Path, on_bytes: OnBytes = lambda count: None) -> bool:
        """Return whether the file at this path is the same one. Raises OSError."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        if len(self.digest) == 64:
            return self.digest == sha256(path, on_bytes)
        return self.digest == git_blob_id(path)


@dataclass(frozen=True, slots=True)
class HubCheckpoint:
    """Hold what is needed of a checkpoint at one commit of the hub."""

    hub_id: str
    source: str
    commit: str
    files: tuple[HubFile, ...]


def look_up(hub_id: str, revision: str) -> HubCheckpoint:
    """Return what the hub has of a checkpoint at a branch, tag or commit; never a pickle.

    Raises HubError if the hub cannot be asked, refuses, has no safetensors or tells no hashes.
    """
    api = HfApi()
    with _told(hub_id, revision):
        info = api.model_info(hub_id, revision=revision, files_metadata=True)
    names = _needed(sibling.rfilename for sibling in info.siblings or ())
    if not info.sha or not any(name.endswith(".safetensors") for name in names):
        raise HubError(f"{hub_id} at {revision} has no weights as safetensors: see its page.")
    files = tuple(_file(sibling) for sibling in info.siblings or () if sibling.rfilename in names)
    return HubCheckpoint(hub_id, f"{api.endpoint}/{hub_id}", info.sha, files)


def download(checkpoint: HubCheckpoint, file: HubFile, target: Path) -> None:
    """Download a file with a progress bar, going on after what the target already holds.

    Raises HubError if the connection fails, and leaves what has arrived by then.
    """
    url = hf_hub_url(
        checkpoint.hub_id, file.name, revision=checkpoint.commit, endpoint=HfApi().endpoint
    )
    # a byte range of a compressed answer would be another one
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    with _told(checkpoint.hub_id, checkpoint.commit), target.open("ab") as stream:
        http_get(
            url,
            stream,
            resume_size=stream.tell(),
            headers=headers,
            expected_size=file.size,
            displayed_filename=file.name,
        )


@contextmanager
def _told(hub_id: str, revision: str) -> Iterator[None]:
    try:
        yield
    except GatedRepoError as error:
        raise HubError(
            f"The hub gives {hub_id} only to those who accepted its terms on its page: do that, "
            "then log in with `hf auth login`."
        ) from error
    except RevisionNotFoundError as error:
        raise HubError(f"The hub has no revision {revision} of {hub_id}.") from error
    except RepositoryNotFoundError as error:
        raise HubError(f"The hub has no {hub_id}, or not for everyone: `hf auth login`.") from error
    except (HTTPError, ConnectionError) as error:
        reason = str(error).rstrip(".")
        raise HubError(
            f"The hub at {HfApi().endpoint} cannot be reached for {hub_id}: {reason}. Run the "
            "command again when it can: it goes on where it was. Or copy the store from a machine "
            "that has it."
        ) from error


def _needed(offered: Iterable[str]) -> set[str]:
    names = set(offered) - {MANIFEST}
    settings = {name for name in names if _SETTINGS.fullmatch(name)}
    shards = {name for name in names if _SHARD.fullmatch(name)}
    return settings | ({_SINGLE} if _SINGLE in names else shards)


def _file(sibling: RepoSibling) -> HubFile:
    lfs = sibling.lfs
    size = lfs.size if lfs else sibling.size
    digest = (lfs.sha256 if lfs else sibling.blob_id) or ""
    # the digest becomes part of a file's name here
    if size is None or not _DIGEST.fullmatch(digest):
        raise HubError(f"The hub tells no size and hash of {sibling.rfilename}: is it a mirror?")
    return HubFile(sibling.rfilename, size, digest)
