"""Greedy answers to fixed questions, measured now and then while training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.asking import KINDS
from rex_thinker_ros.training.reward import Reward
from rex_thinker_ros.training.rollouts import Roller
from rex_thinker_ros.training.store import StoredScene

SEED = 1
QUESTIONS = 8  # about each scene: one batch


class GreedyCheck:
    """The same QUESTIONS about each scene, whenever it is asked.

    Boxes are given as training draws them; the whole way, with the detector and the decision, is
    what `evaluate` measures.
    """

    def __init__(self, scenes: Sequence[StoredScene]) -> None:
        self.scenes = scenes

    def figures(
        self, model: Qwen2_5_VLForConditionalGeneration, roller: Roller
    ) -> dict[str, float]:
        """Return the shares of right and of wrong answers that the marks confirm, and of others.

        `exact`: right; `false_found`: wrong boxes; `contradicted`: marks and answer disagree.
        """
        rng = np.random.default_rng(SEED)
        greedy = Roller(
            roller.tokenizer, each=1, temperature=0, max_new_tokens=roller.max_new_tokens
        )
        generator = torch.Generator().manual_seed(SEED)
        rewards: list[Reward] = []
        for scene in self.scenes:
            asked = greedy.ask(scene, QUESTIONS, rng, KINDS)
            rewards += greedy.roll(model, asked, generator).rewards
        return {
            "exact": mean(r.accuracy == 1 and r.consistency == 1 for r in rewards),
            "false_found": mean(
                r.accuracy < 1 and r.consistency == 1 and r.abstention == 0 for r in rewards
            ),
            "contradicted": mean(r.format == 1 and r.consistency == 0 for r in rewards),
        }
