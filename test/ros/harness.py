"""Real node processes and a real client, over DDS."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from rex_thinker_ros.msg import Referral

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0  # seconds; only a hang takes that long
_domains = itertools.count(os.getpid() % 80)


def next_domain() -> int:
    """Return a ROS domain id of its own for each test module or test."""
    return next(_domains) % 100 + 1


class NodeProcess:
    """The node's executable in a process group of its own, its output collected."""

    def __init__(self, domain: int, parameters: Mapping[str, object]) -> None:
        values = [f"{name}:={_yaml(value)}" for name, value in parameters.items()]
        arguments = [part for value in values for part in ("-p", value)]
        environment = {
            **os.environ,
            "ROS_DOMAIN_ID": str(domain),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "FASTDDS_DEFAULT_PROFILES_FILE": str(ROOT / "config/fastdds_shm64.xml"),
        }
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "bin/refer_node"), "--ros-args", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        self.lines.extend(iter(self._process.stdout.readline, ""))

    def wait_for_line(self, text: str) -> None:
        """Wait until the node has logged `text`."""
        deadline = time.monotonic() + PATIENCE
        while not any(text in line for line in self.lines):
            assert self._process.poll() is None, f"the node ended: {self.lines}"
            assert time.monotonic() < deadline, f"'{text}' is missing: {self.lines}"
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group, as a terminal does."""
        os.killpg(self._process.pid, number)

    def wait(self) -> int:
        """Return the exit code."""
        code = self._process.wait(PATIENCE)
        self._reader.join()
        return code

    def stop(self) -> int:
        """Interrupt the node as Ctrl-C does, and return its exit code."""
        if self._process.poll() is None:
            self.signal(signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """End a process that a failed test left behind."""
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)
            self.wait()


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Client:
    """A camera, a commander and a listener of the node `refer` in one domain."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = Node("client", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.referrals: list[Referral] = []
        self.texts: list[str] = []
        self.pictures: list[Image] = []
        self.health: list[DiagnosticArray] = []
        lasting = QoSProfile(depth=200, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._listen(Referral, "/refer/referral", self.referrals.append, lasting)
        self._listen(String, "/refer/reasoning", lambda m: self.texts.append(m.data), 50)
        self._listen(Image, "/refer/annotated", self.pictures.append, 1)
        self._listen(DiagnosticArray, "/diagnostics", self.health.append, 10)
        self._command = self.node.create_publisher(String, "/command", QoSProfile(depth=100))
        self.camera = self.publisher(Image, "/image")

    def _listen(self, kind: Any, topic: str, callback: Callable[[Any], object], qos: Any) -> None:
        self.node.create_subscription(kind, topic, callback, qos)

    def publisher(self, kind: Any, topic: str, *, reliable: bool = False) -> Any:
        """Make an image publisher of depth 1, best effort unless told."""
        policy = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        return self.node.create_publisher(kind, topic, QoSProfile(depth=1, reliability=policy))

    def close(self) -> None:
        """Leave the domain."""
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def wait(self, done: Callable[[], Any]) -> Any:
        """Spin until `done()` is true; return its value."""
        deadline = time.monotonic() + PATIENCE
        while not (value := done()):
            assert time.monotonic() < deadline, "nothing happened"
            self._executor.spin_once(timeout_sec=0.02)
        return value

    def spin(self, seconds: float) -> None:
        """Spin for a while."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.02)

    def connect(self) -> None:
        """Wait until the commander and the listeners are matched with the node."""
        topics = ("/refer/referral", "/refer/reasoning", "/refer/annotated")
        self.wait(self._command.get_subscription_count)
        for topic in topics:
            self.wait(lambda topic=topic: self.node.count_publishers(topic))
        self.spin(0.3)  # the other side matches a moment later

    def wait_for_camera(self) -> None:
        """Wait until the node listens to the camera."""
        self.wait(self.camera.get_subscription_count)
        self.spin(0.3)

    def send(self, sentence: str) -> None:
        """Publish a command."""
        self._command.publish(String(data=sentence))

    def results(self, sentence: str) -> list[Referral]:
        """Return the results that came for a sentence."""
        return [referral for referral in self.referrals if referral.command == sentence]

    def ask(self, sentence: str, message: Image | None = None) -> Referral:
        """Show an image if given, send a command, and return its one result."""
        before = len(self.results(sentence))
        if message is not None:
            self.show(message)
        self.send(sentence)
        self.wait(lambda: len(self.results(sentence)) > before)
        return self.results(sentence)[-1]

    def show(self, message: Image | CompressedImage) -> None:
        """Publish an image with the present time as its stamp."""
        message.header.stamp = self.node.get_clock().now().to_msg()
        self.camera.publish(message)
        self.spin(0.2)

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """Call a service of the node."""
        client = self.node.create_client(kind, f"/refer/{name}")
        self.wait(client.service_is_ready)
        future = client.call_async(request)
        self.wait(future.done)
        self.node.destroy_client(client)
        return future.result()

    def change_state(self, transition: int) -> bool:
        """Ask for a lifecycle transition; return whether it succeeded."""
        request = ChangeState.Request()
        request.transition.id = transition
        return bool(self.call(ChangeState, "change_state", request).success)

    def state(self) -> str:
        """Return the label of the lifecycle state."""
        return str(self.call(GetState, "get_state", GetState.Request()).current_state.label)

    def set_parameter(self, name: str, value: str | float) -> Any:
        """Set a parameter of the node; return the result."""
        parameter = rclpy.Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        return self.call(SetParameters, "set_parameters", request).results[0]


def picture(width: int = 64, height: int = 48) -> np.ndarray:
    """Draw something asymmetric, (height, width, 3) uint8 RGB."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=2).astype(np.uint8)


def rgb_message(rgb: np.ndarray, *, pad: int = 0) -> Image:
    """Make an rgb8 message with `pad` filler bytes after each row."""
    height, width = rgb.shape[:2]
    rows = np.full((height, 3 * width + pad), 0xAB, np.uint8)
    rows[:, : 3 * width] = rgb.reshape(height, -1)
    message = Image(height=height, width=width, encoding="rgb8", step=3 * width + pad)
    message.header.frame_id = "camera"
    message.data = rows.tobytes()
    return message
