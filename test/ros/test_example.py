"""The README's subscriber, as a process, acts on what was found just now and on nothing else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rclpy
from node_process import PATIENCE, ROOT, next_domain
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rex_thinker_ros.msg import Referral
from sensor_msgs.msg import RegionOfInterest

from rex_thinker_ros.referring.outcome import Outcome

BOX = RegionOfInterest(x_offset=100, y_offset=40, width=31, height=60)
BEFORE_ITS_START = "said before the subscriber was there"


class Robot:
    """The example as a process in a domain of its own, and the node whose referrals it hears."""

    def __init__(self, log: Path) -> None:
        domain = next_domain()
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = Node("refer", context=self._context)
        lasting = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._publisher = self._node.create_publisher(Referral, "~/referral", lasting)
        self._log = log
        self.publish(BEFORE_ITS_START, age_seconds=3600.0)
        parameters = ["-p", "camera_frame:=wrist_camera", "-p", "max_age:=30.0"]
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, ROOT / "examples/pick_when_found.py", "--ros-args", *parameters],
                env={**os.environ, "ROS_DOMAIN_ID": str(domain)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def publish(
        self,
        command: str,
        *,
        status: Outcome = Outcome.FOUND,
        age_seconds: float = 0.5,
        frame: str = "wrist_camera",
        boxes: int = 1,
    ) -> None:
        """Publish a referral whose image is that old."""
        referral = Referral(command=command, status=status.value, boxes=[BOX] * boxes)
        referral.status_text = f"Because of {status.name}."
        stamp = self._node.get_clock().now() - Duration(seconds=age_seconds)
        referral.header.stamp, referral.header.frame_id = stamp.to_msg(), frame
        self._publisher.publish(referral)

    def lines_about(self, command: str, count: int = 1) -> list[str]:
        """Wait for as many lines of the example's output about a command, and return them."""

        def lines() -> list[str]:
            return [line for line in self._log.read_text().splitlines() if f"'{command}'" in line]

        _wait(lambda: len(lines()) >= count)
        return lines()

    def stop(self) -> int:
        """Interrupt the example as Ctrl-C does, and return its exit code."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    robot = Robot(tmp_path_factory.mktemp("example") / "output.txt")
    yield robot
    robot.close()


def test_it_hears_an_old_result_when_it_starts_and_does_not_act(robot: Robot) -> None:
    (line,) = robot.lines_about(BEFORE_ITS_START)
    assert "the image is 36" in line
    assert "picking" not in line


def test_it_picks_at_the_centre_of_what_was_found(robot: Robot) -> None:
    robot.publish("the red mug")
    (line,) = robot.lines_about("the red mug")
    assert re.search(r"picking at pixel \(115\.5, 70\.0\)", line)


def test_it_picks_every_box_of_a_plural(robot: Robot) -> None:
    robot.publish("both mugs", boxes=2)
    lines = robot.lines_about("both mugs", 2)
    assert ["picking" in line for line in lines] == [True, True]


@pytest.mark.parametrize(
    "status", [outcome for outcome in Outcome if outcome is not Outcome.FOUND], ids=str
)
def test_the_operator_hears_why_nothing_was_found(robot: Robot, status: Outcome) -> None:
    robot.publish(f"a command that ends as {status.name}", status=status)
    (line,) = robot.lines_about(f"a command that ends as {status.name}")
    assert f"Because of {status.name}." in line
    assert "picking" not in line


@pytest.mark.parametrize(
    ("age_seconds", "frame", "objection"),
    [
        pytest.param(60.0, "wrist_camera", "s old", id="old image"),
        pytest.param(-60.0, "wrist_camera", "s old", id="image of the future"),
        pytest.param(0.5, "front_camera", "not of 'wrist_camera'", id="another camera"),
        pytest.param(0.5, "", "not of 'wrist_camera'", id="no frame_id"),
    ],
)
def test_it_does_not_act_on_what_it_cannot_place(
    robot: Robot, age_seconds: float, frame: str, objection: str
) -> None:
    command = f"found in '{frame}' {age_seconds} s ago"
    robot.publish(command, age_seconds=age_seconds, frame=frame)
    (line,) = robot.lines_about(command)
    assert objection in line
    assert "picking" not in line


def test_it_ends_cleanly_when_it_is_interrupted(robot: Robot) -> None:
    robot.publish("the last one")
    robot.lines_about("the last one")
    assert robot.stop() == 0
