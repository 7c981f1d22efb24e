"""From a whole text of the reasoner to a decision."""

from __future__ import annotations

from collections.abc import Sequence

from rex_thinker_ros.referring.answer import (
    TruncatedAnswerError,
    UnparsableAnswerError,
    parse_answer,
)
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.confidence import deciding_margin
from rex_thinker_ros.referring.decision import Decision, decide, require_confidence
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import Prompt
from rex_thinker_ros.referring.reasoner import Completion, StopReason


def judge_completion(
    completion: Completion,
    prompt: Prompt,
    *,
    command: Command,
    candidates: Sequence[Candidate],
    image_size: Size,
    checks: Checks,
) -> Decision:
    """Return the decision that a completion of the prompt leads to, TRUNCATED and UNPARSABLE too.

    The candidates are those of the prompt; image_size is that of the full image, in pixels.
    """
    complete = completion.stop is StopReason.END
    try:
        answer = parse_answer(completion.text, complete=complete, resized=prompt.resized)
    except TruncatedAnswerError:
        reason = f"The answer was cut off after {completion.tokens} tokens. Allow more tokens."
        return Decision(Outcome.TRUNCATED, reason, candidates=tuple(candidates))
    except UnparsableAnswerError as error:
        reason = f"Not trusted: {error}. Try again or say it differently."
        return Decision(Outcome.UNPARSABLE, reason, candidates=tuple(candidates))
    decision = decide(
        command, candidates, answer, image_size=image_size, resized=prompt.resized,
        verify_order=checks.verify_order,
    )  # fmt: skip
    confidence = deciding_margin(completion.text, completion.margins)
    return require_confidence(decision, confidence, checks.min_confidence)
