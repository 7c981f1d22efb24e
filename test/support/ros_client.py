"""A camera, a commander and a listener over DDS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import ChangeState, GetState
from node_process import PATIENCE
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rex_thinker_ros.msg import Referral
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String


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

    def _listen(self, kind: Any, topic: str, callback: Callable[[Any], None], qos: Any) -> None:
        self.node.create_subscription(kind, topic, callback, qos)

    def publisher(self, kind: Any, topic: str, *, reliable: bool = False) -> Any:
        """Make an image publisher of depth 1, best effort unless told."""
        policy = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        return self.node.create_publisher(kind, topic, QoSProfile(depth=1, reliability=policy))

    def add(self, node: Node) -> None:
        """Spin another node along."""
        self._executor.add_node(node)

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
            self.wait(partial(self.node.count_publishers, topic))
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


@contextmanager
def connected(domain: int) -> Iterator[Client]:
    """Yield a client that is matched with the node."""
    client = Client(domain)
    client.connect()
    yield client
    client.close()
