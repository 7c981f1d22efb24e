"""Memory that really runs out, in the running node: a status, and the next command is answered."""

from __future__ import annotations

import re
import resource
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from node_process import next_domain, running_node
from rex_thinker_ros.msg import Referral
from ros_client import connected
from sensor_msgs.msg import CompressedImage

SPARE_BYTES = 150_000_000  # what may be taken beside what a first command took
HUGE, SMALL = (3000, 2000), (640, 480)  # the huge one's patches alone are 144 MB


def photograph(size: tuple[int, int]) -> CompressedImage:
    """Return a JPEG of a grey image of that width and height."""
    width, height = size
    _, data = cv2.imencode(".jpg", np.full((height, width, 3), 127, np.uint8))
    message = CompressedImage(format="jpeg", data=data.tobytes())
    message.header.frame_id = "camera"
    return message


def limit_address_space(pid: int) -> None:
    status = Path(f"/proc/{pid}/status").read_text()
    taken = int(re.search(r"VmSize:\s*(\d+) kB", status)[1]) * 1024  # type: ignore[index]
    _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (taken + SPARE_BYTES, hard))


def test_a_smaller_request_works_after_memory_ran_out(tiny_models: Mapping[str, object]) -> None:
    domain = next_domain()
    parameters = {
        **tiny_models,
        "detector.box_threshold": 0.0,
        "detector.second_look": "never",  # the reasoner is to run out of memory
        "reasoner.max_new_tokens": 5,
        "reasoner.max_pixels": 10_000_000,
        "max_image_age": 0.0,
        "image_transport": "compressed",
    }
    with running_node(domain, parameters) as process, connected(domain) as client:
        client.camera = client.publisher(CompressedImage, "/image/compressed")
        client.wait_for_camera()
        assert client.ask("the red mug", photograph(SMALL)).status == Referral.TRUNCATED
        limit_address_space(process.pid)

        failed = client.ask("the blue mug", photograph(HUGE))
        assert failed.status == Referral.MODEL_ERROR
        assert "ran out of memory" in failed.status_text
        assert "reasoner.max_pixels" in failed.status_text
        assert not failed.boxes

        for sentence in ("the green mug", "the white mug"):
            assert client.ask(sentence, photograph(SMALL)).status == Referral.TRUNCATED
