"""Tabletops as Mitsuba traces them, a look that training never shows.

Lamps with an extent, light from wall to wall, glossy paint, a turned table of wood or stone:
`python -m rex_thinker_ros.training.path_traced --help`
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import mitsuba as mi
import numpy as np

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.disturbances import GAMMA, encode
from rex_thinker_ros.training.effects import to_jpeg
from rex_thinker_ros.training.scene import sample_scene
from rex_thinker_ros.training.scenes import write_worlds
from rex_thinker_ros.training.shapes import Mesh
from rex_thinker_ros.training.store import HELD_OUT_SEED, StoredScene
from rex_thinker_ros.training.traced_parts import creased, lamps, surface
from rex_thinker_ros.training.world import Camera, Placement, World

SIZE = Size(480, 360)
FIRST_SEED = HELD_OUT_SEED + 5_000_000
PER_WORLD = 10
SAMPLES = 16  # light paths for each pixel
BOUNCES = 3
FLOOR = -0.7  # metres


class TracedWorld(World):
    """A world with MuJoCo's shapes, layouts and masks, and images by a path tracer."""

    def __init__(self, rng: np.random.Generator, image: Size) -> None:
        super().__init__(rng, image)
        turn = mi.ScalarTransform4f().rotate([0, 0, 1], rng.uniform(-45, 45))
        self._boards = {
            "table": {
                "type": "cube", "bsdf": surface(rng, wood=rng.random() < 0.6),
                "to_world": turn.translate([0, 0, -0.03]).scale([0.75, 0.75, 0.03]),
            },
            "floor": {
                "type": "rectangle", "bsdf": surface(rng, wood=rng.random() < 0.3),
                "to_world": turn.translate([0, 0, FLOOR]).scale([4, 4, 1]),
            },
        }  # fmt: skip
        self._laid_out: tuple[list[Placement], Camera, int]

    def lay_out(
        self, placements: list[Placement], camera: Camera, rng: np.random.Generator
    ) -> None:
        """Show just these objects, point the camera and draw new lamps."""
        super().lay_out(placements, camera, rng)
        self._laid_out = placements, camera, int(rng.integers(2**31))

    def color_image(self) -> np.ndarray:
        """Trace (H, W, 3) uint8 RGB."""
        placements, camera, seed = self._laid_out
        rng = np.random.default_rng(seed)
        scene = {
            "type": "scene", "integrator": {"type": "path", "max_depth": BOUNCES},
            "camera": self._camera(camera), **self._boards, **lamps(rng),
            **{f"thing{i}": self._thing(item, rng) for i, item in enumerate(placements)},
            **{f"lid{i}": self._lid(p) for i, p in enumerate(placements) if p.category == "can"},
        }  # fmt: skip
        loaded = mi.load_dict(scene, optimize=False)  # which would order the lamps at random
        return encode(np.array(mi.render(loaded, seed=seed)))

    def _camera(self, camera: Camera) -> dict[str, Any]:
        pose = mi.ScalarTransform4f().look_at(camera.position, camera.target, [0, 0, 1])
        return {
            "type": "perspective", "fov": camera.fovy, "fov_axis": "y", "to_world": pose,
            "near_clip": 0.02, "far_clip": 30.0,
            "sampler": {"type": "multijitter", "sample_count": SAMPLES},
            "film": {
                "type": "hdrfilm", "width": self.image.width, "height": self.image.height,
                "pixel_format": "rgb", "rfilter": {"type": "gaussian"},
            },
        }  # fmt: skip

    def _thing(self, item: Placement, rng: np.random.Generator) -> Any:
        paint = {
            "type": "twosided",
            "bsdf": {
                "type": "roughplastic", "alpha": float(rng.uniform(0.05, 0.35)),
                "diffuse_reflectance": {"type": "rgb", "value": [v**GAMMA for v in item.rgb]},
            },
        }  # fmt: skip
        mesh = Mesh(self.vertices(item), self.meshes[item.category, item.slot].faces)
        return creased(mesh, mi.load_dict(paint))

    def _lid(self, item: Placement) -> dict[str, Any]:
        vertices = self.meshes[item.category, item.slot].vertices
        radius, top = float(vertices[:, 0].max() * 0.84), float(vertices[:, 2].max() + 0.0012)
        place = mi.ScalarTransform4f().translate([item.x, item.y, top]).scale([radius, radius, 1])
        metal = {"type": "roughconductor", "material": "Al", "alpha": 0.2}
        return {"type": "disk", "to_world": place, "bsdf": metal}


def trace_world(seed: int, size: Size, count: int) -> list[StoredScene]:
    """Trace `count` scenes of the world that belongs to a seed."""
    rng = np.random.default_rng(seed)
    world = TracedWorld(rng, size)
    try:
        scenes = [sample_scene(world, rng) for _ in range(count)]
        return [StoredScene(to_jpeg(scene.image, 90), size, scene.objects) for scene in scenes]
    finally:
        world.close()


def main() -> None:
    """Trace worlds to files from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worlds", type=int, default=20, help=f"{PER_WORLD} scenes each")
    args = parser.parse_args()
    write_worlds(
        args.folder, first=FIRST_SEED, worlds=args.worlds, sizes=(SIZE,),
        render=trace_world, per_world=PER_WORLD,
    )  # fmt: skip


if __name__ == "__main__":
    main()
