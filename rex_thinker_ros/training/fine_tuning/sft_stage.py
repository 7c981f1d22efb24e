"""Supervised fine-tuning: the next token of reasoning and answer, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rex_thinker_ros.training.fine_tuning.learner import Learner
from rex_thinker_ros.training.fine_tuning.lesson import Lesson
from rex_thinker_ros.training.fine_tuning.order import chosen
from rex_thinker_ros.training.fine_tuning.policy import Policy
from rex_thinker_ros.training.fine_tuning.referring_set import Labelled, ReferringSet
from rex_thinker_ros.training.fine_tuning.settings import SftSettings

Teach = Callable[[Labelled], Lesson]


class SftStage:
    """Learns completions, `batch` of them a step; every token counts alike."""

    name = "sft"
    reference = False

    def __init__(
        self, settings: SftSettings, lessons: ReferringSet, teach: Teach, *, seed: int
    ) -> None:
        self.settings, self.steps = settings, settings.steps
        self._items: Sequence[Labelled] = lessons.expressions
        self._teach, self._seed = teach, seed

    def step(self, policy: Policy, learner: Learner, step: int) -> dict[str, float]:
        """Learn from the step's lessons, one at a time; return what the curves show."""
        batch = chosen(step, self.settings.batch, len(self._items), self._seed)
        lessons = [self._teach(self._items[index]) for index in batch]
        targets = [policy.ids_of(lesson.completion) for lesson in lessons]
        tokens = sum(map(len, targets))
        learner.begin()
        total = 0.0
        for lesson, ids in zip(lessons, targets, strict=True):
            loss = -policy.log_probs(policy.turn(lesson), [ids]).sum() / tokens
            loss.backward()
            total += float(loss.detach())
        length = learner.learn(step)
        return {"loss": total, "tokens": float(tokens), "gradient": length}
