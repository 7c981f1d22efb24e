"""Talk to the running tabletop on a web page: `python -m rex_thinker_ros.apps.tabletop_page`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.page.conversation import conversation
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.apps.web import MissingGradioError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until interrupted; return 1 if it cannot be served."""
    parser = argparse.ArgumentParser(prog="tabletop_page", description=__doc__)
    add_page_options(parser)
    options, _ = parser.parse_known_args(arguments)  # a launch adds arguments of its own
    telling = Telling()
    return run(partial(show_page, options, telling), telling.error)


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """Add where the page is to be."""
    parser.add_argument("--host", default="127.0.0.1", help="of the page (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7861, help="0: any free one (%(default)s)")


def show_page(options: argparse.Namespace, telling: Telling) -> int:
    """Serve the page. MissingGradioError without Gradio, PortError if the port is taken."""
    try:
        from rex_thinker_ros.apps.page.robot_page import RobotPage
        from rex_thinker_ros.apps.page.server import serve
    except ModuleNotFoundError as error:
        raise MissingGradioError(
            f"The page needs Gradio ({error}): pip install -r requirements/web.txt"
        ) from error
    with conversation() as joined:
        serve(
            RobotPage(joined), options.host, options.port, None,
            lambda address: telling.step(f"The page is at {address}"),
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
