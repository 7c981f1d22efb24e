"""Every parameter of the node, declared and read at one door."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from rclpy.node import Node

from rex_thinker_ros.answering.settings import DEFAULTS, Settings
from rex_thinker_ros.models.profiles import ATTENTIONS, IMAGE_ENCODINGS, SECOND_LOOKS
from rex_thinker_ros.models.quantization import QUANTIZATIONS
from rex_thinker_ros.referring.checks import MOST_READINGS
from rex_thinker_ros.ros.parameter_fields import (
    ParameterError,
    check_value,
    declare_fields,
    parameter,
    read_fields,
    ros_name,
)

HOUR = (0.0, 3600.0)
BUDGET = "Seconds that {} may take (95th percentile) before the diagnostics warn; 0: any."
_CAMERA = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Parameters:
    """What the node was told; a negative number means "as the profile says" where noted.

    Raises:
        ParameterError: a value is outside of its range or not one of its choices.
    """

    model: str = parameter(
        "rex_thinker_7b",
        "Model profile: rex_thinker_7b (its weights must be on this machine), demo (embedded) or "
        "recorded (answers again what the recording has).",
    )
    recording: str = parameter(
        "", "Folder of the decision log that the model recorded answers from; else empty."
    )
    device: str = parameter(
        "auto", "Where the models run: auto (a GPU if there is one), cpu, cuda or cuda:N."
    )
    detector_path: str = parameter(
        "",
        "Directory of the detector's weights, or a .pth file of the package groundingdino; empty "
        "takes the profile's own.",
        name="detector.path",
    )
    detector_box_threshold: float = parameter(
        -1.0,
        "Least score of a candidate; negative takes the profile's own.",
        name="detector.box_threshold",
        between=(-1.0, 1.0),
    )
    detector_text_threshold: float = parameter(
        -1.0,
        "Least score of a word of the category; negative takes the profile's own.",
        name="detector.text_threshold",
        between=(-1.0, 1.0),
    )
    detector_nms_iou: float = parameter(
        -1.0,
        "Candidates that overlap more than this (IoU) are duplicates; negative takes the "
        "profile's own.",
        name="detector.nms_iou",
        between=(-1.0, 1.0),
    )
    detector_max_candidates: int = parameter(
        -1,
        "Most candidates, the highest scores are kept; negative takes the profile's own.",
        name="detector.max_candidates",
        between=(-1, 100),
    )
    detector_second_look: str = parameter(
        "",
        "When the detector looks a second time, at the image mirrored and moved a little: never, "
        "in_doubt (where a score is neither high nor low) or always; empty: the profile's own.",
        name="detector.second_look",
        choices=("", *SECOND_LOOKS),
    )
    detector_second_path: str = parameter(
        "",
        "Weights like those of detector.path that take the second look; empty takes the profile's "
        "own, or those of detector.path where that is set.",
        name="detector.second_path",
    )
    detector_contrast: str = parameter(
        "",
        "Names of other things that may stand there, separated by commas: the second look tells "
        "the category from them; empty: the profile's own.",
        name="detector.contrast",
    )
    reasoner_path: str = parameter(
        "",
        "Directory of the reasoner's weights; empty takes the profile's own.",
        name="reasoner.path",
    )
    reasoner_max_new_tokens: int = parameter(
        -1,
        "Most tokens of one answer, beyond it the outcome is TRUNCATED; negative takes the "
        "profile's own.",
        name="reasoner.max_new_tokens",
        between=(-1, 32768),
    )
    reasoner_max_seconds: float = parameter(
        -1.0,
        "Most seconds of one reasoning, beyond it the outcome is TIMEOUT; negative takes the "
        "profile's own.",
        name="reasoner.max_seconds",
        between=(-1.0, 3600.0),
    )
    reasoner_min_pixels: int = parameter(
        -1,
        "Least pixels of the resized image that the reasoner sees; negative takes the profile's "
        "own, which are those that the model was trained with.",
        name="reasoner.min_pixels",
        between=(-1, 100_000_000),
    )
    reasoner_max_pixels: int = parameter(
        -1,
        "Most pixels of the resized image that the reasoner sees, 784 for each token: fewer take "
        "less memory and time; negative takes the profile's own.",
        name="reasoner.max_pixels",
        between=(-1, 100_000_000),
    )
    reasoner_quantization: str = parameter(
        "none",
        "How the reasoner's language layers are stored: none, int8 and fp8 (half of bfloat16's "
        "memory) or int4 (a quarter).",
        name="reasoner.quantization",
        choices=QUANTIZATIONS,
    )
    reasoner_attention: str = parameter(
        "auto",
        "What computes the reasoner's attention: flash (needs the package flash-attn), sdpa or "
        "eager; auto takes the first that is there.",
        name="reasoner.attention",
        choices=ATTENTIONS,
    )
    reasoner_server: str = parameter(
        "",
        "URL of an OpenAI-compatible server that reasons, such as http://gpu-box:8000; empty: "
        "reason here.",
        name="reasoner.server",
    )
    reasoner_server_model: str = parameter(
        "",
        "The server's name of the model; empty takes the only one that it has.",
        name="reasoner.server_model",
    )
    reasoner_server_image: str = parameter(
        "png",
        "How the server gets images: png (whole) or jpeg (a fraction of the size, lossy).",
        name="reasoner.server_image",
        choices=IMAGE_ENCODINGS,
    )
    on_new_command: str = parameter(
        "newest_wins",
        "What to do with a command that comes while another is worked on: newest_wins preempts "
        "the other, queue lets the new one wait, reject refuses it (BUSY).",
        choices=("newest_wins", "queue", "reject"),
        live=True,
    )
    queue_size: int = parameter(
        10,
        "Most commands that wait with on_new_command queue; a further one is refused (BUSY).",
        between=(1, 1000),
        live=True,
    )
    verify_order: bool = parameter(
        DEFAULTS.verify_order,
        "Check orders that the boxes can settle (second from the left, largest, nearest) and "
        "relations to what the model itself says stands where (left of the can): a choice that "
        "contradicts them is a CONTRADICTION.",
        live=True,
    )
    min_confidence: float = parameter(
        DEFAULTS.min_confidence,
        "Least confidence of FOUND, in logits between the best and the next best token, else "
        "LOW_CONFIDENCE; 0 asks for none. Not calibrated: choose it per model.",
        between=(0.0, 1000.0),
        live=True,
    )
    max_readings: int = parameter(
        DEFAULTS.max_readings,
        "How often the reasoner may be asked about one image, each time in another view: where its "
        "answer is not to be trusted, and to confirm what it found. 1: once.",
        between=(1, MOST_READINGS),
        live=True,
    )
    confirm: bool = parameter(
        DEFAULTS.confirm,
        "FOUND needs two readings that agree, which takes the time of both.",
        live=True,
    )
    dialogue_timeout: float = parameter(
        DEFAULTS.dialogue_timeout,
        "Seconds after an AMBIGUOUS result in which a follow-up such as 'the left one' or "
        "'number 2' is decided on the same image; 0 turns this off.",
        between=(0.0, 3600.0),
        live=True,
    )
    max_command_characters: int = parameter(
        512, "Longest command in characters; a longer one is refused.", between=(1, 100_000)
    )
    max_image_age: float = parameter(
        DEFAULTS.max_image_age,
        "Oldest image to decide on, in seconds between its stamp and the node's clock; "
        "0 accepts any age.",
        between=(0.0, 86400.0),
        live=True,
    )
    image_timeout: float = parameter(
        DEFAULTS.image_timeout,
        "Seconds that a command waits for a fresh image before it is refused.",
        between=(0.0, 3600.0),
        live=True,
    )
    wait_for_image: bool = parameter(
        DEFAULTS.wait_for_image,
        "Decide on an image that was taken after the command came, not on the latest one.",
        live=True,
    )
    cameras: tuple[str, ...] = parameter(
        ("",),
        "Names of the cameras; each name prefixes the camera's topics (left/image, left/command), "
        "and the first is the default. One empty name: a single camera without a prefix.",
        read_only=True,
    )
    candidates: str = parameter(
        "detector",
        "Where candidates come from: detector (our own) or topic (candidates, a "
        "vision_msgs/Detection2DArray with the stamp of its image).",
        choices=("detector", "topic"),
    )
    image_transport: str = parameter(
        "raw",
        "raw subscribes to image (sensor_msgs/Image), compressed to image/compressed "
        "(sensor_msgs/CompressedImage, JPEG or PNG).",
        choices=("raw", "compressed"),
    )
    image_qos: str = parameter(
        "auto",
        "Reliability of the image subscription; auto is reliable where all publishers are, "
        "else best effort.",
        choices=("auto", "reliable", "best_effort"),
    )
    image_decoder: str = parameter(
        "numpy",
        "What decodes images: numpy (this package's own) or cv_bridge (must be installed).",
        choices=("numpy", "cv_bridge"),
    )
    pick_point: bool = parameter(
        True,
        "Give found objects a 3D point where the topics depth and camera_info have messages.",
    )
    depth_tolerance: float = parameter(
        DEFAULTS.depth_tolerance,
        "Most seconds between the stamps of an image and of the depth image for its pick point.",
        between=(0.0, 60.0),
        live=True,
    )
    image_silence: float = parameter(
        3.0,
        "Seconds without an image after which the diagnostics warn.",
        between=(0.1, 3600.0),
        live=True,
    )
    budgets_convert: float = parameter(
        0.0, BUDGET.format("converting an image"), name="budgets.convert", between=HOUR, live=True
    )
    budgets_detect: float = parameter(
        0.0, BUDGET.format("detection"), name="budgets.detect", between=HOUR, live=True
    )
    budgets_first_token: float = parameter(
        0.0, BUDGET.format("the first token"), name="budgets.first_token", between=HOUR, live=True
    )
    budgets_per_token: float = parameter(
        0.0, BUDGET.format("a further token"), name="budgets.per_token", between=HOUR, live=True
    )
    budgets_decide: float = parameter(
        0.0, BUDGET.format("the decision"), name="budgets.decide", between=HOUR, live=True
    )
    log_dir: str = parameter(
        "",
        "Folder for the decision log: a line of JSON and the image of every command; empty: none.",
    )
    log_max_megabytes: float = parameter(
        1000.0,
        "Most megabytes of the decision log; the oldest entries are deleted.",
        between=(1.0, 1e6),
    )
    autostart: bool = parameter(
        True,
        "Configure and activate at start, and exit with an error if that fails.",
        read_only=True,
    )
    diagnostics_period: float = parameter(
        1.0,
        "Seconds between two diagnostics messages.",
        between=(0.1, 60.0),
        read_only=True,
    )

    def __post_init__(self) -> None:
        for spec in fields(self):
            check_value(spec, getattr(self, spec.name))
        _check_cameras(self.cameras)

    def answering(self) -> Settings:
        """Return those of them that answering depends on."""
        return Settings(**{spec.name: getattr(self, spec.name) for spec in fields(Settings)})

    def budgets(self) -> dict[str, float]:
        """Return the budgets that are set, in seconds by stage."""
        values = {
            spec.name.removeprefix("budgets_"): getattr(self, spec.name)
            for spec in fields(self)
            if spec.name.startswith("budgets_")
        }
        return {stage: seconds for stage, seconds in values.items() if seconds}


PARAMETER_NAMES = tuple(ros_name(spec) for spec in fields(Parameters))
LIVE = frozenset(ros_name(spec) for spec in fields(Parameters) if spec.metadata["live"])


def declare_parameters(node: Node) -> None:
    """Declare every parameter on `node` with its description and range."""
    declare_fields(node, Parameters)


def read_parameters(node: Node) -> Parameters:
    """Read the current values.

    Raises:
        ParameterError: a value is outside of its range or not one of its choices.
    """
    return Parameters(**read_fields(node, Parameters))


def change_fault(settings: Parameters, values: Mapping[str, Any], *, live_only: bool) -> str:
    """Return why parameters cannot change to these values, by ROS names; empty if they can.

    live_only refuses those that are read when the node is configured. Names of others pass.
    """
    names = {ros_name(spec): spec.name for spec in fields(Parameters)}
    ours = {name: value for name, value in values.items() if name in names}
    fixed = sorted(ours.keys() - LIVE)
    if live_only and fixed:
        return f"{', '.join(fixed)}: read when the node is configured, so clean up first"
    try:
        replace(settings, **{names[name]: value for name, value in ours.items()})
    except ParameterError as error:
        return str(error)
    return ""


def _check_cameras(names: tuple[str, ...]) -> None:
    if names == ("",):
        return
    wrong = [name for name in names if not _CAMERA.fullmatch(name)]
    if not names or wrong or len(set(names)) < len(names):
        raise ParameterError(
            f"parameter cameras is {list(names)}: it must hold different names of letters, digits "
            "and underscores, or one empty name"
        )
