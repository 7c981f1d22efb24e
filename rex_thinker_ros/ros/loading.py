"""The models of a profile, loaded as the parameters say."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.models.profiles import Profile, load_profile
from rex_thinker_ros.referring.command import CommandParser
from rex_thinker_ros.ros.parameters import Parameters

_POLL_SECONDS = 0.05
_REPORT_SECONDS = 10.0
_HANG_SECONDS = 30.0  # beyond the time budget: detection, and one slow token


def profile_of(parameters: Parameters) -> Profile:
    """Return the chosen profile with what the parameters replace of it.

    Raises:
        ValueError: there is no such profile, or a value is none that it can have.
        RecordingError: the recording is missing, one too many, or holds nothing.
    """
    replaced = {
        "detector": parameters.detector_path or None,
        "reasoner": parameters.reasoner_path or None,
        "recording": parameters.recording or None,
        "server": parameters.reasoner_server or None,
        "server_model": parameters.reasoner_server_model or None,
        "server_image": parameters.reasoner_server_image,
        "box_threshold": _given(parameters.detector_box_threshold),
        "text_threshold": _given(parameters.detector_text_threshold),
        "duplicate_iou": _given(parameters.detector_nms_iou),
        "max_candidates": _given(parameters.detector_max_candidates),
        "max_new_tokens": _given(parameters.reasoner_max_new_tokens),
        "max_seconds": _given(parameters.reasoner_max_seconds),
    }
    return load_profile(parameters.model, **replaced)


def load_all(parameters: Parameters) -> Models:
    """Load and warm up everything that answers need; takes seconds to minutes.

    Raises what load_models raises: an error that names the file, the device or the server that is
    missing; and what warm_up raises.
    """
    profile = profile_of(parameters)
    detector, reasoner = load_models(profile, device=parameters.device)
    parser = CommandParser(max_characters=parameters.max_command_characters)
    warm_up(detector, reasoner)
    return Models(parser, detector, reasoner)


def patience_seconds(parameters: Parameters) -> float:
    """Return for how long the models may be at work on one image; beyond it, something hangs."""
    return profile_of(parameters).max_seconds + _HANG_SECONDS


def wait_for_models(
    loading: Future[None], stop: threading.Event, say: Callable[[str], object]
) -> None:
    """Wait until the models are loaded, and say how long it has taken so far.

    Raises what loading raised, and InterruptedError when `stop` is set.
    """
    say("Loading the models.")
    start = time.monotonic()
    next_report = start + _REPORT_SECONDS
    while not loading.done():
        if stop.wait(_POLL_SECONDS):
            raise InterruptedError("it was interrupted while loading the models")
        if time.monotonic() >= next_report:
            next_report += _REPORT_SECONDS
            say(f"Still loading after {time.monotonic() - start:.0f} s.")
    loading.result()
    say(f"Loaded the models in {time.monotonic() - start:.1f} s.")


def free_memory() -> None:
    """Give the memory of models that nobody holds any more back to the system and the GPU."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _given(value: float) -> float | None:
    return None if value < 0 else value
