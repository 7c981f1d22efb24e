"""Count how many tokens a pass verifies on recorded texts, without running a model.

The texts are those of a decision log, in the order in which they were said: of a node's log_dir, or
of replay --record. A draft counts as far as the text really went on so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from decoding_runs import Forgetful
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.decoding import drafts
from rex_thinker_ros.models.decoding.drafts import TextDrafter, category_names
from rex_thinker_ros.models.decoding.token_memory import TokenKinds, TokenMemory
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.qwen_inputs import chat_text
from rex_thinker_ros.referring.log_reader import read_log
from rex_thinker_ros.referring.prompt import Prompt, build_prompt
from rex_thinker_ros.user_error import UserError

Said = tuple[Prompt, str]


def main() -> int:
    """Count and print a table."""
    return run(partial(_run, _options()), Telling(sys.stderr).error)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path, help="folder of a decision log")
    parser.add_argument(
        "--tokenizer", type=Path, default=Path(load_profile("demo").reasoner) / "tokenizer.json",
        help="tokenizer.json of the model that said it (default: the embedded reasoner's)",
    )  # fmt: skip
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    said = list(_recorded(options.log))
    if not said:
        raise UserError(f"{options.log} holds no text of a model: record some decisions first.")
    counter = PassCounter(Tokenizer.from_file(str(options.tokenizer)))
    table = Table("drafts from", "tokens", "passes", "tokens per pass")
    for source in ("form and memory", "form", "memory"):
        tokens, passes = counter.count(said, source)
        table.add_row(source, str(tokens), str(passes), f"{tokens / passes:.2f}")
    Console().print(table)
    return 0


def _recorded(folder: Path) -> Iterator[Said]:
    for decision in read_log(folder, lambda text: print(text, file=sys.stderr)):
        record = decision.record
        command, image, referral = record.command, record.image, record.referral
        if command and image and referral and referral.reasoning:
            yield build_prompt(
                expression=command.expression, category=command.category,
                candidates=referral.candidates, image_size=image.size,
                bounds=decision.session.bounds,
            ), referral.reasoning  # fmt: skip


class PassCounter:
    """Draft texts that are known already, and count the passes that they would have taken."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        size = tokenizer.get_vocab_size()
        self._kinds = TokenKinds([tokenizer.decode([token]) for token in range(size)])

    def count(self, said: Sequence[Said], source: str) -> tuple[int, int]:
        """Return the tokens of all texts and the passes for them."""
        memory = Forgetful() if source == "form" else TokenMemory(self._kinds)
        form = drafts.foresee if source != "memory" else lambda text, prompt: ""
        with patch.object(drafts, "foresee", form):
            counts = [self._count(prompt, text, memory) for prompt, text in said]
        return sum(tokens for tokens, _ in counts), sum(passes for _, passes in counts)

    def _count(self, prompt: Prompt, text: str, memory: TokenMemory | Forgetful) -> tuple[int, int]:
        ids = self._encode(text)
        names = category_names(prompt.category, self._tokenizer)
        memory.begin(self._encode(chat_text(prompt, image_tokens=0)), names)
        drafter = TextDrafter(memory, prompt, self._tokenizer)  # type: ignore[arg-type]
        known, passes = 1, 1
        while known < len(ids):
            sofar = SimpleNamespace(tokens=ids[:known], text=self._tokenizer.decode(ids[:known]))
            draft = drafter.draft(sofar)  # type: ignore[arg-type]
            agreed = 0
            for drafted, token in zip(draft, ids[known:], strict=False):
                if drafted != token:
                    break
                agreed += 1
            known, passes = known + agreed + 1, passes + 1
        return len(ids), passes

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


if __name__ == "__main__":
    sys.exit(main())
