"""Where a .pth of the package groundingdino and its tokenizer lie; milliseconds, and no torch."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from rex_thinker_ros.models.weights import (
    MissingWeightsError,
    WeightsError,
    cached,
    default_store,
    fetch_command,
)

_TRANSFORMERS_TWIN = "IDEA-Research/grounding-dino-tiny"
_UPSTREAM_TOKENIZER = "bert-base-uncased"
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


@dataclass(frozen=True, slots=True)
class OriginalWeights:
    """Hold a .pth file, and the directory whose tokenizer and image settings go with it."""

    file: Path
    processing: Path


def is_original(reference: str) -> bool:
    """Return whether a detector is named as a file of the package groundingdino."""
    return Path(reference).suffix == ".pth"


def find_original(reference: str, *, store: Path | None = None) -> OriginalWeights:
    """Return where a .pth file and its tokenizer are; the network is never asked.

    Every release has the tokenizer of bert-base-uncased. It is looked for beside the file, then in
    the store (default_store where None) and the Hugging Face cache, where other checkpoints bring
    it. Raises MissingWeightsError for what is absent, and WeightsError for what is unreadable, or
    without the package that runs such a file.
    """
    try:
        return _find_whole(Path(reference).expanduser(), store or default_store())
    except OSError as error:
        raise WeightsError(
            f"{error.filename or reference} is not readable: {error.strerror}. See that this user "
            "may read it, or give another one."
        ) from error


def _find_whole(file: Path, store: Path) -> OriginalWeights:
    if not file.is_file():
        raise MissingWeightsError(
            f"The detector's weights are missing: there is no file {file}. Give the path of a "
            ".pth file, or a directory with a checkpoint of transformers."
        )
    if importlib.util.find_spec("groundingdino") is None:
        raise WeightsError(
            f"{file} is for the package groundingdino, which is not installed. Install it with "
            "`pip install .[groundingdino]`, or in a checkout with "
            "`pip install -r requirements/groundingdino.txt`."
        )
    return OriginalWeights(file, _find_tokenizer(file, store))


def _find_tokenizer(file: Path, store: Path) -> Path:
    in_store = store / _TRANSFORMERS_TWIN
    places = [
        file.parent,
        in_store,
        *cached(_TRANSFORMERS_TWIN),
        *cached(_UPSTREAM_TOKENIZER),  # where the package itself has put it before
    ]
    for place in places:
        if all((place / name).is_file() for name in _TOKENIZER):
            return place
    raise MissingWeightsError(
        f"The tokenizer of {file} is missing: neither {file.parent} nor {in_store} has "
        f"{' and '.join(_TOKENIZER)}. Copy those of {_UPSTREAM_TOKENIZER} beside the file, or "
        f"fetch a checkpoint that has them with `{fetch_command(_TRANSFORMERS_TWIN, store)}`."
    )
