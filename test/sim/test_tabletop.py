"""What happens on the simulated table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from rendering import NO_RENDERING, can_render

from rex_thinker_ros.referring.boxes import Size

if not can_render():
    pytest.skip(NO_RENDERING, allow_module_level=True)

from rex_thinker_ros.sim.tabletop import Tabletop

IMAGE = Size(160, 120)
HIGH = 0.4  # metres, above all objects


@pytest.fixture
def table() -> Iterator[Tabletop]:
    """Return a small picture's tabletop."""
    table = Tabletop(3, IMAGE)
    yield table
    table.close()


def go(table: Tabletop, x: float, y: float, z: float, *, suction: bool) -> None:
    """Move the gripper until it stands still."""
    table.send(np.array([x, y, z]), suction=suction)
    for _ in range(200):
        table.advance(0.05)
    assert table.gripper.arrived


def lift(table: Tabletop, name: str) -> None:
    """Come down onto an object's middle, and up again."""
    item = table.objects[name]
    for z, suction in ((HIGH, False), (0.0, True), (HIGH, True)):
        go(table, item.x, item.y, z, suction=suction)


def test_a_number_gives_the_same_scene_again(table: Tabletop) -> None:
    again = Tabletop(3, IMAGE)
    assert again.objects == table.objects
    assert np.array_equal(again.look().color, table.look().color)
    again.close()


def test_depth_is_that_of_what_the_camera_sees(table: Tabletop) -> None:
    item = next(iter(table.objects.values()))
    before = table.look().depth
    x, y, depth = table.camera.project(np.array([[item.x, item.y, 0.0]]), IMAGE)[0]
    table.remove(f"{item.category}-{item.slot}")
    assert table.look().depth[int(y), int(x)] == pytest.approx(depth, abs=0.01)
    assert before[int(y), int(x)] < depth - 0.01  # the object stood in the way


def test_an_object_is_lifted_and_put_down_elsewhere(table: Tabletop) -> None:
    name = table.place("ball", "red", 0.0, 0.0)
    seen = table.look().color
    lift(table, name)
    assert table.holding == name
    assert not np.array_equal(table.look().color, seen)
    go(table, 0.1, -0.2, HIGH, suction=True)
    go(table, 0.1, -0.2, HIGH, suction=False)
    assert table.holding == ""
    assert (table.objects[name].x, table.objects[name].y) == pytest.approx((0.1, -0.2))


def test_what_is_let_go_beside_the_table_is_gone(table: Tabletop) -> None:
    name = table.place("can", "blue", 0.0, 0.0)
    lift(table, name)
    go(table, 0.9, 0.0, HIGH, suction=True)
    go(table, 0.9, 0.0, HIGH, suction=False)
    assert name not in table.objects


def test_the_cup_holds_nothing_where_nothing_is(table: Tabletop) -> None:
    for item in list(table.objects):
        table.remove(item)
    go(table, 0.0, 0.0, HIGH, suction=False)
    go(table, 0.0, 0.0, 0.0, suction=True)
    assert table.holding == ""


def test_the_cup_takes_nothing_without_suction(table: Tabletop) -> None:
    name = table.place("block", "green", 0.0, 0.0)
    go(table, 0.0, 0.0, HIGH, suction=False)
    go(table, 0.0, 0.0, 0.0, suction=False)
    assert table.holding == ""
    assert name in table.objects


def test_a_still_table_is_rendered_once(table: Tabletop) -> None:
    view = table.look()
    table.advance(0.1)
    assert table.look() is view
    table.place("mug", "white", 0.1, 0.1)
    assert table.look() is not view


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.place("spoon", "red", 0, 0), "choose block, ball, can"),
        (lambda t: t.place("mug", "pink", 0, 0), "choose red, orange"),
        (lambda t: t.place("mug", "red", 2, 0), "is not on the table"),
        (lambda t: t.move("mug-77", 0, 0), "there is no 'mug-77'; there are"),
        (lambda t: t.remove("mug-77"), "there is no 'mug-77'; there are"),
        (lambda t: t.send(np.array([0, 0, -0.1]), suction=True), "cannot be reached"),
        (lambda t: t.send(np.array([5, 0, 0.1]), suction=True), "cannot be reached"),
        (lambda t: t.send(np.array([np.nan, 0, 0]), suction=True), "cannot be reached"),
    ],
    ids=["category", "color", "off the table", "moved", "removed", "under", "far", "no number"],
)
def test_what_cannot_be_is_refused(table: Tabletop, change: object, told: str) -> None:
    assert callable(change)
    before = dict(table.objects)
    with pytest.raises(ValueError, match=told.replace("(", r"\(")):
        change(table)
    assert table.objects == before


def test_at_most_ten_of_a_category(table: Tabletop) -> None:
    while sum(item.category == "bowl" for item in table.objects.values()) < 10:
        table.place("bowl", "red", 0.0, 0.0)
    with pytest.raises(ValueError, match="10 objects of the category bowl already"):
        table.place("bowl", "red", 0.0, 0.0)


def test_what_is_held_cannot_be_moved_by_hand(table: Tabletop) -> None:
    name = table.place("ball", "red", 0.0, 0.0)
    lift(table, name)
    with pytest.raises(ValueError, match=f"the gripper holds {name}"):
        table.move(name, 0.2, 0.2)
