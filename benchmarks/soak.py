"""Run the node for long and see that nothing is lost or leaks: `python benchmarks/soak.py --help`.

The real node with the embedded models, a camera at 30 Hz, a command every second by topic or by
action, and random cancels. Ends with 1 if a command had not exactly one result.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from rich.progress import Progress
from sensor_msgs.msg import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "test" / "support"))

from goals import Goal, Goals
from node_process import running_node
from pictures import rgb_message
from ros_client import Client, connected
from table import TABLE

from rex_thinker_ros.models.memory.taken import process_memory_mb
from rex_thinker_ros.referring.outcome import Outcome

COMMANDS = (
    "pick up the orange mug", "hand me the rightmost bottle", "where is the white bottle?",
    "grab the yellow block", "give me the mug", "find the bowl", "the left one", "go home",
)  # fmt: skip
WARM_UP_SECONDS = 60.0
DOMAIN = 101  # beyond those of the tests, which may run beside


class Soak:
    """Send and count; `memory` holds (seconds, megabytes of the node)."""

    def __init__(self, client: Client, pid: int, seed: int) -> None:
        self.client, self.pid = client, pid
        self.goals = Goals(client)
        self.rng = np.random.default_rng(seed)
        self.image: Image = rgb_message(TABLE)
        self.sent = 0
        self.running: Goal | None = None
        self.canceled = 0
        self.memory: list[tuple[float, float]] = []
        self.start = time.monotonic()

    def show(self) -> None:
        """Publish the next image of the camera."""
        self.image.header.stamp = self.client.node.get_clock().now().to_msg()
        self.client.camera.publish(self.image)

    def command(self) -> None:
        """Send the next command, or cancel the goal that was sent last and send one."""
        sentence = str(self.rng.choice(COMMANDS))
        self.sent += 1
        if self.running and self.rng.random() < 0.5:
            self.canceled += self.running.cancel()
        if self.rng.random() < 0.5:
            self.running = self.goals.send(sentence)
        else:
            self.client.send(sentence)
        used = process_memory_mb(Path(f"/proc/{self.pid}/status"))
        if used is not None:
            self.memory.append((time.monotonic() - self.start, used))

    def slope(self) -> float:
        """Return the growth of the memory in megabytes an hour, the warm-up left out."""
        later = [(t, used) for t, used in self.memory if t > WARM_UP_SECONDS]
        if len(later) < 2:
            return float("nan")
        seconds, used = np.array(later).T
        return float(np.polyfit(seconds, used, 1)[0] * 3600)


def run(soak: Soak, seconds: float) -> None:
    """Feed the node until the time is over, then wait for what is owed."""
    with Progress() as bar:
        task = bar.add_task("soaking", total=seconds)
        next_command = soak.start
        while (now := time.monotonic()) - soak.start < seconds:
            soak.show()
            if now >= next_command:
                next_command += 1.0
                soak.command()
            soak.client.spin(max(0.0, 1 / 30 - (time.monotonic() - now)))
            bar.update(task, completed=now - soak.start)
    soak.client.wait(lambda: len(soak.client.referrals) >= soak.sent)
    soak.client.spin(1.0)


def main() -> int:
    """Soak from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with running_node(DOMAIN, {"model": "demo"}) as process, connected(DOMAIN) as client:
        client.wait_for_camera()
        soak = Soak(client, process.pid, args.seed)
        run(soak, args.minutes * 60)
        interrupted = time.monotonic()
        code = process.stop()
        ended = time.monotonic() - interrupted
    ids = Counter(referral.id for referral in client.referrals)
    lost = soak.sent - len(ids)
    twice = sum(count > 1 for count in ids.values())
    names = Counter(Outcome(r.status).name for r in client.referrals)
    print(f"minutes: {args.minutes:g}, commands: {soak.sent}, results: {len(client.referrals)}")
    print(f"without a result: {lost}, with several: {twice}, goals canceled: {soak.canceled}")
    print("results: " + ", ".join(f"{name} {count}" for name, count in names.most_common()))
    first, last = soak.memory[0][1], soak.memory[-1][1]
    print(f"memory of the node: {first:.0f} MB at first, {last:.0f} MB at last")
    print(f"its slope after the first minute: {soak.slope():+.1f} MB an hour")
    print(f"ended {ended:.1f} s after SIGINT with exit code {code}")
    return int(lost != 0 or twice != 0 or code != 0)


if __name__ == "__main__":
    sys.exit(main())
