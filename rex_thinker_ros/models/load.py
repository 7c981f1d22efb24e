"""From a profile to a detector and a reasoner that are ready to work."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.recorded import RecordedReasoner, load_recorded
from rex_thinker_ros.models.server.serving import connect
from rex_thinker_ros.models.weights import WeightsError, find_weights
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.prompt import build_prompt
from rex_thinker_ros.referring.reasoner import Reasoner

_DETECTOR_TYPE = "grounding-dino"
_REASONER_TYPE = "qwen2_5_vl"
_WARM_UP_SIZE = Size(640, 480)


@dataclass(frozen=True, slots=True)
class ModelDirectories:
    """Hold where the two checkpoints of a profile lie."""

    detector: Path
    reasoner: Path


def find_models(profile: Profile, *, store: Path | None = None) -> ModelDirectories:
    """Return where the profile's checkpoints lie, in milliseconds; nothing is loaded.

    Raises MissingWeightsError or WeightsError, as find_weights does, for both models at once.
    """
    needed = [(profile.detector, _DETECTOR_TYPE), (profile.reasoner, _REASONER_TYPE)]
    detector, reasoner = _find(profile.name, needed, store)
    return ModelDirectories(detector, reasoner)


def _find(profile_name: str, needed: Sequence[tuple[str, str]], store: Path | None) -> list[Path]:
    found: list[Path] = []
    errors: list[WeightsError] = []
    for reference, model_type in needed:
        try:
            found.append(find_weights(reference, model_type=model_type, store=store))
        except WeightsError as error:
            errors.append(error)
    if errors:
        way_out = (
            "The embedded pair is part of the package: install it again."
            if profile_name == "demo"
            else "Or choose the model demo, whose weights are embedded."
        )
        raise type(errors[0])(" ".join([*map(str, errors), way_out]))
    return found


def load_models(
    profile: Profile, *, device: str = "auto", store: Path | None = None
) -> tuple[Detector, Reasoner]:
    """Load both models of a profile onto "auto", "cpu", "cuda" or "cuda:N"; a recording onto none.

    A server's reasoner stays there, and its weights need not be here.

    Raises MissingWeightsError, WeightsError or a server's ServerError before anything heavy is
    imported, DeviceError for a device that is not there, and what load_recorded raises.
    """
    if profile.recording:
        return load_recorded(profile)
    if profile.server:
        (directory,) = _find(profile.name, [(profile.detector, _DETECTOR_TYPE)], store)
        reasoner = connect(profile)
        return _load_detector(directory, profile, device), reasoner
    directories = find_models(profile, store=store)
    detector = _load_detector(directories.detector, profile, device)
    return detector, _load_reasoner(directories.reasoner, profile, device)


def _load_detector(directory: Path, profile: Profile, device: str) -> Detector:
    # seconds of imports: only once the files are known to be there
    from transformers.utils import logging

    from rex_thinker_ros.models.device import place
    from rex_thinker_ros.models.grounding_dino import GroundingDinoDetector

    logging.disable_progress_bar()
    # transformers warns of a width that is no power of two, which users cannot change
    warnings.filterwarnings("ignore", message="You'd better set embed_dim")
    return GroundingDinoDetector(
        directory,
        name=_label(profile.name, profile.detector),
        profile=profile,
        device=place(device).device,
    )


def _load_reasoner(directory: Path, profile: Profile, device: str) -> Reasoner:
    from rex_thinker_ros.models.device import place
    from rex_thinker_ros.models.qwen import QwenReasoner

    return QwenReasoner(
        directory,
        name=_label(profile.name, profile.reasoner),
        profile=profile,
        placement=place(device),
    )


def device_name(profile: Profile, device: str) -> str:
    """Return what "auto" stands for here, such as "cuda:0"; any other device is itself.

    A recording has none.
    """
    if profile.recording:
        return "none"
    from rex_thinker_ros.models.device import place

    return str(place(device).device)


def warm_up(detector: Detector, reasoner: Reasoner) -> None:
    """Run both models once on a grey image and stop after the first words, to allocate all.

    What was recorded is there already.
    """
    if isinstance(reasoner, RecordedReasoner):
        return
    image = np.full((_WARM_UP_SIZE.height, _WARM_UP_SIZE.width, 3), 127, np.uint8)
    prompt = build_prompt(
        expression="the object",
        category="object",
        candidates=detector.detect(image, "object"),
        image_size=_WARM_UP_SIZE,
        bounds=reasoner.bounds,
    )
    cancel = CancelToken()
    reasoner.reason(image, prompt, lambda piece: cancel.cancel(), cancel)


def _label(profile_name: str, reference: str) -> str:
    # a hub id says what it is; of a directory only the last part does
    path = Path(reference)
    return f"{profile_name}/{path.name}" if path.is_absolute() else reference
