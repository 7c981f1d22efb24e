"""What the models made of a command as an object of JSON, for those who read it line by line."""

from __future__ import annotations

from typing import Any

from rex_thinker_ros.referring.referrer import Referral


def models_record(referral: Referral | None) -> dict[str, Any]:
    """Return candidates, reasoning, confidence and times; of the same names without a referral.

    Boxes are [x0, y0, x1, y1] in full-image pixels.
    """
    candidates = referral.decision.candidates if referral else ()
    return {
        "candidates": [
            {
                "number": candidate.number, "box": candidate.box.as_tuple(),
                "score": candidate.score, "verdict": candidate.verdict.name,
                "note": candidate.note,
            }
            for candidate in candidates
        ],
        "reasoning": referral.reasoning if referral else "",
        "confidence": referral.decision.confidence if referral else None,
        "model": referral.model if referral else "",
        "detection_seconds": round(referral.detection_seconds, 3) if referral else 0.0,
        "reasoning_seconds": round(referral.reasoning_seconds, 3) if referral else 0.0,
    }  # fmt: skip
