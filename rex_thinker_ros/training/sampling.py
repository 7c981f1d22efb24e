"""Draw many completions of several questions about one image, in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import Qwen2_5_VLForConditionalGeneration

from rex_thinker_ros.training.text_cache import ImageTurn, TextCache

ENDED = 0.2  # share of a batch's rows that have ended at which they are taken out of it


@dataclass(frozen=True)
class Samples:
    """Rows of questions with completions, `each` of a question after one another.

    `ids` (rows, tokens), padded at the end; `starts` and `ends` (rows,): where the completion
    begins and where it is over, its end token included; `log_probs` (rows, tokens) of the drawn
    tokens at their places, 0 elsewhere; `complete` (rows,): whether it ended by itself.
    """

    ids: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor
    log_probs: torch.Tensor
    complete: torch.Tensor

    def drawn(self) -> torch.Tensor:
        """Return the (rows, tokens) mask of the completions."""
        at = torch.arange(self.ids.shape[1])
        return (at >= self.starts[:, None]) & (at < self.ends[:, None])

    def completion(self, row: int) -> torch.Tensor:
        """Return a row's completion without its end token."""
        end = int(self.ends[row]) - int(self.complete[row])
        return self.ids[row, int(self.starts[row]) : end]

    def rows(self, index: torch.Tensor) -> Samples:
        """Return some of the rows, without columns that only pad them."""
        n = int(self.ends[index].max())
        return Samples(
            self.ids[index, :n], self.starts[index], self.ends[index],
            self.log_probs[index, :n], self.complete[index],
        )  # fmt: skip


def sample(
    model: Qwen2_5_VLForConditionalGeneration, turn: ImageTurn, prompts: Sequence[torch.Tensor], *,
    each: int, temperature: float, max_new_tokens: int, end: int, generator: torch.Generator,
) -> Samples:  # fmt: skip
    """Draw `each` completions of every prompt; the most likely tokens at temperature 0.

    `prompts`: token ids from the end of the image on; `end`: the id that ends a completion.
    """
    growing = _Growing(prompts, each, max_new_tokens, end)
    with torch.no_grad():
        cache = TextCache(model, turn, growing.ids.shape[1])
        states = _read_prompts(cache, prompts, each)
        for _ in range(max_new_tokens):
            token, at = growing.add(*draw_tokens(model.lm_head(states), temperature, generator))
            if growing.samples.complete.all():
                break
            keep = growing.thin_out()
            if keep is not None:
                cache.select(keep)
                token, at = token[keep], at[keep]
            states = cache.read(token[:, None], at[:, None])[:, 0]
    return growing.samples.rows(torch.arange(len(growing.ids)))


def _read_prompts(cache: TextCache, prompts: Sequence[torch.Tensor], each: int) -> torch.Tensor:
    """Fill the cache and return the states of the prompts' last tokens, one for each row."""
    cache.start(len(prompts))
    padded = pad_sequence(list(prompts), batch_first=True)
    states = cache.read(padded, torch.arange(padded.shape[1]).expand(len(prompts), -1))
    rows = torch.arange(len(prompts)).repeat_interleave(each)
    cache.select(rows)
    return states[rows, torch.tensor([len(prompt) for prompt in prompts])[rows] - 1]


class _Growing:
    """Rows that grow by a token at a time; those in `live` are still in the batch."""

    def __init__(
        self, prompts: Sequence[torch.Tensor], each: int, max_new_tokens: int, end: int
    ) -> None:
        starts = torch.tensor([len(prompt) for prompt in prompts]).repeat_interleave(each)
        rows, room = len(starts), int(starts.max()) + max_new_tokens
        padded = pad_sequence(list(prompts), batch_first=True)
        self.ids = torch.zeros(rows, room, dtype=torch.long)
        self.ids[:, : padded.shape[1]] = padded.repeat_interleave(each, 0)
        self.samples = Samples(
            self.ids, starts, starts.clone(), torch.zeros(rows, room),
            torch.zeros(rows, dtype=torch.bool),
        )  # fmt: skip
        self.live, self.end = torch.arange(rows), end

    def add(self, token: torch.Tensor, log_prob: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Add a token to each live row that has not ended; return the tokens and their places."""
        samples, live = self.samples, self.live
        at = samples.ends[live]
        going = ~samples.complete[live]
        rows, places = live[going], at[going]
        samples.ids[rows, places] = token[going]
        samples.log_probs[rows, places] = log_prob[going]
        samples.ends[rows] += 1
        samples.complete[rows] = token[going] == self.end
        # a row that has ended may stand past the last place
        return token, at.clamp(max=self.ids.shape[1] - 1)

    def thin_out(self) -> torch.Tensor | None:
        """Take rows that have ended out of the batch, if they are many; return which stay."""
        keep = (~self.samples.complete[self.live]).nonzero()[:, 0]
        if len(keep) >= (1 - ENDED) * len(self.live):
            return None
        self.live = self.live[keep]
        return keep


def draw_tokens(
    logits: torch.Tensor, temperature: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a token for each row and its log-probability at that temperature."""
    log_probs = torch.log_softmax(logits / (temperature or 1.0), -1)
    if temperature == 0:
        token = logits.argmax(-1)
    else:  # several times cheaper than torch.multinomial
        below = log_probs.exp().cumsum(-1)
        point = torch.rand(len(logits), 1, generator=generator) * below[:, -1:]
        token = torch.searchsorted(below, point, right=True)[:, 0].clamp(max=logits.shape[1] - 1)
    return token, log_probs.gather(1, token[:, None])[:, 0]
