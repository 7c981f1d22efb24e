"""What one reading puts to the reasoner, and how its decision looks in the full image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.candidate import Candidate
from rex_thinker_ros.referring.decision import Decision
from rex_thinker_ros.referring.detector import RgbImage
from rex_thinker_ros.referring.prompt import Prompt, build_prompt, smart_resize
from rex_thinker_ros.referring.task import Task
from rex_thinker_ros.referring.view import Plan, View, view_of, whole


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold an image as a view shows it, and the prompt about it.

    The candidates stand in the order of the view, with their boxes in full-image pixels; shown are
    the same in the pixels of the shown image.
    """

    view: View
    image: RgbImage
    candidates: tuple[Candidate, ...]
    shown: tuple[Candidate, ...]
    prompt: Prompt

    def in_full_image(self, decision: Decision) -> Decision:
        """Return a decision on what was shown with its boxes in full-image pixels."""
        full = {s.box: c.box for s, c in zip(self.shown, self.candidates, strict=True)}
        return replace(
            decision,
            boxes=tuple(full[box] for box in decision.boxes),
            candidates=tuple(replace(c, box=full[c.box]) for c in decision.candidates),
        )


@dataclass(frozen=True, slots=True)
class Asking:
    """Ask about the candidates of a task, boxes in full-image pixels, in view after view."""

    task: Task
    candidates: Sequence[Candidate]

    def first(self) -> Asked:
        """Return what is asked about the image as it is."""
        size, candidates = Size(*self.task.image.shape[1::-1]), tuple(self.candidates)
        prompt = self._prompt(candidates, size)
        return Asked(whole(size), self.task.image, candidates, candidates, prompt)

    def further(self, plan: Plan) -> Asked | None:
        """Return what is asked in another view; None if that shows too little."""
        size = Size(*self.task.image.shape[1::-1])
        view = view_of(plan, size, smart_resize(size, self.task.reasoner.bounds))
        if view is None or not view.shows(self.candidates):
            return None
        candidates = view.order(self.candidates)
        shown = view.shown(candidates)
        try:
            prompt = self._prompt(shown, view.window.size)
        except ValueError:  # what is left of the image is too narrow
            return None
        return Asked(view, view.window.of(self.task.image), candidates, shown, prompt)

    def _prompt(self, shown: Sequence[Candidate], size: Size) -> Prompt:
        command = self.task.command
        return build_prompt(
            expression=command.expression, category=command.category, candidates=shown,
            image_size=size, bounds=self.task.reasoner.bounds,
        )  # fmt: skip
