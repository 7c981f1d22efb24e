"""Where the checkpoints of a profile lie; milliseconds, and no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rex_thinker_ros.models.grounding.original_weights import find_original, is_original
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.weights import WeightsError, find_weights

_DETECTOR_TYPE = "grounding-dino"
_REASONER_TYPE = "qwen2_5_vl"


@dataclass(frozen=True, slots=True)
class ModelDirectories:
    """Hold where the checkpoints of a profile lie; no reasoner's where a server reasons.

    A detector's may be a .pth file; where one takes both looks there is no second.
    """

    detector: Path
    second_detector: Path | None = None
    reasoner: Path | None = None


def find_models(profile: Profile, *, store: Path | None = None) -> ModelDirectories:
    """Return where the profile's checkpoints lie; nothing is loaded.

    Raises MissingWeightsError or WeightsError, as find_weights and find_original do, for all
    models at once.
    """
    needed = {"detector": (profile.detector, _DETECTOR_TYPE)}
    if profile.second_detector and profile.second_look != "never":
        needed["second_detector"] = profile.second_detector, _DETECTOR_TYPE
    if not profile.server:
        needed["reasoner"] = profile.reasoner, _REASONER_TYPE
    found: dict[str, Path] = {}
    errors: list[WeightsError] = []
    for role, (reference, model_type) in needed.items():
        try:
            if model_type == _DETECTOR_TYPE and is_original(reference):
                found[role] = find_original(reference, store=store).file
            else:
                found[role] = find_weights(reference, model_type=model_type, store=store)
        except WeightsError as error:
            errors.append(error)
    if errors:
        way_out = (
            "The embedded pair is part of the package: install it again."
            if profile.name == "demo"
            else "Or choose the model demo, whose weights are embedded."
        )
        raise type(errors[0])(" ".join([*map(str, errors), way_out]))
    return ModelDirectories(**found)
