"""Measure what the node adds to its models: `python benchmarks/node_overhead.py --help`.

The real node with the embedded models and a 640x480 camera, over DDS: the time from publishing a
command to receiving its Referral, less the detector's and the reasoner's, which the Referral tells.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "test" / "support"))

from node_process import running_node
from pictures import rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected
from table import TABLE

from rex_thinker_ros.referring.outcome import Outcome

COMMANDS = ("pick up the orange mug", "hand me the rightmost bottle", "where is the white bottle?")
PAUSE = 0.3  # seconds before each command, in which the node comes to rest
DOMAIN = 100  # beyond those of the tests, which may run beside


def start_camera(client: Client, rate: float) -> None:
    """Publish the tabletop at a rate in hertz while the client spins."""
    message = rgb_message(TABLE)

    def publish() -> None:
        message.header.stamp = client.node.get_clock().now().to_msg()
        client.camera.publish(message)

    client.node.create_timer(1 / rate, publish)
    client.wait_for_camera()


def measure(client: Client, sentence: str) -> tuple[float, float]:
    """Return the seconds of one command, and those of them that were not the models'."""
    client.spin(PAUSE)
    start = time.perf_counter()
    referral = client.ask(sentence)
    seconds = time.perf_counter() - start
    if Outcome(referral.status) is not Outcome.FOUND:
        raise RuntimeError(f"{sentence!r} came to: {referral.status_text}")
    return seconds, seconds - model_seconds(referral)


def model_seconds(referral: Referral) -> float:
    """Return how long both models took."""
    parts = (referral.detection_duration, referral.reasoning_duration)
    return sum(part.sec + part.nanosec / 1e9 for part in parts)


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=50)
    parser.add_argument("--rate", type=float, default=30.0, help="camera images per second")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    args = parser.parse_args()
    with running_node(DOMAIN, {"model": "demo", "device": "cpu"}) as _, connected(DOMAIN) as client:
        start_camera(client, args.rate)
        client.ask(COMMANDS[0])
        sentences = [COMMANDS[number % len(COMMANDS)] for number in range(args.commands)]
        times = [measure(client, sentence) for sentence in track(sentences, "Asking")]
    whole, overhead = 1000 * np.array(times).T
    figures = {
        "commands": args.commands,
        "camera_hz": args.rate,
        "command_to_referral_ms": _p50_p95(whole),
        "overhead_ms": _p50_p95(overhead),
    }
    print("| ms | p50 | p95 |\n|---|---|---|")
    for name in ("command_to_referral_ms", "overhead_ms"):
        p50, p95 = figures[name]
        print(f"| {name.removesuffix('_ms').replace('_', ' ')} | {p50:.1f} | {p95:.1f} |")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")


def _p50_p95(values: np.ndarray) -> list[float]:
    return [float(value) for value in np.percentile(values, [50, 95])]


if __name__ == "__main__":
    main()
