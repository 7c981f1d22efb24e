"""The simulated tabletop, the node and the picker as processes, and one who talks to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Bool, String

from rex_thinker_ros.apps.commander import Commander, Reply
from rex_thinker_ros.apps.node_process import NodeProcess
from rex_thinker_ros.user_error import UserError

_START_SECONDS = 600.0  # large models take their time to load
_ANSWER_SECONDS = 60.0
_PICK_SECONDS = 120.0
_FRAMES = 2  # after which the node has seen a new scene


@dataclass(frozen=True)
class Pick:
    """What came of a command: the reply of the node, the picker's words, and what was lifted."""

    reply: Reply
    said: tuple[str, ...]
    lifted: tuple[str, ...]


class TabletopRobot:
    """Give commands to the running processes, one at a time; the node is for further topics."""

    def __init__(self, node: Node, processes: dict[str, NodeProcess]) -> None:
        self.node = node
        self.processes = processes
        self._said: list[str] = []
        self._held: list[str] = []
        self._busy = False
        self._frames = 0
        self._on_sentence: Callable[[str], None] | None = None
        lasting = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(String, "/picker/said", self._hear, lasting)
        node.create_subscription(Bool, "/picker/busy", self._hear_busy, lasting)
        node.create_subscription(String, "/holding", self._hear_holding, lasting)
        node.create_subscription(
            CameraInfo, "/camera_info", self._hear_camera, qos_profile_sensor_data
        )
        self._scene = node.create_client(SetParameters, "/tabletop_world/set_parameters")
        self._commander = Commander(node, self._check)

    def wait_until_ready(self) -> None:
        """Wait until all can work. NodeError or UserError if they cannot."""
        if not self._commander.wait_until_active(_START_SECONDS):
            raise self.processes["refer_node"].error("The node is not active.")
        self._wait(lambda: self.node.count_publishers("/picker/said") > 0, "The picker is silent.")
        self._wait(lambda: self._frames >= _FRAMES, "The camera is dark.")

    def lay_out(self, scene: int) -> None:
        """Change to the scene of that number, and wait until it has been seen."""
        parameter = Parameter("scene", value=scene).to_parameter_msg()
        answer = self._scene.call_async(SetParameters.Request(parameters=[parameter]))
        self._wait(answer.done, "The tabletop does not answer.")
        self._frames = 0
        self._wait(lambda: self._frames >= _FRAMES, "The camera is dark.")

    def wait(self, seconds: float) -> None:
        """Let some time pass."""
        self._commander.wait_until(lambda: False, seconds)

    def pick(
        self, sentence: str, *,
        on_text: Callable[[str], None] = lambda text: None,
        on_reply: Callable[[Reply], None] = lambda reply: None,
        on_sentence: Callable[[str], None] = lambda sentence: None,
    ) -> Pick:  # fmt: skip
        """Give a command and wait until the picker is done with it.

        Meanwhile on_text gets the whole reasoning so far, on_reply the result, and on_sentence what
        the picker says.
        """
        self._said, self._held = [], []
        reply = self._commander.ask(sentence, timeout_seconds=_ANSWER_SECONDS, on_text=on_text)
        if reply is None:
            raise UserError(f"There was no result for {sentence!r} in {_ANSWER_SECONDS:.0f} s.")
        on_reply(reply)
        for sentence in self._said:  # of those that came before the result
            on_sentence(sentence)
        self._on_sentence = on_sentence
        self._wait(lambda: bool(self._said) and not self._busy, "The picker does not end.")
        self._on_sentence = None
        return Pick(reply, tuple(self._said), tuple(self._held))

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        if not self._commander.wait_until(done, _PICK_SECONDS):
            raise UserError(what)

    def _check(self) -> None:
        for process in self.processes.values():
            process.check()

    def _hear(self, message: String) -> None:
        self._said.append(message.data)
        if self._on_sentence:
            self._on_sentence(message.data)

    def _hear_busy(self, message: Bool) -> None:
        self._busy = message.data

    def _hear_holding(self, message: String) -> None:
        if message.data:
            self._held.append(message.data)

    def _hear_camera(self, _: CameraInfo) -> None:
        self._frames += 1


@contextmanager
def tabletop_robot(
    node: Node, folder: Path, *, model: str, world: dict[str, str]
) -> Iterator[TabletopRobot]:
    """Start the processes, give the robot when it is ready, and stop them.

    world: parameters of the tabletop. The logs go to a folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parameters = {"tabletop_world": world, "refer_node": {"model": model}, "picker": {}}
    with ExitStack() as stack:
        processes = {}
        for program, values in parameters.items():
            log = folder / f"{program}.log"
            processes[program] = NodeProcess(values, {}, log, program=program)
            stack.callback(processes[program].interrupt)
        robot = TabletopRobot(node, processes)
        robot.wait_until_ready()
        yield robot
