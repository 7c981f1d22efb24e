"""What the picker says instead of acting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from geometry_msgs.msg import Point
from node_process import NodeProcess, next_domain
from rclpy.qos import DurabilityPolicy, QoSProfile
from rex_thinker_ros.msg import PickPoint, Referral
from ros_client import Client
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import String

FRAME = "camera_color_optical_frame"
LASTING = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Talk:
    """A node that finds things, or does not, and hears the picker."""

    def __init__(self, domain: int) -> None:
        self.client = Client(domain)
        self.said: list[str] = []
        node = self.client.node
        node.create_subscription(
            String, "/picker/said", lambda message: self.said.append(message.data), LASTING
        )
        self._publisher = node.create_publisher(Referral, "/refer/referral", LASTING)
        self.client.wait(lambda: self._publisher.get_subscription_count() > 1)  # Client is one
        self.client.wait(lambda: node.count_publishers("/picker/said"))
        self.client.spin(0.3)

    def tell(self, *, age_seconds: float = 0.1, frame: str = FRAME, **values: object) -> str:
        """Publish a referral that found something, but for these fields; return what is said."""
        before = len(self.said)
        referral = Referral(command="the mug", category="mug", status=Referral.FOUND)
        referral.boxes = [RegionOfInterest(x_offset=10, y_offset=10, width=20, height=20)]
        referral.pick_points = [PickPoint(candidate=1, point=Point(z=0.8))]
        now = self.client.node.get_clock().now().nanoseconds - int(age_seconds * 1e9)
        referral.header.stamp.sec, referral.header.stamp.nanosec = divmod(now, 1_000_000_000)
        referral.header.frame_id = frame
        for name, value in values.items():
            setattr(referral, name, value)
        self._publisher.publish(referral)
        self.client.wait(lambda: len(self.said) > before)
        return self.said[-1]


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """Return the talk with a picker that has neither a camera nor a gripper."""
    domain = next_domain()
    process = NodeProcess(domain, {}, executable="picker")
    talk = Talk(domain)
    try:
        yield talk
        assert process.stop() == 0
    finally:
        process.kill()
        talk.client.close()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"status": Referral.AMBIGUOUS, "status_text": "Which one?"}, "Which one?"),
        ({"status": Referral.NO_MATCH, "status_text": "None is red."}, "None is red."),
        ({"frame": "wrist"}, "That was seen by another camera, wrist."),
        ({"age_seconds": 60.0}, "What I saw is 60."),
        ({"age_seconds": -60.0}, "What I saw is -"),
        ({"pick_points": []}, "I see it, but not how far away it is."),
        ({}, "I do not know where the camera is, or get no depth from it."),
    ],
    ids=["question", "abstention", "other camera", "old", "from the future", "no depth",
         "no camera"],
)  # fmt: skip
def test_it_says_why_it_does_not_act(talk: Talk, values: dict[str, object], told: str) -> None:
    assert talk.tell(**values).startswith(told)  # type: ignore[arg-type]
