"""Results and their images as entries of a decision log."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from PIL import Image

from rex_thinker_ros.answering.log_folder import LogFolder, frame_file
from rex_thinker_ros.answering.records import to_record
from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.referring.decision_record import LogSession
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import wording


class DecisionWriter:
    """Write the results of one run to a folder: see LogSession, DecisionRecord and LogFolder.

    The folder is made with the first entry, and again if it vanishes; of its entries the oldest
    go where it would hold more than `max_bytes`. Raises ValueError or TypeError for settings that
    are no JSON.
    """

    def __init__(self, folder: Path, max_bytes: int, settings: Mapping[str, object]) -> None:
        session = LogSession(datetime.now(timezone.utc), settings, wording())
        self._folder = LogFolder(folder, max_bytes, _line(session.to_json()))

    def write(self, result: Result, time: datetime, lost: int) -> None:
        """Write an entry, or nothing; time and lost are those of DecisionRecord.

        Raises:
            OSError: it cannot be written.
            EntryTooLargeError: it is larger than the whole log may be.
            ValueError: it holds a number that is not finite.
        """
        looked, id_ = result.looked, result.request.id
        frames = {frame_file(id_): _png(looked.image)} if looked else {}
        self._folder.append(_line(to_record(result, time, lost).to_json()), frames)


def _png(image: RgbImage) -> bytes:
    data = io.BytesIO()
    Image.fromarray(image).save(data, "png", compress_level=1)
    return data.getvalue()


def _line(json_text: str) -> bytes:
    # a half of a surrogate pair has no UTF-8; escaped like this, JSON still has it
    return json_text.encode("utf-8", "backslashreplace") + b"\n"
