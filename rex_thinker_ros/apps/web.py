"""Refer on a web page: `python -m rex_thinker_ros.apps.web --help`. Needs no ROS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rex_thinker_ros.answering.answering import Models
from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.page.access import PASSWORD_VARIABLE, is_this_machine, read_login
from rex_thinker_ros.apps.page.desk import Desk
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.referring.command import CommandParser
from rex_thinker_ros.user_error import UserError


class MissingGradioError(UserError):
    """Say how to install what the page is made with."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until interrupted; return 1 if it cannot be served."""
    options = _options(arguments)
    telling = Telling()
    return run(partial(_run, options, telling), telling.error)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="web",
        description="Refer on a web page: an image and a sentence in, the reasoning and a box out.",
        epilog=f"With a password file, or a password in {PASSWORD_VARIABLE}, visitors log in.",
    )
    add = parser.add_argument
    add_model_options(parser)
    add("--host", default="127.0.0.1", help="address to bind to (default: %(default)s)")
    add("--port", type=int, default=7860, help="0: any free one (default: %(default)s)")
    add("--user", default="rex", metavar="NAME", help="who may log in (default: %(default)s)")
    add("--password-file", type=Path, metavar="FILE", help="its first line is the password")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, telling: Telling) -> int:
    try:
        from rex_thinker_ros.apps.page.layout import Page
        from rex_thinker_ros.apps.page.server import serve
    except ModuleNotFoundError as error:
        raise MissingGradioError(
            f"The page needs Gradio ({error}): pip install -r requirements/web.txt"
        ) from error
    login = read_login(options.user, options.password_file)
    profile = chosen_profile(options)
    telling.step(f"Loading {options.model}")
    detector, reasoner = load_models(profile, device=options.device, say=telling.step)
    warm_up(detector, reasoner)
    if login is None and not is_this_machine(options.host):
        telling.warning(f"{options.host} is open to others, and there is no password")
    page = Page(Desk(Models(CommandParser(), detector, reasoner)), profile)
    serve(
        page, options.host, options.port, login,
        lambda address: telling.step(f"The page is at {address}"),
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
