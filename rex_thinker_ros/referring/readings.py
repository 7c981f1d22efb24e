"""Reading the candidates of a command, view after view, until one decision counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.checks import Checks
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.decision import Decision, not_trusted
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.judging import judge_completion
from rex_thinker_ros.referring.observer import Observer, Stage
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import Prompt, build_prompt, smart_resize
from rex_thinker_ros.referring.reading import Reading
from rex_thinker_ros.referring.reasoner import Completion, Reasoner, Remembers, StopReason
from rex_thinker_ros.referring.settling import settled, unsettled
from rex_thinker_ros.referring.stage_clock import StageClock
from rex_thinker_ros.referring.view import PLANS, Plan, View, view_of, whole

_NO_MORE = (Outcome.CANCELED, Outcome.TRUNCATED, Outcome.TIMEOUT)
_FIRST = {
    Outcome.CONTRADICTION: "A first reading contradicted itself.",
    Outcome.UNPARSABLE: "A first reading could not be understood.",
}


@dataclass(frozen=True, slots=True)
class _Question:
    """Hold what is put to the reasoner: candidates in the order and the pixels of the view."""

    view: View
    image: RgbImage
    candidates: tuple[Candidate, ...]
    prompt: Prompt


class Readings:
    """Put candidates to a reasoner; only the first reading is heard while it goes on."""

    def __init__(
        self,
        reasoner: Reasoner,
        image: RgbImage,
        command: Command,
        observer: Observer,
        cancel: CancelToken,
        checks: Checks,
        clock: StageClock,
    ) -> None:
        self._reasoner = reasoner
        self._image = image
        self._command = command
        self._observer = observer
        self._cancel = cancel
        self._checks = checks
        self._clock = clock
        self.done: list[Reading] = []
        self.counted = 0
        self.text = ""
        self.first_token_seconds: float | None = None

    def decide(self, candidates: Sequence[Candidate], *, keep_order: bool) -> Decision:
        """Read until a decision counts; keep_order: somebody knows the candidates by number."""
        counted = None
        plans = [replace(p, backwards=False) for p in PLANS] if keep_order else PLANS
        for plan in plans[: self._checks.max_readings]:
            question = self._question(plan, candidates)
            if question is None:
                continue
            reading = self._read(question, candidates)
            self.done.append(reading)
            counted = settled([r.decision for r in self.done], confirm=self._checks.confirm)
            if counted is not None or reading.decision.outcome in _NO_MORE:
                break
        if self.done[-1].decision.outcome is Outcome.CANCELED:
            return replace(self.done[-1].decision, candidates=tuple(candidates))
        if counted is None:
            counted = unsettled([r.decision for r in self.done])
        return self._disputed() if counted is None else self._count(counted)

    def _question(self, plan: Plan, candidates: Sequence[Candidate]) -> _Question | None:
        """Return what a reading is about; None where a further one is not possible."""
        size = Size(*self._image.shape[1::-1])
        if not self.done:
            return self._shown(whole(size), candidates)
        view = view_of(plan, size, smart_resize(size, self._reasoner.bounds))
        if view is None or not view.shows(candidates):
            return None
        try:
            question = self._shown(view, candidates)
        except ValueError:  # what is left is too narrow
            return None
        known = not isinstance(self._reasoner, Remembers) or self._reasoner.knows(
            question.image, question.prompt
        )
        return question if known else None

    def _shown(self, view: View, candidates: Sequence[Candidate]) -> _Question:
        shown = view.shown(view.order(candidates))
        prompt = build_prompt(
            expression=self._command.expression,
            category=self._command.category,
            candidates=shown,
            image_size=view.window.size,
            bounds=self._reasoner.bounds,
        )
        return _Question(view, view.window.of(self._image), shown, prompt)

    def _read(self, question: _Question, candidates: Sequence[Candidate]) -> Reading:
        heard = self._hear if not self.done else _ignore
        with self._clock.stage(Stage.REASONING):
            completion = self._reasoner.reason(question.image, question.prompt, heard, self._cancel)
        decision = self._judge(completion, question)
        return Reading(question.view, completion, _in_full_image(decision, question, candidates))

    def _judge(self, completion: Completion, question: _Question) -> Decision:
        if completion.stop is StopReason.CANCELED or self._cancel.canceled:
            text = "The command was canceled before its decision."
            return Decision(Outcome.CANCELED, text, candidates=question.candidates)
        if completion.stop is StopReason.TIME_BUDGET:
            text = (
                f"The time for reasoning ran out after {completion.tokens} tokens. "
                "Allow more seconds or use a faster model."
            )
            return Decision(Outcome.TIMEOUT, text, candidates=question.candidates)
        with self._clock.stage(Stage.DECIDING):
            return judge_completion(
                completion, question.prompt, command=self._command,
                candidates=question.candidates, image_size=question.view.window.size,
                checks=self._checks,
            )  # fmt: skip

    def _count(self, index: int) -> Decision:
        """Return the decision of a reading, which is heard now if it is not the first."""
        reading, first = self.done[index], self.done[0].decision.outcome
        self.counted, decision = index, reading.decision
        if index == 0:
            return decision
        self.text = ""
        self._observer.on_candidates(decision.candidates)
        self._hear(reading.completion.text)
        why = _FIRST.get(first, "A first reading said otherwise, two later ones this.")
        return replace(decision, status_text=f"{decision.status_text} {why}")

    def _disputed(self) -> Decision:
        """Return the first decision, refused."""
        outcome, text = not_trusted(
            f"{len(self.done)} readings of the image came to different answers"
        )
        return replace(self.done[0].decision, outcome=outcome, status_text=text, boxes=())

    def _hear(self, piece: str) -> None:
        if self.first_token_seconds is None:
            self.first_token_seconds = self._clock.since_start()
        self.text += piece
        self._observer.on_text(piece)


def _ignore(_: str) -> None:
    """Leave the text of a further reading unheard: it may not count."""


def _in_full_image(
    decision: Decision, question: _Question, candidates: Sequence[Candidate]
) -> Decision:
    """Return a decision on a view's candidates with their boxes in full-image pixels."""
    boxes = [candidate.box for candidate in question.view.order(candidates)]
    of_shown = {c.box: box for c, box in zip(question.candidates, boxes, strict=True)}
    return replace(
        decision,
        boxes=tuple(of_shown[box] for box in decision.boxes),
        candidates=tuple(
            replace(c, box=box) for c, box in zip(decision.candidates, boxes, strict=True)
        ),
    )
