"""Give a script's commands to a bag in this process: no ROS, nothing dropped, always the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rex_thinker_ros.answering.answering import Answering, Models, failed
from rex_thinker_ros.answering.looking import Looking
from rex_thinker_ros.answering.query import Query
from rex_thinker_ros.answering.requests import Request
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.answering.sources import Logger
from rex_thinker_ros.apps.replaying.bag import IMAGE_TYPES, Bag
from rex_thinker_ros.apps.replaying.camera import BagCamera, BagClock, BagFrames
from rex_thinker_ros.apps.replaying.script import Cue, Script
from rex_thinker_ros.images.decoding import decode_image
from rex_thinker_ros.referring.referrer import Observer
from rex_thinker_ros.stamps import NANOSECONDS


@dataclass(frozen=True)
class Replayed:
    """A command of the script and its result."""

    cue: Cue
    result: Result


def replay(bag: Bag, script: Script, models: Models, logger: Logger) -> Iterator[Replayed]:
    """Yield the result of each command, on the image that a live node would have had.

    Raises:
        BagError: a topic of the script is not in the bag or has no images, or it is cut off.
    """
    clock = BagClock(bag.start_nanoseconds)
    cameras = {
        name: BagCamera(BagFrames(bag.messages(topic, IMAGE_TYPES), clock), logger)
        for name, topic in script.cameras.items()
    }
    looking = Looking(decode_image, clock.now)
    answering = Answering(models, cameras, looking, lambda: script.settings)
    for number, cue in enumerate(script.cues, 1):
        due = bag.start_nanoseconds + int(cue.at * NANOSECONDS)
        clock.nanoseconds = max(clock.nanoseconds, due)
        query = Query(cue.say, clock.nanoseconds, category=cue.category, camera=cue.camera)
        request = Request(f"replay-{number}", query)
        try:
            result = answering.answer(request, Observer())
        # as in the node: whatever it is, the command has its result
        except Exception as error:  # noqa: BLE001
            result = failed(request, error)
        answering.remember(result)
        yield Replayed(cue, result)
