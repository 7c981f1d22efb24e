"""What is told of a request while it is worked on."""

from __future__ import annotations

from rex_thinker_ros.referring.boxes import Box
from rex_thinker_ros.referring.candidate import Candidate, in_reverse
from rex_thinker_ros.referring.observer import Stage
from rex_thinker_ros.ros.progress import Progress, Standing

MUGS = (Candidate(1, Box(10, 10, 60, 60), 0.9), Candidate(2, Box(100, 10, 160, 60), 0.8))


def test_the_text_of_a_later_reading_begins_anew_with_its_candidates() -> None:
    told: list[Standing] = []
    progress = Progress(told.append)
    for candidates, text in ((MUGS, "first"), (in_reverse(MUGS), "second")):
        progress.on_candidates(candidates)
        progress.on_stage(Stage.REASONING)
        progress.on_text(text)
        progress.finish()
    assert told == [
        Standing(Stage.REASONING, MUGS, ""),
        Standing(Stage.REASONING, MUGS, "first"),
        Standing(Stage.REASONING, in_reverse(MUGS), ""),
        Standing(Stage.REASONING, in_reverse(MUGS), "second"),
    ]
