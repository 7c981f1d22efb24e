"""The tabletop as a MuJoCo model: tables, lights, a pool of objects to be placed, a camera."""

from __future__ import annotations

import colorsys
import os
from collections.abc import Iterable
from dataclasses import dataclass

os.environ.setdefault("MUJOCO_GL", "osmesa")  # off-screen, in software, before MuJoCo is imported

import mujoco
import numpy as np

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.shapes import MAKERS, Mesh
from rex_thinker_ros.training.vocabulary import CATEGORIES, COLOR_RANGES

SLOTS = 10  # objects of each category that a scene can hold
TABLE = (0.60, 0.45)  # half extents in metres
SHOWN, HIDDEN = 0, 5  # geom groups; MuJoCo does not draw group 5


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: position and target in metres, vertical field of view in degrees."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    fovy: float

    def axes(self) -> np.ndarray:
        """Return the rotation (3, 3) whose rows are the camera's right, up and backward axes."""
        back = np.subtract(self.position, self.target)
        back = back / np.linalg.norm(back)
        right = np.cross([0, 0, 1], back)
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(back, right), back])

    def project(self, points: np.ndarray, image: Size) -> np.ndarray:
        """Project world points (N, 3) in metres to (N, 3): x, y in image pixels, depth in m."""
        local = (points - np.array(self.position)) @ self.axes().T
        depth = -local[:, 2]
        focal = self.focal(image)
        x = image.width / 2 + focal * local[:, 0] / depth
        y = image.height / 2 - focal * local[:, 1] / depth
        return np.stack([x, y, depth], 1)

    def focal(self, image: Size) -> float:
        """Return the focal length in pixels, equal in x and y."""
        return image.height / 2 / float(np.tan(np.radians(self.fovy) / 2))


@dataclass(frozen=True)
class Placement:
    """An object on the table: position and yaw in metres and radians, colour name and RGB."""

    category: str
    slot: int
    color: str
    rgb: tuple[float, float, float]
    x: float
    y: float
    yaw: float


