"""From a sentence to the right object in the gripper: all processes, over DDS."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
import rclpy
from node_process import ROOT, next_domain
from rclpy.context import Context
from rclpy.node import Node
from rclpy.task import Future
from rendering import NO_RENDERING, can_render
from rex_thinker_ros.msg import Referral
from rex_thinker_ros.srv import PlaceObject
from std_msgs.msg import String

if not can_render():
    pytest.skip(NO_RENDERING, allow_module_level=True)

from rex_thinker_ros.apps.commander import Reply
from rex_thinker_ros.apps.tabletop_robot import Pick, TabletopRobot, tabletop_robot

SPEED = "4.0"  # metres a second


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TabletopRobot]:
    """Return the running table, node and picker."""
    domain = next_domain()
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    node = Node("tester", context=context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        patch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", str(ROOT / "config/fastdds_shm64.xml"))
        folder, world = tmp_path_factory.mktemp("robot"), {"gripper_speed": SPEED}
        with tabletop_robot(node, folder, model="demo", world=world) as robot:
            yield robot
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.mark.parametrize(
    ("scene", "sentence", "lifted"),
    [
        (1009, "pick up the rightmost block", ["block-8"]),
        (1023, "grab the second mug from the left", ["mug-5"]),
        (1006, "hand me the farthest red block", ["block-2"]),
        (1010, "take the ball to the left of the yellow block", ["ball-6"]),
        (1017, "the orange mug nearest to the white ball", ["mug-6"]),
        (1002, "could you give me the largest green bottle?", ["bottle-0"]),
        (1001, "pick up all the purple balls", ["ball-1", "ball-6"]),
        (1004, "pick up the red bottle", []),
        (1016, "pick up the blue mug", []),
        (1012, "pick up the spoon", []),
    ],
    ids=["superlative", "ordinal", "colour and ordinal", "relation", "nearest", "largest", "all",
         "no such colour", "no such object", "unknown object"],
)  # fmt: skip
def test_what_is_meant_and_nothing_else_is_lifted(
    robot: TabletopRobot, scene: int, sentence: str, lifted: list[str]
) -> None:
    robot.lay_out(scene)
    pick = robot.pick(sentence)
    assert sorted(pick.lifted) == lifted
    if lifted:
        assert all(said.startswith("I hold the ") for said in pick.said)
    else:
        assert pick.said == (pick.reply.referral.status_text,)


def test_an_object_that_has_moved_is_not_reached_for(robot: TabletopRobot) -> None:
    robot.lay_out(1009)
    client = robot.node.create_client(PlaceObject, "/tabletop_world/place_object")
    picker = robot.processes["picker"].pid
    moves: list[Future] = []

    def move_it_away(reply: Reply) -> None:
        moves.append(client.call_async(PlaceObject.Request(name="block-8", x=-0.4, y=0.3)))
        moves[0].add_done_callback(lambda _: os.kill(picker, signal.SIGCONT))

    os.kill(picker, signal.SIGSTOP)  # it hears of the block when that is elsewhere
    try:
        pick = robot.pick("pick up the rightmost block", on_reply=move_it_away)
    finally:
        os.kill(picker, signal.SIGCONT)
    assert moves[0].result().success
    assert pick.reply.referral.status == Referral.FOUND
    assert pick.said == ("It is not there any more. Please say it again.",)
    assert pick.lifted == ()


def test_a_command_during_a_pick_waits_to_be_said_again(robot: TabletopRobot) -> None:
    robot.lay_out(1009)
    command = robot.node.create_publisher(String, "/command", 10)
    pick = robot.pick(
        "pick up the rightmost block",
        on_reply=lambda reply: command.publish(String(data="pick up the rightmost block")),
    )
    assert "I am still picking. Please say again: pick up the rightmost block" in pick.said
    assert pick.lifted == ("block-8",)


def test_nothing_is_reached_for_when_the_camera_has_stopped(robot: TabletopRobot) -> None:
    robot.lay_out(1009)
    world = robot.processes["tabletop_world"].pid
    os.kill(world, signal.SIGSTOP)
    try:
        pick = _until_stale(robot)
    finally:
        os.kill(world, signal.SIGCONT)
    assert pick.reply.referral.status == Referral.STALE_IMAGE
    assert pick.said == (pick.reply.referral.status_text,)
    assert pick.lifted == ()


def _until_stale(robot: TabletopRobot) -> Pick:
    robot.wait(1.5)  # longer than max_image_age
    return robot.pick("pick up the rightmost block")
