"""The models of a profile, loaded as the parameters say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.models.memory.taken import peak_text
from rex_thinker_ros.models.profiles import SETTINGS, Profile, load_profile
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
        field: _given(getattr(parameters, name.replace(".", "_")))
        for name, field in SETTINGS.items()
    }
    return load_profile(parameters.model, **replaced)


def load_all(parameters: Parameters, say: Callable[[str], object]) -> Models:
    """Load and warm up everything that answers need; takes seconds to minutes.

    `say` hears how much memory is needed and free before it is taken.

    Raises what load_models raises: an error that names the file, the device or the server that is
    missing; and what warm_up raises.
    """
    profile = profile_of(parameters)
    detector, reasoner = load_models(profile, device=parameters.device, say=say)
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
    seconds = time.monotonic() - start
    say(f"Loaded the models in {seconds:.1f} s, with {peak_text()} at the most.")


def _given(value: float | str) -> float | str | None:
    return None if not isinstance(value, str) and value < 0 else value
