"""The table of an evaluation: headline figures, and one line per kind of expression."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rex_thinker_ros.referring.outcome import Outcome

MIN_CONFIDENCES = (0.5, 1.0, 2.0, 4.0)  # logits
ORDER = "the check of orders and relations"
AGREEMENT = "the agreement of marks, answer and candidates"
READINGS = "the agreement of readings"
UNREADABLE = (Outcome.UNPARSABLE, Outcome.TRUNCATED)


@dataclass(frozen=True)
class Row:
    """What was asked of one scene and what came of it; boxes in full-image pixels.

    `check` names what made an answer a CONTRADICTION, if anything did, and `refused` says whether
    that answer was "right" or "wrong".
    """

    scene: int
    kind: str
    command: str
    expected: str
    outcome: str
    right: bool
    check: str
    refused: str
    confidence: float | None
    answer_boxes: int
    exact_copies: int
    seconds: float
    reasoning: str


@dataclass
class Detections:
    """Counts over every category asked of every scene, at IoU 0.5."""

    found: int = 0
    matched: int = 0
    true: int = 0


def figures(rows: Sequence[Row], detections: Detections) -> dict[str, float]:
    """Return the headline figures, each a share of 1."""
    nothing = [row for row in rows if row.expected == "NO_MATCH"]
    found = [row for row in rows if row.outcome == "FOUND"]
    read = [row for row in rows if row.reasoning]
    unreadable = [row for row in read if Outcome[row.outcome] in UNREADABLE]
    boxes = sum(row.answer_boxes for row in rows)
    return {
        "exact answer": _share(sum(r.right for r in rows), len(rows)),
        "abstention recall": _share(sum(r.right for r in nothing), len(nothing)),
        "false FOUND": _share(sum(not r.right for r in found), len(rows)),
        "exact copies of answer boxes": _share(sum(r.exact_copies for r in rows), boxes),
        "detector recall": _share(detections.matched, detections.true),
        "detector precision": _share(detections.matched, detections.found),
        "format validity": 1 - _share(len(unreadable), len(read)),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def table(rows: Sequence[Row], detections: Detections) -> str:
    """Return Markdown: the headline figures and one line per kind of expression."""
    lines = [f"Held-out scenes: {len(rows)}.", "", "| figure | value |", "|---|---|"]
    lines += [f"| {name} | {value:.1%} |" for name, value in figures(rows, detections).items()]
    lines += ["", "| kind | scenes | exact answer | false FOUND | outcomes when wrong |"]
    lines += ["|---|---|---|---|---|"]
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        kinds[f"{row.kind}, no match" if row.expected == "NO_MATCH" else row.kind].append(row)
    for kind, group in sorted(kinds.items()):
        wrong = Counter(row.outcome for row in group if not row.right)
        names = ", ".join(f"{n} {outcome}" for outcome, n in wrong.most_common())
        right = sum(row.right for row in group)
        lines.append(
            f"| {kind} | {len(group)} | {_share(right, len(group)):.1%} "
            f"| {wrong['FOUND']} | {names} |"
        )
    for check in (AGREEMENT, ORDER, READINGS):
        refused = Counter(row.refused for row in rows if row.check == check)
        counts = f"{refused['wrong']} wrong answers, {refused['right']} right ones"
        lines += ["", f"Refused by {check}: {counts}."]
    lines += ["", *_confidences(rows), ""]
    seconds = sorted(row.seconds for row in rows)
    lines += [f"Median time of a referral: {seconds[len(seconds) // 2]:.2f} s."]
    return "\n".join(lines)


def _confidences(rows: Sequence[Row]) -> list[str]:
    """Return what a least confidence would have refused of what was FOUND."""
    found = [row for row in rows if row.outcome == "FOUND" and row.confidence is not None]
    lines = ["| `min_confidence` | wrong FOUND refused | right FOUND refused |", "|---|---|---|"]
    for least in MIN_CONFIDENCES:
        shares = []
        for right in (False, True):
            group = [row for row in found if row.right is right]
            refused = sum((row.confidence or 0) < least for row in group)
            shares.append(f"{refused} of {len(group)}")
        lines.append(f"| {least:g} | {shares[0]} | {shares[1]} |")
    return lines
