"""Where checkpoints live, and whether one is whole; milliseconds, and no torch."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

from rex_thinker_ros.models.safetensors_header import is_whole
from rex_thinker_ros.models.store.manifest import MANIFEST
from rex_thinker_ros.user_error import UserError

STORE_VARIABLE = "REX_THINKER_STORE"
STAGE = ".fetching"
"""Where a checkpoint's files wait, in its directory, until all of them have arrived."""

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",))
_INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"


class WeightsError(UserError):
    """Say which checkpoint cannot be used, why, and the way out."""


class MissingWeightsError(WeightsError):
    """Say which file of a checkpoint is missing, where it was expected, and how to get it."""


def default_store() -> Path:
    """Return the directory that holds checkpoints as ORGANIZATION/NAME."""
    configured = os.environ.get(STORE_VARIABLE)
    if configured:
        return Path(configured).expanduser()
    return _home_store()


def is_hub_id(reference: str) -> bool:
    """Return whether a checkpoint is named as on the hub: ORGANIZATION/NAME."""
    return bool(_HUB_ID.fullmatch(reference))


def fetch_command(hub_id: str, store: Path) -> str:
    """Return the command that fetches a checkpoint into a store."""
    command = f"python -m rex_thinker_ros.apps.fetch_models {hub_id}"
    if store == _home_store():
        return command
    return f"{command} --store {shlex.quote(str(store))}"


def find_weights(reference: str, *, model_type: str, store: Path | None = None) -> Path:
    """Return the directory of a whole checkpoint of model_type; the network is never asked.

    The reference is a directory or a hub id. A hub id is looked up in the store (default_store
    where None), then in the Hugging Face cache. Raises MissingWeightsError for what is absent and
    WeightsError for what is damaged, unreadable or of another model type.
    """
    try:
        return _find_whole(reference, model_type, store)
    except OSError as error:
        raise WeightsError(
            f"The {model_type} checkpoint {reference} is not readable: "
            f"{error.filename or reference}: {error.strerror}. See that this user may read it, or "
            "give another one."
        ) from error


def _home_store() -> Path:
    return Path.home() / ".local/share/rex_thinker_ros/models"


def _find_whole(reference: str, model_type: str, store: Path | None) -> Path:
    directory = Path(reference).expanduser()
    if directory.is_dir() or not is_hub_id(reference):
        places = [directory]
        way_out = "Give a directory that holds the whole checkpoint"
    else:
        store = store or default_store()
        places = [store / reference, *cached(reference)]
        way_out = f"Fetch it with `{fetch_command(reference, store)}`"
    found = next((place for place in places if place.is_dir() and not missing(place)), None)
    if found is None:
        place = next((place for place in places if place.is_dir()), places[0])
        lack = f"lacks {', '.join(missing(place))}" if place.is_dir() else "does not exist"
        if (place / STAGE).is_dir():
            lack += ", for its download was interrupted"
        raise MissingWeightsError(
            f"The {model_type} checkpoint {reference} is missing: {place} {lack}. {way_out}."
        )
    _check_type(found, model_type)
    for shard in shards(found):
        if not is_whole(found / shard):
            raise WeightsError(
                f"{found / shard} is damaged or was not downloaded to its end; remove it. "
                f"{way_out}."
            )
    return found


def missing(directory: Path) -> list[str]:
    """Return the names of the files that a checkpoint directory lacks, none if it is whole."""
    needed = ["config.json", "preprocessor_config.json"]
    if not any(all((directory / name).is_file() for name in files) for files in _TOKENIZERS):
        needed.append("tokenizer.json")
    needed += shards(directory)
    lacking = [name for name in needed if not (directory / name).is_file()]
    if (directory / STAGE / MANIFEST).is_file():
        # interrupted while fetched files took their places: others may be of an earlier revision
        lacking.append(MANIFEST)
    return lacking


def shards(directory: Path) -> list[str]:
    """Return the names of the weights' files; WeightsError for an index that lists none."""
    index = directory / _INDEX
    if (directory / _SINGLE).is_file() or not index.is_file():
        return [_SINGLE]
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise WeightsError(f"{index} lists no weights")
    return sorted(set(weight_map.values()))


def cached(hub_id: str) -> list[Path]:
    """Return the directory of a checkpoint in the Hugging Face cache, whole or not, if any."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(hub_id, "config.json")
    return [Path(config).parent] if isinstance(config, str) else []


def _check_type(directory: Path, model_type: str) -> None:
    found = read_json(directory / "config.json").get("model_type")
    if found != model_type:
        raise WeightsError(
            f"{directory} holds a checkpoint of type {found}, but {model_type} is needed here: "
            "are the detector's and the reasoner's paths exchanged?"
        )


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a checkpoint's JSON file. Raises WeightsError and OSError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WeightsError(f"{file} is not readable JSON: {error}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{file} should hold a JSON object")
    return content
