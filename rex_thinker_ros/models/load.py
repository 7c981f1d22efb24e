"""From a profile to a detector and a reasoner that are ready to work."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rex_thinker_ros.models.find import ModelDirectories, find_models
from rex_thinker_ros.models.grounding.load_detector import load_detector
from rex_thinker_ros.models.memory.check import check_fits
from rex_thinker_ros.models.memory.need import detector_need, needed_together, reasoner_need
from rex_thinker_ros.models.memory.shortage import memory_advice
from rex_thinker_ros.models.profiles import Profile
from rex_thinker_ros.models.quantization import QUANTIZATIONS, require_quantizer
from rex_thinker_ros.models.quiet import silence_libraries
from rex_thinker_ros.models.recorded import RecordedReasoner, load_recorded
from rex_thinker_ros.models.server.serving import connect
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.prompt import build_prompt
from rex_thinker_ros.referring.reasoner import Reasoner

if TYPE_CHECKING:
    from rex_thinker_ros.models.device import Placement

_WARM_UP_SIZE = Size(640, 480)
_WARM_UP_PIECES = 3  # the first comes from the prompt, and only others from passes that follow it
_THREADS = "OMP_NUM_THREADS"  # how users choose the number of threads themselves

_log = logging.getLogger(__name__)


def load_models(
    profile: Profile,
    *,
    device: str = "auto",
    store: Path | None = None,
    say: Callable[[str], object] = _log.info,
) -> tuple[Detector, Reasoner]:
    """Load both models of a profile onto "auto", "cpu", "cuda" or "cuda:N"; a recording onto none.

    A server's reasoner stays there, and its weights need not be here. `say` hears how much memory
    is needed and free, before it is taken.

    Raises MissingWeightsError, WeightsError, MissingQuantizerError or a server's ServerError before
    anything heavy is imported, DeviceError for a device that is not there, MemoryNeedError for one
    that is too small, and what load_recorded raises.
    """
    if profile.recording:
        return load_recorded(profile)
    directories = find_models(profile, store=store)
    require_quantizer(profile.quantization)
    name = _label(profile.name, profile.detector)
    if directories.reasoner is None:
        remote = connect(profile)
        placement = _place(directories, profile, device, say)
        return load_detector(directories, name, profile, placement.device, store), remote
    placement = _place(directories, profile, device, say)
    with memory_advice("Loading", "Free memory on the device, or set reasoner.quantization."):
        detector = load_detector(directories, name, profile, placement.device, store)
        return detector, _load_reasoner(directories.reasoner, profile, placement)


def _place(
    directories: ModelDirectories, profile: Profile, device: str, say: Callable[[str], object]
) -> Placement:
    """Return where the models will run, once they are known to fit there."""
    # seconds of imports: only once the files are known to be there
    silence_libraries()
    import torch

    from rex_thinker_ros.models.device import place
    from rex_thinker_ros.models.memory.free import free_bytes

    placement = place(device, profile.attention)
    needs = {"detector": detector_need(directories.detector)}
    if directories.second_detector is not None:
        needs["second detector"] = detector_need(directories.second_detector)
    smaller = {}
    if directories.reasoner is not None:
        size = placement.dtype.itemsize
        needs["reasoner"] = reasoner_need(directories.reasoner, profile, size)
        for quantization in QUANTIZATIONS:
            other = replace(profile, quantization=quantization)
            need = reasoner_need(directories.reasoner, other, size)
            smaller[quantization] = needed_together([needs["detector"], need])
    free = free_bytes(placement.device)
    check_fits(needs, free, str(placement.device), smaller, say)
    if placement.device.type == "cpu" and profile.cpu_threads and _THREADS not in os.environ:
        torch.set_num_threads(profile.cpu_threads)
    return placement


def _load_reasoner(directory: Path, profile: Profile, placement: Placement) -> Reasoner:
    from rex_thinker_ros.models.qwen import QwenReasoner

    name = _label(profile.name, profile.reasoner)
    return QwenReasoner(directory, name=name, profile=profile, placement=placement)


def device_name(profile: Profile, device: str) -> str:
    """Return what "auto" stands for here, such as "cuda:0"; any other device is itself.

    A recording has none.
    """
    if profile.recording:
        return "none"
    from rex_thinker_ros.models.device import place

    return str(place(device).device)


def warm_up(detector: Detector, reasoner: Reasoner) -> None:
    """Run both models on a grey image and stop after a few words, to allocate and capture all.

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
    cancel, pieces = CancelToken(), list[str]()

    def stop_soon(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == _WARM_UP_PIECES:
            cancel.cancel()

    reasoner.reason(image, prompt, stop_soon, cancel)


def _label(profile_name: str, reference: str) -> str:
    # a hub id says what it is; of a directory only the last part does
    path = Path(reference)
    return f"{profile_name}/{path.name}" if path.is_absolute() else reference
