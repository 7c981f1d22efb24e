"""One line of the decision log: how a command ended, and what it takes to replay it.

The prompt is not in it: build_prompt makes it anew from the expression, the category, the
candidates, the size of the image and the pixel bounds of the session.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from rex_thinker_ros.referring.boxes import Box, Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.json_dataclass import (
    from_line,
    parse_object,
    parse_time,
    time_text,
    to_line,
)
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import PixelBounds
from rex_thinker_ros.referring.reasoner import StopReason
from rex_thinker_ros.referring.view import View

SCHEMA = 1
"""The version of these lines: it rises when an older reader would misread a newer line."""


class RecordError(ValueError):
    """Say why a line of a decision log cannot be used."""


@dataclass(frozen=True, slots=True)
class LogSession:
    """Hold what the records of one run of the node share: the first line of each of its files.

    started has a time zone. Settings that JSON has no form for are written as text; their
    "profile" has the pixel bounds. wording is that of the prompts: see prompt.wording; empty where
    the version that wrote the log did not say.
    """

    started: datetime
    settings: Mapping[str, object]
    wording: str = ""

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds that prompts were made for; RecordError if it has none."""
        try:
            profile: Any = self.settings["profile"]
            return PixelBounds(profile["min_pixels"], profile["max_pixels"])
        except (KeyError, TypeError, ValueError):
            raise RecordError("the settings of the decision log have no pixel bounds") from None

    def to_json(self) -> str:
        """Return one line, without its end; ValueError for a number that is not finite."""
        line = {
            "schema": SCHEMA, "started": time_text(self.started), "settings": self.settings,
            "wording": self.wording,
        }  # fmt: skip
        return json.dumps(line, ensure_ascii=False, allow_nan=False, default=str)

    @classmethod
    def from_json(cls, line: str) -> LogSession:
        """Read a line back; RecordError if it is malformed or of another schema."""
        try:
            values = parse_object(line)
            started, settings = parse_time(str(values.get("started"))), values.get("settings")
        except ValueError as error:
            raise RecordError(f"this is no first line of a decision log: {error}") from None
        if values.get("schema") != SCHEMA:
            raise RecordError(
                f"the decision log has schema {values.get('schema')}, and this version reads "
                f"{SCHEMA}: use the version of rex_thinker_ros that wrote it"
            )
        if not isinstance(settings, dict):
            raise RecordError("the first line of the decision log has no settings")
        return cls(started, settings, str(values.get("wording", "")))


@dataclass(frozen=True, slots=True)
class RecordedImage:
    """Hold what image was decided on, and its file, relative to the folder of the line.

    sha256 is rgb_sha256's; together with the size in pixels it names an image. stamp_sec,
    stamp_nanosec and frame_id are those of the message; age and conversion are in seconds.
    """

    file: str
    size: Size
    sha256: str
    stamp_sec: int
    stamp_nanosec: int
    frame_id: str
    age_seconds: float
    convert_seconds: float


@dataclass(frozen=True, slots=True)
class RecordedReading:
    """Hold one of several readings, as in Reading and Completion; sha256 is that of what it showed.

    confidence is as in Decision, of this reading.
    """

    view: View
    sha256: str
    reasoning: str
    tokens: int
    stop: StopReason
    confidence: float | None


@dataclass(frozen=True, slots=True)
class RecordedReferral:
    """Hold what the models said, as in Referral and Decision; boxes are in full-image pixels.

    No candidates may also mean that detection was never done: the record's status tells. They stand
    in the order of the reading that counts. readings are all that were done if there were several;
    reasoning repeats that at the index counted. ValueError if that is none of them.
    """

    candidates: tuple[Candidate, ...]
    boxes: tuple[Box, ...]
    reasoning: str
    tokens: int
    confidence: float | None
    model: str
    detection_seconds: float
    first_token_seconds: float | None
    reasoning_seconds: float
    decision_seconds: float
    readings: tuple[RecordedReading, ...] = ()
    counted: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.counted < max(1, len(self.readings)):
            raise ValueError(f"of {len(self.readings)} readings, that at {self.counted} counts")


@dataclass(frozen=True, slots=True)
class RecordedPoint:
    """Hold the pick point of a found candidate, as in PickPoint: metres, optical frame.

    The depth image that it comes from is not in the log.
    """

    candidate: int
    x: float
    y: float
    z: float
    spread_x: float
    spread_y: float
    spread_z: float
    depth_share: float


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """Hold one terminal result; the parts that it did not reach are None.

    time, with a time zone, is when the result was there; sentence is the command as received.
    answers is the id of the record whose question this one answers, empty if none: that record
    has the candidates that were offered.
    lost counts the results before this one that could not be written down.
    """

    time: datetime
    id: str
    lost: int
    camera: str
    sentence: str
    status: Outcome
    status_text: str
    command: Command | None = None
    image: RecordedImage | None = None
    referral: RecordedReferral | None = None
    pick_points: tuple[RecordedPoint, ...] = ()
    answers: str = ""

    def to_json(self) -> str:
        """Return one line, without its end; ValueError for a number that is not finite."""
        return to_line(self)

    @classmethod
    def from_json(cls, line: str) -> DecisionRecord:
        """Read a line back; RecordError names what in it is malformed."""
        try:
            return from_line(cls, line)
        except ValueError as error:
            raise RecordError(f"this is no record of a decision: {error}") from None


def rgb_sha256(image: RgbImage) -> str:
    """Return the SHA-256 of an image's bytes, row by row, in hexadecimal; the size is not in it."""
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()