def sample_rgb(color: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw an RGB in 0..1 that anybody would call by that colour's name."""
    hue, saturation, value = (rng.uniform(*bounds) for bounds in COLOR_RANGES[color])
    return colorsys.hsv_to_rgb(hue % 360 / 360, saturation, value)


class World:
    """A compiled MuJoCo model with random shapes and tables; scenes are laid out in it."""

    def __init__(self, rng: np.random.Generator, image: Size) -> None:
        self.image = image
        spec = mujoco.MjSpec()
        spec.visual.global_.offwidth, spec.visual.global_.offheight = image.width, image.height
        spec.visual.map.znear, spec.visual.map.zfar = 0.02, 30
        spec.visual.quality.shadowsize = 1024
        spec.visual.quality.offsamples = 4
        self._surroundings(spec, rng)
        self.meshes: dict[tuple[str, int], Mesh] = {}
        for category in CATEGORIES:
            for slot in range(SLOTS):
                self._slot(spec, category, slot, rng)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self._geoms = {
            key: [
                index
                for index in range(self.model.ngeom)
                if self.model.geom(index).name.startswith(f"{key[0]}-{key[1]}-")
            ]
            for key in self.meshes
        }
        self.renderer = mujoco.Renderer(self.model, image.height, image.width)

    def _surroundings(self, spec: mujoco.MjSpec, rng: np.random.Generator) -> None:
        for name, repeat in (("table", 3), ("floor", 5)):
            base = np.array(sample_table_rgb(rng))
            other = np.clip(base + rng.uniform(-0.12, 0.12), 0.02, 0.98)
            kind = rng.choice(["FLAT", "CHECKER", "GRADIENT"], p=[0.5, 0.3, 0.2])
            spec.add_texture(
                name=name, type=mujoco.mjtTexture.mjTEXTURE_2D,
                builtin=getattr(mujoco.mjtBuiltin, f"mjBUILTIN_{kind}"),
                rgb1=base, rgb2=other, width=128, height=128,
                random=float(rng.uniform(0, 0.03)), mark=mujoco.mjtMark.mjMARK_RANDOM,
                markrgb=np.clip(base - 0.1, 0, 1),
            )  # fmt: skip
            material = spec.add_material(name=name, texrepeat=[repeat * 2, repeat * 2])
            material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
        body = spec.worldbody
        body.add_geom(
            name="table", type=mujoco.mjtGeom.mjGEOM_BOX, material="table",
            size=[*TABLE, 0.02], pos=[0, 0, -0.02],
        )  # fmt: skip
        body.add_geom(
            name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, material="floor",
            size=[6, 6, 0.1], pos=[0, 0, -0.7],
        )  # fmt: skip
        for index in range(2):
            body.add_light(name=f"light{index}", castshadow=index == 0, dir=[0, 0, -1])
        body.add_camera(name="camera")

    def _slot(
        self, spec: mujoco.MjSpec, category: str, slot: int, rng: np.random.Generator
    ) -> None:
        name = f"{category}-{slot}"
        made = MAKERS[category](rng)
        mesh = Mesh(made.vertices * rng.uniform(0.75, 1.35), made.faces)
        self.meshes[category, slot] = mesh
        spec.add_mesh(
            name=name, uservert=mesh.vertices.ravel(), userface=mesh.faces.ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
        )  # fmt: skip
        body = spec.worldbody.add_body(name=name, mocap=True)
        body.add_geom(
            name=f"{name}-skin", type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name, group=HIDDEN
        )
        if category == "can":
            top, radius = mesh.vertices[:, 2].max(), mesh.vertices[:, 0].max() * 0.84
            body.add_geom(
                name=f"{name}-lid", type=mujoco.mjtGeom.mjGEOM_CYLINDER, group=HIDDEN,
                size=[radius, 0.0012, 0], pos=[0, 0, top], rgba=[0.72, 0.73, 0.75, 1],
            )  # fmt: skip

    def lay_out(
        self, placements: list[Placement], camera: Camera, rng: np.random.Generator
    ) -> None:
        """Show just these objects, point the camera and draw new lights."""
        self.show(placements)
        self._light(rng)
        self.aim(camera)

    def show(self, placements: Iterable[Placement]) -> None:
        """Show just these objects, each on the table; seen from the next aim or put on."""
        model = self.model
        for geoms in self._geoms.values():
            model.geom_group[geoms] = HIDDEN
        for item in placements:
            geoms = self._geoms[item.category, item.slot]
            model.geom_group[geoms] = SHOWN
            model.geom_rgba[geoms[0]] = [*item.rgb, 1]
            mocap = model.body(f"{item.category}-{item.slot}").mocapid[0]
            self.data.mocap_pos[mocap] = [item.x, item.y, 0]
            self.data.mocap_quat[mocap] = [np.cos(item.yaw / 2), 0, 0, np.sin(item.yaw / 2)]

    def put(self, body: str, position: np.ndarray) -> None:
        """Move a body of the model to a position (3,) in metres."""
        self.data.mocap_pos[self.model.body(body).mocapid[0]] = position
        mujoco.mj_forward(self.model, self.data)

    def _light(self, rng: np.random.Generator) -> None:
        model = self.model
        for index in range(2):
            model.light_pos[index] = [*rng.uniform(-1.2, 1.2, 2), rng.uniform(1.2, 2.2)]
            model.light_dir[index] = -model.light_pos[index] / np.linalg.norm(
                model.light_pos[index]
            )
            strength = rng.uniform(0.35, 0.6) if index == 0 else rng.uniform(0.0, 0.3)
            model.light_diffuse[index] = strength * rng.uniform(0.93, 1.0, 3)
            model.light_specular[index] = 0.15
        model.vis.headlight.ambient[:] = rng.uniform(0.25, 0.4)
        model.vis.headlight.diffuse[:] = rng.uniform(0.1, 0.3)

    def aim(self, camera: Camera) -> None:
        """Move the camera."""
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, camera.axes().T.ravel())
        self.model.cam_pos[0], self.model.cam_quat[0] = camera.position, quat
        self.model.cam_fovy[0] = camera.fovy
        mujoco.mj_forward(self.model, self.data)

    def vertices(self, item: Placement) -> np.ndarray:
        """Return the object's mesh vertices (N, 3) in world metres."""
        c, s = np.cos(item.yaw), np.sin(item.yaw)
        turned = self.meshes[item.category, item.slot].vertices @ np.array(
            [[c, s, 0], [-s, c, 0], [0, 0, 1]]
        )
        return turned + np.array([item.x, item.y, 0])

    def color_image(self) -> np.ndarray:
        """Render (H, W, 3) uint8 RGB."""
        self.renderer.update_scene(self.data, "camera")
        return self.renderer.render()

    def depth_image(self) -> np.ndarray:
        """Render (H, W) float32 depth along the optical axis in metres."""
        self.renderer.enable_depth_rendering()
        try:
            self.renderer.update_scene(self.data, "camera")
            return self.renderer.render()
        finally:
            self.renderer.disable_depth_rendering()

    def masks(self, placements: list[Placement]) -> np.ndarray:
        """Render (H, W) int16: the index of the placement seen at each pixel, -1 for none."""
        self.renderer.enable_segmentation_rendering()
        try:
            self.renderer.update_scene(self.data, "camera")
            seen = self.renderer.render()[..., 0]
        finally:
            self.renderer.disable_segmentation_rendering()
        table = np.full(self.model.ngeom + 1, -1, np.int16)  # the last entry stands for id -1
        for index, item in enumerate(placements):
            table[self._geoms[item.category, item.slot]] = index
        return table[seen]

    def close(self) -> None:
        """Free the renderer; its destructor complains at interpreter exit otherwise."""
        self.renderer.close()


def sample_table_rgb(rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw a muted RGB in 0..1: wood, stone, cloth."""
    return colorsys.hsv_to_rgb(rng.uniform(0, 1), rng.uniform(0.0, 0.28), rng.uniform(0.3, 0.75))
