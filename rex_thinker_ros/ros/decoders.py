"""The choice of what decodes images."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from rex_thinker_ros.images.decoding import Decoder, decode_image
from rex_thinker_ros.images.error import ImageError
from rex_thinker_ros.images.image_file import check_image_file
from rex_thinker_ros.referring.detector import RgbImage


class DecoderError(RuntimeError):
    """The chosen decoder is not there; the text says how to get it or do without."""


def make_decoder(name: str) -> Decoder:
    """Return the decoder called `name`: numpy, this package's own, or cv_bridge.

    Raises:
        DecoderError: cv_bridge was chosen and cannot be imported.
    """
    return _cv_bridge_decoder() if name == "cv_bridge" else decode_image


def _cv_bridge_decoder() -> Decoder:
    try:
        from cv_bridge import CvBridge
    except Exception as error:  # a build for another NumPy fails with more than ImportError
        raise DecoderError(
            f"image_decoder is cv_bridge, which cannot be imported ({error}). Install it "
            "(ros-$ROS_DISTRO-cv-bridge) or set image_decoder to numpy."
        ) from error
    bridge = CvBridge()

    def decode(message: Image | CompressedImage) -> RgbImage:
        convert = bridge.imgmsg_to_cv2
        if isinstance(message, CompressedImage):
            check_image_file(bytes(message.data))
            convert = bridge.compressed_imgmsg_to_cv2
        try:
            return np.asarray(convert(message, "rgb8"), dtype=np.uint8)
        except Exception as error:  # its builds differ in what they raise
            raise ImageError(f"cv_bridge cannot convert it ({error})") from error

    return decode
