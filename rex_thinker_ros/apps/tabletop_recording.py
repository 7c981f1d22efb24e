"""Record what a camera saw and what was said: a bag to replay, its commands, and a film."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from PIL import Image, ImageDraw, ImageFont
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rosbags.rosbag2 import StoragePlugin, Writer
from sensor_msgs.msg import CameraInfo, CompressedImage

from rex_thinker_ros.apps.commander import Reply
from rex_thinker_ros.apps.replaying.referral_bag import own_typestore
from rex_thinker_ros.msg import Referral
from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.ros.messages import box_of
from rex_thinker_ros.stamps import NANOSECONDS

_IMAGE = "/image/compressed"
_TOPICS = {
    _IMAGE: (CompressedImage, "sensor_msgs/msg/CompressedImage", qos_profile_sensor_data),
    "/camera_info": (CameraInfo, "sensor_msgs/msg/CameraInfo", qos_profile_sensor_data),
    "/refer/referral": (
        Referral, "rex_thinker_ros/msg/Referral",
        QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL),
    ),
}  # fmt: skip
_FILM_SIZE, _BAR = (400, 300), 44  # pixels
_FILM_RATE = 5  # pictures a second
_COLORS = 256
_SAMPLES = 12  # pictures from which these are chosen
_MEANT = (255, 0, 255)


class Recording:
    """Write a folder with bag/, commands.yaml and film.gif; an earlier one is replaced."""

    def __init__(self, node: Node, folder: Path) -> None:
        self._folder, self._node = folder, node
        shutil.rmtree(folder / "bag", ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        store = own_typestore()
        self._bag = Writer(folder / "bag", version=9, storage_plugin=StoragePlugin.MCAP)
        self._bag.open()
        self._start: int | None = None
        self._commands: list[dict[str, Any]] = []
        self._pictures: list[Image.Image] = []
        self._last_picture = 0
        self._bars = ["", ""]  # what was asked, what was said
        self._boxes: list[Box] = []  # what is meant, until the robot speaks
        for topic, (kind, name, qos) in _TOPICS.items():
            connection = self._bag.add_connection(topic, name, typestore=store)
            node.create_subscription(
                kind, topic, partial(self._write, topic, connection), qos, raw=True
            )

    def ask(self, sentence: str) -> None:
        """Note a command at the moment when it is given."""
        self._bars = [f"you: {sentence}", ""]
        self._commands.append({"at": round(self._seconds(), 2), "say": sentence})

    def reply(self, reply: Reply) -> None:
        """Note what became of the command."""
        referral = reply.referral
        expect: dict[str, Any] = {"status": Outcome(referral.status).name}
        self._boxes = list(map(box_of, referral.boxes))
        if self._boxes:
            expect["boxes"] = [list(map(int, box.as_tuple())) for box in self._boxes]
        self._commands[-1]["expect"] = expect

    def say(self, sentence: str) -> None:
        """Note what the robot said."""
        self._bars[1], self._boxes = f"robot: {sentence}", []

    def close(self) -> None:
        """Finish the files."""
        self._bag.close()
        script = {"topic": _IMAGE, "commands": self._commands}
        text = yaml.safe_dump(script, sort_keys=False, default_flow_style=None, width=200)
        (self._folder / "commands.yaml").write_text(text, encoding="utf-8")
        if self._pictures:
            _write_film(self._folder / "film.gif", self._pictures)

    def _seconds(self) -> float:
        now = int(self._node.get_clock().now().nanoseconds)
        return 0.0 if self._start is None else (now - self._start) / NANOSECONDS

    def _write(self, topic: str, connection: Any, data: bytes) -> None:
        now = int(self._node.get_clock().now().nanoseconds)
        if self._start is None:
            self._start = now
        self._bag.write(connection, now, data)
        if topic == _IMAGE and now - self._last_picture >= NANOSECONDS / _FILM_RATE:
            self._last_picture = now
            self._pictures.append(_picture(data, self._boxes, self._bars))


def _picture(data: bytes, boxes: Sequence[Box], bars: Sequence[str]) -> Image.Image:
    """Return a picture of the film: the serialized image with boxes, and the bars below it."""
    image = Image.open(io.BytesIO(data[data.index(b"\xff\xd8") :])).convert("RGB")
    for box in boxes:
        ImageDraw.Draw(image).rectangle(box.as_tuple(), outline=_MEANT, width=4)
    width, height = _FILM_SIZE
    picture = Image.new("RGB", (width, height + _BAR), "white")
    picture.paste(image.resize(_FILM_SIZE))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(14)
    for line, text in enumerate(bars):
        draw.text((8, height + 4 + 19 * line), text, "black", font=font)
    return picture


def _write_film(path: Path, pictures: Sequence[Image.Image]) -> None:
    # one palette for all, or still parts would flicker and take space
    width, height = pictures[0].size
    some = pictures[:: -(-len(pictures) // _SAMPLES)]
    strip = Image.new("RGB", (width, height * len(some)))
    for place, picture in enumerate(some):
        strip.paste(picture, (0, height * place))
    strip.paste(_MEANT, (0, 0, width // 4, height // 4))  # rare, but to be seen
    palette = strip.quantize(_COLORS, kmeans=2)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=1000 // _FILM_RATE, loop=0,
        optimize=False,
    )  # fmt: skip
