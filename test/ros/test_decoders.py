"""The choice between our own decoder and an installed cv_bridge."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from pictures import picture, rgb_message
from sensor_msgs.msg import CompressedImage
from table import FILE

from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.ros.decoders import DecoderError, make_decoder

TABLE_FILE = FILE.read_bytes()


class Bridge:
    """Stand in for CvBridge where none is installed: says what it was asked, or raises."""

    def imgmsg_to_cv2(self, message: Any, encoding: str) -> Any:
        if message.encoding != "rgb8":
            raise RuntimeError("unrecognized encoding")
        assert encoding == "rgb8"
        return picture()

    def compressed_imgmsg_to_cv2(self, message: Any, encoding: str) -> Any:
        assert encoding == "rgb8"
        return picture()[::2]


@pytest.fixture
def cv_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("cv_bridge")
    module.CvBridge = Bridge  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cv_bridge", module)


def test_ours_needs_nothing_else() -> None:
    np.testing.assert_array_equal(make_decoder("numpy")(rgb_message(picture())), picture())


def test_a_missing_cv_bridge_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv_bridge", None)
    with pytest.raises(DecoderError, match=r"image_decoder is cv_bridge.*image_decoder to numpy"):
        make_decoder("cv_bridge")


@pytest.mark.usefixtures("cv_bridge")
def test_cv_bridge_gets_each_kind_of_message() -> None:
    decode = make_decoder("cv_bridge")
    np.testing.assert_array_equal(decode(rgb_message(picture())), picture())
    np.testing.assert_array_equal(decode(CompressedImage(data=TABLE_FILE)), picture()[::2])


@pytest.mark.usefixtures("cv_bridge")
def test_cv_bridge_does_not_see_files_that_are_cut_off() -> None:
    with pytest.raises(ImageError, match="the JPEG data is cut off"):
        make_decoder("cv_bridge")(CompressedImage(data=TABLE_FILE[:-200]))


@pytest.mark.usefixtures("cv_bridge")
def test_what_cv_bridge_raises_is_an_image_error() -> None:
    message = rgb_message(picture())
    message.encoding = "nv12"
    with pytest.raises(ImageError, match="unrecognized encoding"):
        make_decoder("cv_bridge")(message)
