"""What a replay can be told."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rex_thinker_ros.apps.command_line import add_model_options


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a call; ends the program where they do not fit."""
    parser = argparse.ArgumentParser(
        prog="replay",
        description="Give the commands of a file to a recorded bag, and compare what comes of them "
        "with what is expected.",
        epilog="Exit code 0: all expectations held. 1: some did not. 2: it could not be done.",
    )
    parser.add_argument(
        "bag", type=Path, nargs="?", help="folder of a rosbag2, or a .mcap or .db3 file"
    )
    parser.add_argument("script", type=Path, nargs="?", help="YAML file of commands")
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--in-process",
        action="store_true",
        help="answer here, without ROS, as fast as the models go (default)",
    )
    way.add_argument(
        "--live",
        action="store_true",
        help="play the bag on a simulated clock to the running node, and give it the commands",
    )
    parser.add_argument(
        "--node", default="/refer", metavar="NAME", help="with --live (default: %(default)s)"
    )
    add_model_options(parser)
    parser.add_argument(
        "--record", type=Path, metavar="DIR",
        help="write what was decided, with its images, as the node's decision log has it",
    )  # fmt: skip
    parser.add_argument("--jsonl", type=Path, metavar="FILE", help="write a line for each command")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML for a CI")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report to look at")
    parser.add_argument(
        "--output-bag", type=Path, metavar="DIR",
        help="write an mcap bag of the referrals, to be opened beside the one replayed",
    )  # fmt: skip
    parser.add_argument(
        "--compare", type=Path, nargs=2, metavar=("BEFORE", "AFTER"),
        help="show which commands ended otherwise in two files of --jsonl; 1 if any did",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not options.compare and options.script is None:
        parser.error("name a bag and a file of commands, or --compare two results")
    if options.live and options.record:
        parser.error("--record is for --in-process: a node records with its parameter log_dir")
    return options
