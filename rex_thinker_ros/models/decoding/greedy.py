"""Say the best token again and again, several at a time where a draft foresaw them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch

from rex_thinker_ros.models.decoding.language import LanguageReader
from rex_thinker_ros.models.decoding.penalty import RepetitionPenalty
from rex_thinker_ros.models.decoding.transcript import Transcript

_DECIMALS = 2


class Drafter(Protocol):
    """Foresee what may be said next; the model verifies it, so a wrong draft costs only time."""

    def draft(self, transcript: Transcript) -> list[int]:
        """Return tokens that may come next, none if there is no guess."""


@dataclass(frozen=True, slots=True)
class Best:
    """Hold the best token of each position, and its lead over the next best in logits."""

    tokens: list[int]
    leads: list[float]


def decode(
    reader: LanguageReader,
    logits: torch.Tensor,
    penalty: RepetitionPenalty,
    drafter: Drafter,
    transcript: Transcript,
) -> None:
    """Go on from the logits (1, vocabulary) after the prompt until the transcript is over.

    What is said is what greedy decoding says token by token. Raises FloatingPointError where logits
    are not numbers: any token would be a guess.
    """
    best, drafted = best_tokens(penalty.apply(logits, [])), list[int]()
    while True:
        transcript.passes += 1
        said: list[int] = []
        for place, (token, lead) in enumerate(zip(best.tokens, best.leads, strict=True)):
            said.append(token)
            if transcript.add(token, lead):
                return
            if place == len(drafted) or token != drafted[place]:
                break
        # of what was drafted, all after the first that was not said
        reader.take_back(len(drafted) - (len(said) - 1))
        penalty.see(said)
        # a draft for the budget's last token would never be looked at
        drafted = drafter.draft(transcript)[: transcript.left - 1]
        best = best_tokens(penalty.apply(reader.read([said[-1], *drafted]), drafted))


def best_tokens(scores: torch.Tensor) -> Best:
    """Return the best token of each row of scores (rows, vocabulary).

    Raises FloatingPointError where they are not numbers.
    """
    values, tokens = scores.topk(2, dim=1)
    if math.isnan(float(values[:, 0].sum())):
        raise FloatingPointError("the reasoner's logits are not numbers")
    # finer digits depend on how many tokens a pass verifies, and so on what was drafted
    leads = [round(lead, _DECIMALS) for lead in (values[:, 0] - values[:, 1]).tolist()]
    return Best(tokens[:, 0].tolist(), leads)
