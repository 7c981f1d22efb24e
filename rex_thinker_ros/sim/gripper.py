"""A suction cup on a Cartesian arm: it moves in straight lines at a steady speed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

HOME = (0.0, -1.5, 0.9)  # metres, frame table; behind the camera, so that it sees all
REACH = 2.0  # metres from the table's middle
CUP_RADIUS = 0.012  # metres


@dataclass
class Gripper:
    """Where the cup is and where it goes, in metres, frame table; speed in m/s."""

    speed: float
    position: np.ndarray = field(default_factory=lambda: np.array(HOME))
    target: np.ndarray = field(default_factory=lambda: np.array(HOME))
    suction: bool = False

    @property
    def arrived(self) -> bool:
        """Tell whether it is where it was sent."""
        return bool(np.array_equal(self.position, self.target))

    def send(self, target: np.ndarray, *, suction: bool) -> None:
        """Set out for a target (3,). ValueError for one out of reach, or below the table's top."""
        if not np.isfinite(target).all() or np.linalg.norm(target) > REACH or target[2] < 0:
            where = ", ".join(f"{value:.2f}" for value in target)
            raise ValueError(
                f"[{where}] cannot be reached: at most {REACH:.0f} m from the table's middle, "
                "and not below its top"
            )
        self.target, self.suction = np.asarray(target, float), suction

    def stop(self) -> None:
        """Stay where it is."""
        self.target = self.position

    def next_position(self, seconds: float) -> np.ndarray:
        """Return where it would be after some more seconds."""
        way = self.target - self.position
        length, step = float(np.linalg.norm(way)), self.speed * seconds
        return self.target if length <= step else self.position + way * (step / length)
