"""Meshes of the tabletop's objects, as vertices and faces in metres, standing on z = 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SEGMENTS = 28


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh: vertices (N, 3) in metres and faces (M, 3), counter-clockwise outside."""

    vertices: np.ndarray
    faces: np.ndarray


def revolve(profile: list[tuple[float, float]]) -> Mesh:
    """Turn a profile of (radius, height) points, from the bottom's outside up, about z."""
    angles = np.linspace(0, 2 * np.pi, SEGMENTS, endpoint=False)
    rings = [
        np.stack([r * np.cos(angles), r * np.sin(angles), np.full(SEGMENTS, z)], 1)
        for r, z in profile
    ]
    faces = []
    here = np.arange(SEGMENTS)
    there = (here + 1) % SEGMENTS
    for k in range(len(profile) - 1):
        low, high = k * SEGMENTS, (k + 1) * SEGMENTS
        faces.append(np.stack([low + here, low + there, high + there], 1))
        faces.append(np.stack([low + here, high + there, high + here], 1))
    return Mesh(np.concatenate(rings), np.concatenate(faces))


def join(*meshes: Mesh) -> Mesh:
    """Put meshes together into one."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + o for mesh, o in zip(meshes, offsets, strict=True)]),
    )


def handle(radius: float, height: float, thickness: float, at: float) -> Mesh:
    """Bend a mug's handle: half a torus in the x-z plane, standing off the wall at x = `at`."""
    bend = np.linspace(-np.pi / 2, np.pi / 2, 14)
    around = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    u, v = np.meshgrid(bend, around, indexing="ij")
    out = radius + thickness * np.cos(v)
    x = at + out * np.cos(u)
    z = height / 2 + out * np.sin(u)
    vertices = np.stack([x, thickness * np.sin(v), z], -1).reshape(-1, 3)
    faces = []
    for i in range(len(bend) - 1):
        for j in range(len(around)):
            a, b = i * 10 + j, i * 10 + (j + 1) % 10
            faces += [(a, b, b + 10), (a, b + 10, a + 10)]
    return Mesh(vertices, np.array(faces)[:, ::-1])


def mug(rng: np.random.Generator) -> Mesh:
    """Make a hollow mug with a handle."""
    r, h = rng.uniform(0.032, 0.042), rng.uniform(0.075, 0.10)
    wall = 0.004
    cup = revolve([(1e-4, 0), (r, 0), (r, h), (r - wall, h), (r - wall, 0.006), (1e-4, 0.006)])
    return join(cup, handle(h * 0.28, h, 0.006, r - 0.002))


def bowl(rng: np.random.Generator) -> Mesh:
    """Make a wide hollow bowl."""
    r, h = rng.uniform(0.060, 0.075), rng.uniform(0.040, 0.055)
    foot, wall = r * 0.45, 0.005
    t = np.linspace(0, np.pi / 2, 8)
    outside = [(foot + (r - foot) * float(np.sin(a)), h * float(1 - np.cos(a))) for a in t]
    inside = [(max(x - wall, 1e-4), z + wall * (1 - z / h)) for x, z in reversed(outside)]
    return revolve([(1e-4, 0), *outside, *inside, (1e-4, wall)])


def bottle(rng: np.random.Generator) -> Mesh:
    """Make a closed bottle: body, shoulder, neck and cap."""
    r, h = rng.uniform(0.028, 0.036), rng.uniform(0.16, 0.21)
    neck = r * rng.uniform(0.35, 0.42)
    body = h * rng.uniform(0.52, 0.62)
    shoulder = [
        (neck + (r - neck) * float(np.cos(a)), body + h * 0.16 * float(np.sin(a)))
        for a in np.linspace(0, np.pi / 2, 6)
    ]
    cap = [(neck, h * 0.88), (neck * 1.35, h * 0.88), (neck * 1.35, h), (1e-4, h)]
    return revolve([(1e-4, 0), (r, 0), *shoulder, *cap])


def can(rng: np.random.Generator) -> Mesh:
    """Make the painted wall of a can; its metal lids are separate geoms."""
    r, h = rng.uniform(0.030, 0.036), rng.uniform(0.095, 0.125)
    lid = r * 0.88
    return revolve([(1e-4, 0), (lid, 0), (r, 0.006), (r, h - 0.006), (lid, h), (1e-4, h)])


def block(rng: np.random.Generator) -> Mesh:
    """Make a cuboid that is nearly a cube."""
    x, y, z = rng.uniform(0.026, 0.034, 3)
    corners = np.array([(i, j, k) for k in (0, 1) for j in (0, 1) for i in (0, 1)], float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]
    vertices = (corners - [0.5, 0.5, 0]) * [2 * x, 2 * y, 2 * z]
    # Every face its own corners: shared ones would be shaded as if the edges were round.
    return Mesh(vertices[np.array(faces).ravel()], np.arange(len(faces) * 3).reshape(-1, 3))


def ball(rng: np.random.Generator) -> Mesh:
    """Make a ball that rests on the table."""
    r = rng.uniform(0.030, 0.040)
    t = np.linspace(-np.pi / 2, np.pi / 2, 17)
    return revolve([(max(r * float(np.cos(a)), 1e-4), r + r * float(np.sin(a))) for a in t])


MAKERS = {
    "block": block, "ball": ball, "can": can, "mug": mug, "bottle": bottle, "bowl": bowl,
}  # fmt: skip
