"""How well a policy answers what it did not learn from."""

from __future__ import annotations

from statistics import mean

from rex_thinker_ros.training.fine_tuning.policy import Policy
from rex_thinker_ros.training.fine_tuning.referring_set import ReferringSet
from rex_thinker_ros.training.fine_tuning.sft_stage import Teach
from rex_thinker_ros.training.reward import reward


def measure(
    policy: Policy, held_out: ReferringSet, teach: Teach, *, max_new_tokens: int
) -> dict[str, float]:
    """Return shares of greedy answers: right ones, and wrong boxes that the marks confirm.

    Nothing is drawn, so that learning goes on as if it had not been measured.
    """
    rewards = []
    for item in held_out.expressions:
        lesson = teach(item)
        (drawn,) = policy.draw(
            policy.turn(lesson), 1, temperature=0.0, max_new_tokens=max_new_tokens
        )
        rewards.append(reward(drawn.text, lesson.truth, complete=drawn.complete))
    return {
        "exact": mean(float(r.accuracy == 1 and r.consistency == 1) for r in rewards),
        "false_found": mean(
            float(r.accuracy < 1 and r.consistency == 1 and r.abstention == 0) for r in rewards
        ),
    }
