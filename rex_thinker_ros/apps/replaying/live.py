"""Give a script's commands to the running node, to which a bag is played on a simulated clock."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict

from rclpy.node import Node

from rex_thinker_ros.action import Refer
from rex_thinker_ros.answering.frame import FrameError
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Looked
from rex_thinker_ros.apps.replaying.camera import BagCamera
from rex_thinker_ros.apps.replaying.judged import Judged, judge
from rex_thinker_ros.apps.replaying.live_answer import live_answer
from rex_thinker_ros.apps.replaying.live_bag import LiveBag
from rex_thinker_ros.apps.replaying.live_node import LiveNode
from rex_thinker_ros.apps.replaying.script import Cue, Script
from rex_thinker_ros.apps.replaying.session import Stage
from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.user_error import UserError

_MATCH_SECONDS = 15.0
_CLOCK_SECONDS = 0.05  # for the node to hear the time, on which its age of the image rests
_REFUSAL_SECONDS = 0.05  # in which a command that needs no image has its result
_KEPT = 10  # images, since an answer to a question is decided on that of the question
_WITHOUT_LOOKING = {Outcome.INVALID_COMMAND, Outcome.CANCELED}


class LiveReplay:
    """Play a stage to the node `name`.

    The clock stands still while the node works, and goes on only where the node waits for an
    image, its depth or its candidates: exactly as far as it does without ROS.

    Raises:
        UserError: the node does not run, is not active, has another clock or hears other topics.
    """

    def __init__(self, stage: Stage, script: Script, node: Node, name: str) -> None:
        self._stage = stage
        self._script = script
        self._node = LiveNode(node, name)
        self._require("use_sim_time", True)
        given = any(camera.candidates for camera in script.cameras.values())
        self._require("candidates", "topic" if given else "detector")
        self._bag = LiveBag(node, stage.playback, stage.kinds)
        if not self._node.wait(lambda: not self._bag.unheard(), _MATCH_SECONDS):
            raise UserError(
                f"Nobody listens to {', '.join(self._bag.unheard())}: start the node with these "
                "topics of the bag, such as image:=/camera/image, and with the image_transport "
                "that fits."
            )
        self._stamps: set[int] = set()  # of all images that were shown when a command came
        self._images: dict[int, RgbImage] = {}  # the last of them

    @property
    def model(self) -> str:
        """Return the profile that the node answers with."""
        return str(self._node.parameters("model")["model"])

    def run(self, *, draw: bool) -> Generator[Judged, None, None]:
        """Yield what comes of each command, drawn if so; the script's settings hold meanwhile.

        Raises:
            BagError: the bag is cut off.
            UserError: the node refuses the settings, or ends.
        """
        settings = asdict(self._script.settings)
        before = self._node.parameters(*settings)
        self._node.set_parameters(settings)
        try:
            for number, cue in enumerate(self._script.cues, 1):
                yield self._give(number, cue, draw=draw)
        finally:
            self._node.set_parameters(before)

    def _require(self, parameter: str, value: object) -> None:
        now = self._node.parameters(parameter)[parameter]
        if now != value:
            raise UserError(f"The node's parameter {parameter} is {now}: start it with {value}.")

    def _give(self, number: int, cue: Cue, *, draw: bool) -> Judged:
        with self._bag.jump():
            request = self._stage.request(number, cue)
        self._bag.deliver()
        self._node.wait(lambda: False, _CLOCK_SECONDS)
        goal = self._node.send(
            Refer.Goal(command=cue.say, category=cue.category, camera=cue.camera)
        )
        at_once = self._node.wait(goal.is_done, _REFUSAL_SECONDS)
        if not at_once or Outcome(goal.referral().status) not in _WITHOUT_LOOKING:
            self._look(request)
            self._bag.tell_clock()
        while not self._node.wait(goal.is_done, _CLOCK_SECONDS):
            self._bag.tell_clock()
            self._node.check()
        answer = live_answer(goal.referral())
        if answer.stamp_nanoseconds and answer.stamp_nanoseconds not in self._stamps:
            raise UserError(
                f"'{cue.say}' was decided on an image that the bag has not shown by then. Does "
                "something else publish on the node's topics?"
            )
        image = self._images.get(answer.stamp_nanoseconds) if draw else None
        return judge(cue, answer, image)

    def _look(self, request: Request) -> None:
        """Turn the clock as far as looking at an image does, and remember the image."""
        camera = self._stage.cameras.get(request.query.camera)
        if camera is None:
            return
        try:
            looked = self._looked(request, camera)
        except (FrameError, ImageError):
            return
        self._stamps.add(looked.stamp_nanoseconds)
        self._images[looked.stamp_nanoseconds] = looked.image
        if len(self._images) > _KEPT:
            del self._images[next(iter(self._images))]
        if camera.depth:
            camera.depth.hold(looked.stamp_nanoseconds)

    def _looked(self, request: Request, camera: BagCamera) -> Looked:
        looking, settings = self._stage.looking, self._script.settings
        if camera.candidates is None:
            return looking.look(request, camera.frames, settings)
        category = request.query.category
        looked, _ = looking.look_with_candidates(
            request, camera.frames, camera.candidates, category, settings
        )
        return looked
