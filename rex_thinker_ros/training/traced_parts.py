"""What a path-traced tabletop is made of: lamps, boards, and meshes with edges."""

from __future__ import annotations

from typing import Any

import mitsuba as mi
import numpy as np

from rex_thinker_ros.training.disturbances import GAMMA
from rex_thinker_ros.training.shapes import Mesh
from rex_thinker_ros.training.world import sample_table_rgb

mi.set_variant("scalar_rgb")
mi.set_log_level(mi.LogLevel.Error)

CREASE = np.cos(np.radians(40))  # faces that meet at a sharper angle keep their edge


def lamps(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a dim room and one or two square lamps; white paper on the table is nearly white."""
    share = rng.dirichlet([4, 5, 2])[: 1 + int(rng.integers(1, 3))]
    share *= rng.uniform(0.9, 1.3) / share.sum()
    room = [float(share[0])] * 3
    found: dict[str, Any] = {
        "room": {"type": "constant", "radiance": {"type": "rgb", "value": room}}
    }
    for index, part in enumerate(share[1:]):
        place = np.array([*rng.uniform(-1.6, 1.6, 2), rng.uniform(1.2, 2.0)])
        far, half = float(np.linalg.norm(place)), float(rng.uniform(0.15, 0.4))
        # the light that reaches the middle of the table, as if the lamp were a point
        radiance = part * np.pi * far**2 / ((2 * half) ** 2 * place[2] / far)
        pose = mi.ScalarTransform4f().look_at(place.tolist(), [0, 0, 0], [1, 0, 0]).scale(half)
        rgb = (radiance * rng.uniform([0.97, 0.95, 0.85], [1, 1, 1])).tolist()
        light = {"type": "area", "radiance": {"type": "rgb", "value": rgb}}
        found[f"lamp{index}"] = {"type": "rectangle", "to_world": pose, "emitter": light}
    return found


def surface(rng: np.random.Generator, *, wood: bool) -> dict[str, Any]:
    """Draw a glossy board with the rings of wood, or speckled stone."""
    base = np.array(sample_table_rgb(rng)) ** GAMMA
    y, x = np.mgrid[0:512, 0:512] / 512
    clouds = sum(
        rng.uniform(0.3, 1) / n * np.sin(2 * np.pi * (n * x * a + n * y * b) + rng.uniform(0, 6))
        for n in (1, 2, 4, 8)
        for a, b in rng.normal(0, 1, (3, 2))
    )
    wavy = np.sin(2 * np.pi * (14 * y + 0.4 * clouds))
    grain = wavy if wood else clouds + rng.normal(size=x.shape)
    colors = np.clip(base * (1 + rng.uniform(0.05, 0.2) * grain[..., None]), 0.01, 0.95)
    bitmap = mi.Bitmap(colors.astype(np.float32))
    texture = {"type": "bitmap", "bitmap": bitmap, "raw": True}
    gloss = float(rng.uniform(0.15, 0.4))
    return {"type": "roughplastic", "alpha": gloss, "diffuse_reflectance": texture}


def creased(mesh: Mesh, paint: Any) -> Any:
    """Return a Mitsuba mesh, smooth but for its sharp edges, with a BSDF as its paint."""
    corners, normals = mesh.vertices[mesh.faces], corner_normals(mesh)
    properties = mi.Properties()
    properties["bsdf"] = paint
    count = corners.size // 3
    made = mi.Mesh("mesh", count, len(corners), has_vertex_normals=True, props=properties)
    parts = mi.traverse(made)
    parts["vertex_positions"] = corners.ravel().astype(np.float32)
    parts["vertex_normals"] = normals.ravel().astype(np.float32)
    parts["faces"] = np.arange(count, dtype=np.uint32)
    parts.update()
    return made


def corner_normals(mesh: Mesh) -> np.ndarray:
    """Return a unit normal (M, 3, 3) for each face's corner, the mean of the faces it blends."""
    corners = mesh.vertices[mesh.faces]
    wide = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
    around: list[list[int]] = [[] for _ in mesh.vertices]
    for face, vertices in enumerate(mesh.faces):
        for vertex in vertices:
            around[vertex].append(face)
    normals = np.zeros_like(corners)
    for face, corner in np.ndindex(mesh.faces.shape):
        near = around[mesh.faces[face, corner]]
        blended = unit[near] @ unit[face] > CREASE
        normals[face, corner] = blended @ wide[near]
    return normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
