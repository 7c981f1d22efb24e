"""Named pairs of models, with the settings they were made for."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from rex_thinker_ros.models.quantization import QUANTIZATIONS
from rex_thinker_ros.models.recording import RecordingError, newest_bounds
from rex_thinker_ros.referring.prompt import PixelBounds
from rex_thinker_ros.shared_path import shared_path

_DEMO = shared_path("weights/demo")
_TOKEN_PIXELS = 28 * 28
_TEXT_TOKENS = 1000

IMAGE_ENCODINGS = ("png", "jpeg")
"""How an image can be sent to a server."""

ATTENTIONS = ("auto", "flash", "sdpa", "eager")
"""What computes the reasoner's attention; auto is the fastest that is there."""

SECOND_LOOKS = ("never", "in_doubt", "always")
"""When the detector looks a second time, at the image mirrored and moved."""

SETTINGS = {
    "recording": "recording",
    "detector.path": "detector",
    "detector.box_threshold": "box_threshold",
    "detector.text_threshold": "text_threshold",
    "detector.nms_iou": "duplicate_iou",
    "detector.max_candidates": "max_candidates",
    "detector.second_look": "second_look",
    "detector.second_path": "second_detector",
    "detector.contrast": "contrast",
    "reasoner.path": "reasoner",
    "reasoner.max_new_tokens": "max_new_tokens",
    "reasoner.max_seconds": "max_seconds",
    "reasoner.min_pixels": "min_pixels",
    "reasoner.max_pixels": "max_pixels",
    "reasoner.quantization": "quantization",
    "reasoner.attention": "attention",
    "reasoner.server": "server",
    "reasoner.server_model": "server_model",
    "reasoner.server_image": "server_image",
}
"""What users may replace of a profile: the parameters' names, and those of the fields."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold everything that loading a pair of models needs.

    detector and reasoner are directories or hub ids, the detector maybe a .pth file of the package
    groundingdino; empty where a recording, the folder of a decision log, takes their place. With
    server, a URL, its model server_model reasons instead of reasoner, or the only one that it has,
    and gets images as server_image, one of IMAGE_ENCODINGS. quantization is one of QUANTIZATIONS,
    attention one of ATTENTIONS; both are the reasoner's. The pixel bounds are those of the resized
    image that the reasoner sees. A box is a candidate if its best score is over box_threshold and
    a word of the category scores over text_threshold; of two boxes that overlap by more than
    duplicate_iou the better stays, and at most max_candidates in all. second_look, one of
    SECOND_LOOKS, is when a second look is taken, by second_detector or, where that is empty, by the
    same; it tells the category from the names in contrast, separated by commas. A generation ends
    after max_new_tokens or max_seconds. On a CPU PyTorch computes with cpu_threads, 0 being as many
    as it chooses. ValueError for a value out of its range.
    """

    name: str
    detector: str = ""
    reasoner: str = ""
    recording: str = ""
    server: str = ""
    server_model: str = ""
    server_image: str = "png"
    quantization: str = "none"
    attention: str = "auto"
    min_pixels: int = 16 * _TOKEN_PIXELS
    max_pixels: int = 1280 * _TOKEN_PIXELS
    box_threshold: float = 0.25
    text_threshold: float = 0.25
    duplicate_iou: float = 0.8
    max_candidates: int = 32
    second_look: str = "never"
    second_detector: str = ""
    contrast: str = ""
    max_new_tokens: int = 2048
    max_seconds: float = 120.0
    cpu_threads: int = 0

    def __post_init__(self) -> None:
        for name in ("box_threshold", "text_threshold", "duplicate_iou"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie in 0 to 1, got {getattr(self, name)}")
        for name in ("max_candidates", "max_new_tokens", "max_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name, choices in (
            ("second_look", SECOND_LOOKS),
            ("server_image", IMAGE_ENCODINGS),
            ("quantization", QUANTIZATIONS),
            ("attention", ATTENTIONS),
        ):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} must be {' or '.join(choices)}, got {getattr(self, name)}"
                )
        if self.recording and self.server:
            raise ValueError("a recording answers by itself: leave the server out")
        if self.server and self.quantization != "none":
            raise ValueError("a server's weights are its own matter: leave the quantization out")
        PixelBounds(self.min_pixels, self.max_pixels)

    @property
    def prompt_tokens(self) -> int:
        """Return how many tokens a prompt has, about: the largest image, and a few dozen hints."""
        return self.max_pixels // _TOKEN_PIXELS + _TEXT_TOKENS

    @property
    def bounds(self) -> PixelBounds:
        """Return the pixel bounds of the resized image."""
        return PixelBounds(self.min_pixels, self.max_pixels)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="demo",
            detector=str(_DEMO / "detector"),
            second_detector=str(_DEMO / "second_detector"),
            reasoner=str(_DEMO / "reasoner"),
            max_pixels=200 * _TOKEN_PIXELS,
            box_threshold=0.23,
            text_threshold=0.23,
            duplicate_iou=0.5,
            second_look="in_doubt",
            contrast="block, ball, can, mug, bottle, bowl",
            max_new_tokens=1000,  # the longest of 32 candidates takes 931
            max_seconds=30.0,
            cpu_threads=1,  # more wait for one another longer than so small a model computes
        ),
        Profile(
            name="rex_thinker_7b",
            detector="IDEA-Research/grounding-dino-tiny",
            reasoner="IDEA-Research/Rex-Thinker-GRPO-7B",
        ),
        Profile(name="recorded"),
    )
}


def load_profile(name: str, **overrides: Any) -> Profile:
    """Return the profile of that name with fields replaced; None or "" keeps the profile's own.

    Another detector looks the second time as well, unless that has one of its own. With a recording
    come the pixel bounds that it was made with.

    Raises:
        ValueError: the profile or a field is unknown; the text lists what there is.
        RecordingError: the recording is missing, one too many, or holds nothing.
    """
    if name not in PROFILES:
        raise ValueError(f"there is no model profile {name!r}; choose {' or '.join(PROFILES)}")
    known = {field.name for field in fields(Profile)} - {"name"}
    if unknown := overrides.keys() - known:
        raise ValueError(f"a profile has no {sorted(unknown)}; it has {sorted(known)}")
    given = {key: value for key, value in overrides.items() if value not in (None, "")}
    if "detector" in given:
        given = {"second_detector": "", **given}
    profile = replace(PROFILES[name], **given)
    if bool(profile.recording) != (name == "recorded"):
        raise RecordingError(
            "The model recorded, and no other, needs a recording: the folder of a decision log."
        )
    if not profile.recording:
        return profile
    if given.keys() & {"min_pixels", "max_pixels"}:
        raise RecordingError("A recording has its own pixel bounds: leave min and max_pixels out.")
    bounds = newest_bounds(Path(profile.recording).expanduser())
    return replace(profile, min_pixels=bounds.min_pixels, max_pixels=bounds.max_pixels)
