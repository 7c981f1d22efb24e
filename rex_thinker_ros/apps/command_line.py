"""What the commands have in common: options for the models, errors in a line, exit codes."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable

from rex_thinker_ros.models.profiles import IMAGE_ENCODINGS, PROFILES, Profile, load_profile
from rex_thinker_ros.models.server.error import KEY_VARIABLE
from rex_thinker_ros.user_error import UserError


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add --model, --recording, --server..., which chosen_profile reads, and --device."""
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
        "--server-model", metavar="NAME", help="the server's model, where it has several"
    )
    parser.add_argument(
        "--server-image", choices=IMAGE_ENCODINGS, help="how the server gets images (default: png)"
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or cuda:N (default: %(default)s)"
    )


def chosen_profile(options: argparse.Namespace) -> Profile:
    """Return the profile that the options of add_model_options name.

    Raises:
        RecordingError: the recording is missing, one too many, or holds nothing.
    """
    return load_profile(
        options.model,
        recording=options.recording,
        server=options.server,
        server_model=options.server_model,
        server_image=options.server_image,
    )


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
