"""A tabletop in MuJoCo that can be changed: objects come, go and are lifted by a gripper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.sim.gripper import CUP_RADIUS, Gripper
from rex_thinker_ros.sim.touch import height_under
from rex_thinker_ros.training.scene import sample_layout
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLORS
from rex_thinker_ros.training.world import SLOTS, TABLE, Camera, Placement, World, sample_rgb

FIRST_SEED = 30_000_000  # apart from all seeds of training and of the held-out scenes
LEAST_OBJECTS = 4
_ROD = 0.5  # metres


@dataclass(frozen=True)
class View:
    """What the camera sees: color (H, W, 3) uint8 RGB, depth (H, W) float32 metres along z."""

    color: np.ndarray
    depth: np.ndarray


class Tabletop:
    """A scene that belongs to a number, with a gripper that is parked out of view."""

    def __init__(self, scene: int, image: Size, *, gripper_speed: float = 0.8) -> None:
        """Lay the scene out; speed in m/s. Call close when it is done with."""
        self._rng = np.random.default_rng(FIRST_SEED + scene)
        self._world = _World(self._rng, image)
        placements, self.scene = sample_layout(self._world, self._rng, least=LEAST_OBJECTS)
        self.camera = self.scene.camera
        self.objects = {name_of(item): item for item in placements}
        self.gripper = Gripper(gripper_speed)
        self.holding = ""
        self._hangs = np.zeros(3)  # what is held, from the cup
        self._view: View | None = None
        self._world.put("gripper", self.gripper.position)

    @property
    def image(self) -> Size:
        """Return the size of the camera's images."""
        return self._world.image

    def close(self) -> None:
        """Free the renderer."""
        self._world.close()

    def look(self) -> View:
        """Return what the camera sees; rendered anew only if something has changed."""
        if self._view is None:
            self._view = View(self._world.color_image(), self._world.depth_image())
        return self._view

    def aim(self, camera: Camera) -> None:
        """Move the camera."""
        self.camera, self._view = camera, None
        self._world.aim(camera)

    def place(self, category: str, color: str, x: float, y: float) -> str:
        """Put a new object onto the table; return its name. ValueError if that cannot be."""
        _check(category, CATEGORIES)
        _check(color, COLORS)
        names = [f"{category}-{slot}" for slot in range(SLOTS)]
        free = next((slot for slot in range(SLOTS) if names[slot] not in self.objects), None)
        if free is None:
            raise ValueError(f"there are {SLOTS} objects of the category {category} already")
        yaw = float(self._rng.uniform(-np.pi, np.pi))
        rgb = sample_rgb(color, self._rng)
        self._put(Placement(category, free, color, rgb, x, y, yaw))
        return names[free]

    def move(self, name: str, x: float, y: float) -> None:
        """Put an object elsewhere on the table. ValueError if that cannot be."""
        self._put(replace(self._there(name), x=x, y=y))

    def remove(self, name: str) -> None:
        """Take an object off the table. ValueError if it is not there or is held."""
        del self.objects[name_of(self._there(name))]
        self._show()

    def send(self, target: np.ndarray, *, suction: bool) -> None:
        """Send the gripper to a target (3,) in metres; without suction it lets go first.

        What is let go of over the table drops onto it; elsewhere it is gone. ValueError as
        Gripper.send raises it.
        """
        self.gripper.send(target, suction=suction)
        if self.holding and not suction:
            self._let_go()

    def advance(self, seconds: float) -> None:
        """Move the gripper on; with suction on it takes what it touches, and stops there."""
        gripper = self.gripper
        if gripper.arrived:
            return
        there = gripper.next_position(seconds)
        touched, height = self._touched(there)
        if touched:
            there = np.array([there[0], there[1], height])
            self.holding = touched
            item = self.objects[touched]
            self._hangs = np.array([item.x, item.y, 0.0]) - there
        gripper.position = there
        if touched:
            gripper.stop()
        self._world.put("gripper", there)
        if self.holding:
            self._world.put(self.holding, there + self._hangs)
        self._view = None

    def _touched(self, there: np.ndarray) -> tuple[str, float]:
        """Return the name and the height of what the cup touches from above, or nothing."""
        if not self.gripper.suction or self.holding:
            return "", 0.0
        above = float(self.gripper.position[2])
        tops = {
            name: height_under(self._triangles(item), there[0], there[1], CUP_RADIUS)
            for name, item in self.objects.items()
        }
        tops = {name: top for name, top in tops.items() if there[2] <= top <= above}
        name = max(tops, key=tops.__getitem__, default="")
        return (name, tops[name]) if name else ("", 0.0)

    def _triangles(self, item: Placement) -> np.ndarray:
        mesh = self._world.meshes[item.category, item.slot]
        return self._world.vertices(item)[mesh.faces]

    def _let_go(self) -> None:
        item = self.objects.pop(self.holding)
        self.holding = ""
        x, y = (self.gripper.position + self._hangs)[:2].tolist()
        if on_table(x, y):
            self.objects[name_of(item)] = replace(item, x=x, y=y)
        self._show()

    def _there(self, name: str) -> Placement:
        if name not in self.objects:
            raise ValueError(f"there is no {name!r}; there are {', '.join(sorted(self.objects))}")
        if name == self.holding:
            raise ValueError(f"the gripper holds {name}")
        return self.objects[name]

    def _put(self, item: Placement) -> None:
        if not on_table(item.x, item.y):
            raise ValueError(
                f"[{item.x:.2f}, {item.y:.2f}] is not on the table, which reaches "
                f"{TABLE[0]} m to each side and {TABLE[1]} m to the front and the back"
            )
        self.objects[name_of(item)] = item
        self._show()

    def _show(self) -> None:
        self._world.show(self.objects.values())
        self._world.put("gripper", self.gripper.position)
        if self.holding:
            self._world.put(self.holding, self.gripper.position + self._hangs)
        self._view = None


class _World(World):
    def _surroundings(self, spec: Any, rng: np.random.Generator) -> None:
        import mujoco  # not before the module of World, which chooses how it renders

        super()._surroundings(spec, rng)
        body = spec.worldbody.add_body(name="gripper", mocap=True)
        for name, radius, length, bottom, grey in (
            ("cup", CUP_RADIUS, 0.02, 0.0, 0.1), ("rod", 0.007, _ROD, 0.02, 0.45),
        ):  # fmt: skip
            body.add_geom(
                name=name, type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[radius, length / 2, 0],
                pos=[0, 0, bottom + length / 2], rgba=[grey, grey, grey, 1],
            )  # fmt: skip


def name_of(item: Placement) -> str:
    """Return the name by which an object is known."""
    return f"{item.category}-{item.slot}"


def on_table(x: float, y: float) -> bool:
    """Tell whether a point in metres lies on the table."""
    return abs(x) < TABLE[0] and abs(y) < TABLE[1]


def _check(word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise ValueError(f"there is no {word!r} here; choose {', '.join(known)}")
