"""What a real camera does to a picture: exposure, colour cast, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np


def degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a copy of an (H, W, 3) uint8 RGB image with mild random camera effects."""
    out = image.astype(np.float32) / 255
    out = np.clip(out * rng.uniform(0.9, 1.35), 0, 1) ** rng.uniform(0.8, 1.15)
    out *= rng.uniform(0.95, 1.05, 3).astype(np.float32)
    if rng.random() < 0.4:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.1) * image.shape[0] / 480)
    if rng.random() < 0.6:
        out += rng.normal(0, rng.uniform(0.004, 0.025), image.shape[:2])[..., None]
        out += rng.normal(0, 0.006, image.shape)
    return (np.clip(out, 0, 1) * 255).astype(np.uint8)


def to_jpeg(image: np.ndarray, quality: int) -> bytes:
    """Encode an (H, W, 3) uint8 RGB image."""
    done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"cannot encode an image of shape {image.shape} as JPEG")
    return data.tobytes()


def from_jpeg(data: bytes) -> np.ndarray:
    """Decode to (H, W, 3) uint8 RGB."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("not a JPEG image")
    return np.ascontiguousarray(image[..., ::-1])
