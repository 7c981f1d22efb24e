"""A test of one's own bag: `pytest -p rex_thinker_ros.apps.replaying.pytest_plugin examples`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BAG = Path(__file__).parents[1] / "demo" / "tabletops"


def test_the_green_can_is_found(rex_bag: Any) -> None:
    answer = rex_bag(BAG, "/camera/image/compressed", model="demo").ask("the green can", at=4.0)
    assert answer.status == "FOUND", answer.status_text
    assert len(answer.boxes) == 1
