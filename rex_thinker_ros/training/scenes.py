"""Render tabletops to files: `python -m rex_thinker_ros.training.scenes --help`."""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.training.effects import degrade, to_jpeg
from rex_thinker_ros.training.scene import sample_scene
from rex_thinker_ros.training.store import HELD_OUT_SEED, StoredScene
from rex_thinker_ros.training.world import World

TRAINING_SIZES = (
    Size(480, 360), Size(480, 360), Size(640, 480), Size(640, 360), Size(400, 400),
)  # fmt: skip
LARGE_SIZES = (
    Size(640, 480), Size(640, 480), Size(640, 480), Size(640, 360), Size(512, 512), Size(848, 480),
)  # fmt: skip
HELD_OUT_SIZES = (
    Size(640, 480), Size(640, 480), Size(848, 480), Size(512, 512), Size(1280, 720),
)  # fmt: skip
PER_WORLD = 50  # scenes laid out with the shapes and textures of one world


def render_world(seed: int, size: Size, count: int, *, crowded: bool = False) -> list[StoredScene]:
    """Render `count` scenes of the world that belongs to a seed, crowded ones only where asked."""
    rng = np.random.default_rng(seed)
    world = World(rng, size)
    try:
        stored = []
        for _ in range(count):
            scene = sample_scene(world, rng, crowded=crowded)
            quality = int(rng.integers(60, 97))
            stored.append(
                StoredScene(to_jpeg(degrade(scene.image, rng), quality), size, scene.objects)
            )
        return stored
    finally:
        world.close()


def write_worlds(
    folder: Path, *, first: int, worlds: int, sizes: tuple[Size, ...],
    render: Callable[[int, Size, int], list[StoredScene]] = render_world,
    per_world: int = PER_WORLD,
) -> None:  # fmt: skip
    """Write one file per world; worlds already there are kept, so that this can be resumed."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + worlds):
        path = folder / f"world-{seed:08d}.pickle"
        if path.exists():
            continue
        scenes = render(seed, sizes[seed % len(sizes)], per_world)
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(scenes))
        partial.rename(path)
        print(f"{path.name}: {len(scenes)} scenes", flush=True)


def main() -> None:
    """Render training or held-out worlds from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worlds", type=int, default=320, help=f"{PER_WORLD} scenes each")
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--large", action="store_true", help="larger images, for the finer detector")
    kind.add_argument("--held-out", action="store_true", help="the test scenes' seeds and sizes")
    parser.add_argument(
        "--crowded", action="store_true", help="only scenes in which objects partly hide others"
    )
    args = parser.parse_args()
    first, sizes = args.first, LARGE_SIZES if args.large else TRAINING_SIZES
    if args.held_out:
        first, sizes = first + HELD_OUT_SEED, HELD_OUT_SIZES
    write_worlds(
        args.folder, first=first, worlds=args.worlds, sizes=sizes,
        render=partial(render_world, crowded=args.crowded),
    )  # fmt: skip


if __name__ == "__main__":
    main()
