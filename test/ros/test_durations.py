"""How durations read."""

from __future__ import annotations

import pytest

from rex_thinker_ros.ros.durations import duration_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param([0.041, 0.063], "41 / 63 ms", id="milliseconds"),
        pytest.param([0.0042, 0.063], "4.2 / 63 ms", id="two digits each"),
        pytest.param([0.00042], "0.42 ms", id="below a millisecond"),
        pytest.param([0.0], "0.00 ms", id="nothing"),
        pytest.param([0.9, 1.2], "0.90 / 1.2 s", id="the longest chooses the unit"),
        pytest.param([0.999], "999 ms", id="just below a second"),
        pytest.param([12.34], "12 s", id="seconds"),
        pytest.param([-0.12], "-120 ms", id="an image of the future"),
    ],
)
def test_durations_share_a_unit(seconds: list[float], text: str) -> None:
    assert duration_text(*seconds) == text
