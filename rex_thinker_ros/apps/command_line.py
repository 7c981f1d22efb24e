"""What the commands have in common: options for the models, errors in a line, exit codes."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from typing import Any

from rex_thinker_ros.models.profiles import PROFILES, SETTINGS, Profile, load_profile
from rex_thinker_ros.models.server.error import KEY_VARIABLE
from rex_thinker_ros.user_error import UserError


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add --model, --recording, --server and --set, which chosen_profile reads, and --device."""
    parser.add_argument(
        "--model", default="rex_thinker_7b", choices=PROFILES, help="default: %(default)s"
    )
    parser.add_argument(
        "--recording", metavar="DIR",
        help="decision log that the model recorded answers from: the node's log_dir, or what "
        "replay --record wrote",
    )  # fmt: skip
    parser.add_argument(
        "--server", metavar="URL",
        help="OpenAI-compatible server that reasons, such as http://gpu-box:8000; a key for it is "
        f"taken from {KEY_VARIABLE}",
    )  # fmt: skip
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], type=_setting, metavar="NAME=VALUE",
        help="a setting of the profile, by the name of the node's parameter, such as "
        "reasoner.quantization=int8; may be given again. Names: " + ", ".join(SETTINGS),
    )  # fmt: skip
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or cuda:N (default: %(default)s)"
    )


def _setting(text: str) -> tuple[str, Any]:
    """Return the field of a profile and its value, from NAME=VALUE."""
    name, _, value = text.partition("=")
    if name not in SETTINGS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SETTINGS)}")
    kind = type(getattr(PROFILES["demo"], SETTINGS[name]))
    try:
        return SETTINGS[name], kind(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{name} is no {kind.__name__}: {value!r}") from error


def chosen_profile(options: argparse.Namespace) -> Profile:
    """Return the profile that the options of add_model_options name.

    Raises:
        UserError: a setting has a wrong value, or the recording is missing, one too many, or
            holds nothing.
    """
    replaced = dict(options.settings)
    replaced |= {name: value for name in ("recording", "server") if (value := vars(options)[name])}
    try:
        return load_profile(options.model, **replaced)
    except ValueError as error:
        raise UserError(str(error)) from error


def run(work: Callable[[], int], tell_error: Callable[[str], object], *, failure: int = 1) -> int:
    """Return the exit code of `work`, or `failure` where the user has to change something."""
    try:
        return work()
    except (UserError, OSError) as error:
        tell_error(str(error))
        return failure
    except KeyboardInterrupt:
        tell_error("Interrupted.")
        return 128 + signal.SIGINT
