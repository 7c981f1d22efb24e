"""Give a script's commands to a bag in this process: no ROS, nothing dropped, always the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rex_thinker_ros.answering.answering import Answering, Models, failed
from rex_thinker_ros.answering.looking import Looking
from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.answering.sources import Logger
from rex_thinker_ros.apps.replaying.bag import (
    CANDIDATE_TYPES,
    DEPTH_TYPES,
    IMAGE_TYPES,
    INFO_TYPES,
    Bag,
    BagError,
)
from rex_thinker_ros.apps.replaying.camera import bag_camera
from rex_thinker_ros.apps.replaying.playback import Playback
from rex_thinker_ros.apps.replaying.script import Cue, Script
from rex_thinker_ros.images.decoding import decode_image
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.stamps import NANOSECONDS


@dataclass(frozen=True)
class Replayed:
    """A command of the script and its result."""

    cue: Cue
    result: Result


class Stage:
    """What a bag shows as its clock goes: cameras, and what looks at them.

    Raises:
        BagError: a topic of the script is not in the bag, or is of another type.
    """

    def __init__(self, bag: Bag, script: Script, logger: Logger) -> None:
        self._start = bag.start_nanoseconds
        self.kinds = bag.kinds(_topics(script))
        self.playback = Playback(bag.messages(self.kinds), self._start)
        self.cameras = {
            name: bag_camera(self.playback, topics, logger)
            for name, topics in script.cameras.items()
        }
        clock = self.playback
        self.looking = Looking(decode_image, clock.now, clock.seconds, clock.sleep)

    def request(self, number: int, cue: Cue) -> Request:
        """Turn the clock to a command's moment and return it as a request."""
        self.playback.turn_to(self._start + int(cue.at * NANOSECONDS))
        query = Query(cue.say, self.playback.now(), category=cue.category, camera=cue.camera)
        return Request(f"replay-{number}", query)


def replay(stage: Stage, script: Script, models: Models) -> Iterator[Replayed]:
    """Yield the result of each command, on the image that a live node would have had.

    Raises:
        BagError: the bag is cut off.
    """
    answering = Answering(models, stage.cameras, stage.looking, lambda: script.settings)
    for number, cue in enumerate(script.cues, 1):
        request = stage.request(number, cue)
        try:
            result = answering.answer(request, Observer())
        except BagError:
            raise
        # as in the node: whatever it is, the command has its result
        except Exception as error:  # noqa: BLE001
            result = failed(request, error)
        answering.remember(result)
        yield Replayed(cue, result)


def _topics(script: Script) -> dict[str, Sequence[str]]:
    """Return the topics of all cameras with the types that each may have."""
    cameras = script.cameras.values()
    return {
        **{camera.image: IMAGE_TYPES for camera in cameras},
        **{camera.depth: DEPTH_TYPES for camera in cameras if camera.depth},
        **{camera.camera_info: INFO_TYPES for camera in cameras if camera.depth},
        **{camera.candidates: CANDIDATE_TYPES for camera in cameras if camera.candidates},
    }
