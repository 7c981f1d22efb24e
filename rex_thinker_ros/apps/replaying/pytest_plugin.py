"""A pytest fixture for tests of one's own bags.

`pytest -p rex_thinker_ros.apps.replaying.pytest_plugin`
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rex_thinker_ros.answering.answering import Models
    from rex_thinker_ros.answering.result import Result
    from rex_thinker_ros.referring.boxes import Box


@dataclass(frozen=True)
class Answer:
    """What came of a command: a status by name, and boxes in full-image pixels."""

    status: str
    status_text: str
    boxes: tuple[Box, ...]
    result: Result


@dataclass(frozen=True)
class BagUnderTest:
    """A bag that can be asked; settings are those of the node's parameters that answering has."""

    path: Path
    cameras: Mapping[str, Any]
    models: Models
    settings: Mapping[str, Any]

    def ask(self, say: str, *, at: float, camera: str = "", category: str = "") -> Answer:
        """Give a command `at` seconds after the bag's start, and return what comes of it.

        Raises:
            BagError: the bag cannot be read, or lacks the topic.
        """
        from rex_thinker_ros.answering.settings import Settings
        from rex_thinker_ros.apps.replaying.bag import Bag
        from rex_thinker_ros.apps.replaying.script import Cue, Script, camera_topics
        from rex_thinker_ros.apps.replaying.session import Stage, replay

        cue = Cue(at, say, camera or next(iter(self.cameras)), category)
        cameras = {name: camera_topics(topics) for name, topics in self.cameras.items()}
        script = Script(cameras, (cue,), Settings(**self.settings))
        with Bag(self.path) as bag:
            stage = Stage(bag, script, logging.getLogger(__name__))
            (replayed,) = replay(stage, script, self.models)
        result = replayed.result
        return Answer(result.outcome.name, result.status_text, result.boxes, result)


OpenBag = Callable[..., BagUnderTest]


@pytest.fixture(scope="session")
def rex_bag() -> OpenBag:
    """Return what opens a bag: rex_bag(path, topic or {camera: topics}, model=..., settings...).

    A camera's topics are its image's or, by name, image, depth, camera_info and candidates. The
    model recorded needs a recording, the folder of a decision log.
    """

    @cache
    def load(model: str, recording: str, device: str) -> Models:
        from rex_thinker_ros.answering.answering import Models
        from rex_thinker_ros.models.load import load_models
        from rex_thinker_ros.models.profiles import load_profile
        from rex_thinker_ros.referring.command import CommandParser

        profile = load_profile(model, recording=recording)
        return Models(CommandParser(), *load_models(profile, device=device))

    def open_bag(
        path: str | Path, cameras: str | Mapping[str, Any], *,
        model: str = "rex_thinker_7b", recording: str | Path = "", device: str = "auto",
        **settings: Any,
    ) -> BagUnderTest:  # fmt: skip
        topics = {"": cameras} if isinstance(cameras, str) else cameras
        return BagUnderTest(Path(path), topics, load(model, str(recording), device), settings)

    return open_bag
