"""Candidates as objects of JSON, for those who read them line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rex_thinker_ros.referring.candidate import Candidate


def candidate_records(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Return number, box as [x0, y0, x1, y1], score, verdict and note of each."""
    return [
        {
            "number": candidate.number, "box": candidate.box.as_tuple(), "score": candidate.score,
            "verdict": candidate.verdict.name, "note": candidate.note,
        }
        for candidate in candidates
    ]  # fmt: skip
