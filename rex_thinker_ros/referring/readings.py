"""Reading the candidates of a command, view after view, until one decision counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rex_thinker_ros.referring.asked import Asked, Asking
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.decision import Decision, canceled, not_trusted
from rex_thinker_ros.referring.judging import judge_completion
from rex_thinker_ros.referring.observer import Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.reading import Reading
from rex_thinker_ros.referring.reasoner import Completion, Remembers, StopReason
from rex_thinker_ros.referring.settling import settled, unsettled
from rex_thinker_ros.referring.stage_clock import StageClock
from rex_thinker_ros.referring.task import Task
from rex_thinker_ros.referring.view import PLANS

_NO_MORE = (Outcome.CANCELED, Outcome.TRUNCATED, Outcome.TIMEOUT)
_FIRST = {
    Outcome.CONTRADICTION: "A first reading contradicted itself.",
    Outcome.UNPARSABLE: "A first reading could not be understood.",
}


class Readings:
    """Put candidates to a reasoner; only the first reading is heard while it goes on."""

    def __init__(self, task: Task, clock: StageClock) -> None:
        self._task = task
        self._clock = clock
        self.done: list[Reading] = []
        self.counted = 0
        self.text = ""
        self.first_token_seconds: float | None = None

    def decide(self, candidates: Sequence[Candidate], *, keep_order: bool) -> Decision:
        """Read until a decision counts; keep_order: somebody knows the candidates by number."""
        asking = Asking(self._task, candidates)
        plans = [replace(p, backwards=False) for p in PLANS] if keep_order else PLANS
        counted = None
        for plan in plans[: self._task.checks.max_readings]:
            asked = asking.further(plan) if self.done else asking.first()
            if asked is None or not self._can_answer(asked):
                continue
            reading = self._read(asked)
            self.done.append(reading)
            counted = settled([r.decision for r in self.done], confirm=self._task.checks.confirm)
            if counted is not None or reading.decision.outcome in _NO_MORE:
                break
        if self.done[-1].decision.outcome is Outcome.CANCELED:
            return canceled(candidates)
        return self._unsettled() if counted is None else self._count(counted)

    def _can_answer(self, asked: Asked) -> bool:
        """Tell whether it is worth asking; the first time it is, if only to hear why not."""
        reasoner = self._task.reasoner
        if not self.done or not isinstance(reasoner, Remembers):
            return True
        return reasoner.knows(asked.image, asked.prompt)

    def _read(self, asked: Asked) -> Reading:
        task, heard = self._task, _ignore if self.done else self._hear
        with self._clock.stage(Stage.REASONING):
            completion = task.reasoner.reason(asked.image, asked.prompt, heard, task.cancel)
        decision = asked.in_full_image(self._judge(completion, asked))
        return Reading(asked.view, completion, decision)

    def _judge(self, completion: Completion, asked: Asked) -> Decision:
        if completion.stop is StopReason.CANCELED or self._task.cancel.canceled:
            return canceled(asked.shown)
        if completion.stop is StopReason.TIME_BUDGET:
            text = (
                f"The time for reasoning ran out after {completion.tokens} tokens. "
                "Allow more seconds or use a faster model."
            )
            return Decision(Outcome.TIMEOUT, text, candidates=asked.shown)
        with self._clock.stage(Stage.DECIDING):
            return judge_completion(
                completion, asked.prompt, command=self._task.command, candidates=asked.shown,
                image_size=asked.view.window.size, checks=self._task.checks,
            )  # fmt: skip

    def _count(self, index: int) -> Decision:
        """Return the decision of a reading, which is heard now if it is not the first."""
        reading, first = self.done[index], self.done[0].decision.outcome
        self.counted, decision = index, reading.decision
        if index == 0:
            return decision
        self.text = ""
        self._task.observer.on_candidates(decision.candidates)
        self._hear(reading.completion.text)
        why = _FIRST.get(first, "A first reading said otherwise, two later ones this.")
        return replace(decision, status_text=f"{decision.status_text} {why}")

    def _unsettled(self) -> Decision:
        """Return the only decision to be trusted, or the first one, refused if several differ."""
        index = unsettled([reading.decision for reading in self.done])
        if index is None:
            outcome, text = not_trusted(
                f"{len(self.done)} readings of the image came to different answers"
            )
            return replace(self.done[0].decision, outcome=outcome, status_text=text, boxes=())
        decision = self._count(index)
        if decision.outcome is not Outcome.FOUND or len(self.done) == 1:
            return decision
        text = f"{decision.status_text} No other reading confirms it."
        return replace(decision, status_text=text)

    def _hear(self, piece: str) -> None:
        if self.first_token_seconds is None:
            self.first_token_seconds = self._clock.since_start()
        self.text += piece
        self._task.observer.on_text(piece)


def _ignore(_: str) -> None:
    """Leave the text of a further reading unheard: it may not count."""
