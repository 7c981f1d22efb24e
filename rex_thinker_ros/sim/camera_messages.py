"""What the simulated camera sees, as the messages that a depth camera's driver publishes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.sim.tabletop import View
from rex_thinker_ros.training.world import Camera

CAMERA_FRAME = "camera_color_optical_frame"  # x right, y down, z forward
TABLE_FRAME = "table"  # x right, y away, z up, from the middle of the table's top
_QUALITY = 90


@dataclass(frozen=True)
class Shot:
    """A view as messages with one stamp; the JPEG is made only when it is asked for."""

    view: View
    stamp: Time

    @property
    def header(self) -> Header:
        """Return the header of all of them."""
        return Header(stamp=self.stamp, frame_id=CAMERA_FRAME)

    def image(self) -> Image:
        """Return the image, rgb8."""
        return _image(self.view.color, "rgb8", self.header)

    def compressed(self) -> CompressedImage:
        """Return the image as a JPEG."""
        bgr = cv2.cvtColor(self.view.color, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return CompressedImage(header=self.header, format="jpeg", data=data.tobytes())

    def depth(self) -> Image:
        """Return the depth, 32FC1 in metres (REP 118)."""
        return _image(self.view.depth, "32FC1", self.header)


def _image(pixels: np.ndarray, encoding: str, header: Header) -> Image:
    height, width = pixels.shape[:2]
    return Image(
        header=header, height=height, width=width, encoding=encoding,
        step=pixels.strides[0], data=pixels.tobytes(),
    )  # fmt: skip


def camera_info(camera: Camera, image: Size, header: Header) -> CameraInfo:
    """Return the intrinsics of a camera without distortion."""
    focal, x, y = camera.focal(image), image.width / 2, image.height / 2
    return CameraInfo(
        header=header, height=image.height, width=image.width,
        distortion_model="plumb_bob", d=[0.0] * 5,
        k=[focal, 0.0, x, 0.0, focal, y, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[focal, 0.0, x, 0.0, 0.0, focal, y, 0.0, 0.0, 0.0, 1.0, 0.0],
    )  # fmt: skip


def camera_pose(camera: Camera, stamp: Time) -> PoseStamped:
    """Return where the camera's optical frame lies in the table's."""
    right, up, back = camera.axes()
    w, x, y, z = _quaternion(np.stack([right, -up, -back], 1))
    pose = Pose(
        position=Point(**dict(zip("xyz", map(float, camera.position), strict=True))),
        orientation=Quaternion(x=x, y=y, z=z, w=w),
    )
    return PoseStamped(header=Header(stamp=stamp, frame_id=TABLE_FRAME), pose=pose)


def _quaternion(rotation: np.ndarray) -> list[float]:
    """Return (w, x, y, z) of a rotation (3, 3): the largest of four equal ways to compute it."""
    r = rotation
    trace = np.trace(r)
    parts = np.array([trace, r[0, 0], r[1, 1], r[2, 2]])
    off = np.array([
        [1 + trace, r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
        [r[2, 1] - r[1, 2], 1 + 2 * r[0, 0] - trace, r[0, 1] + r[1, 0], r[0, 2] + r[2, 0]],
        [r[0, 2] - r[2, 0], r[0, 1] + r[1, 0], 1 + 2 * r[1, 1] - trace, r[1, 2] + r[2, 1]],
        [r[1, 0] - r[0, 1], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], 1 + 2 * r[2, 2] - trace],
    ])  # fmt: skip
    row = off[int(parts.argmax())]
    return [float(value) for value in row / np.linalg.norm(row)]
