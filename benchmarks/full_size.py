"""Load both models at full size with random weights, and refer with them; figures on the terminal.

The text is an answer about the candidates, forced at the output of the language head: every token
costs what it costs the released model.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "test/support"))

from forced_text import ForcedText

from rex_thinker_ros.apps.command_line import add_model_options, chosen_profile, run
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.load import load_models
from rex_thinker_ros.models.memory.taken import gpu_memory, peak_text, process_peak_mb
from rex_thinker_ros.models.profiles import PROFILES
from rex_thinker_ros.models.quiet import silence_libraries
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.referrer import Referrer

COMMAND = Command("hand me the red mug", "red mug", "mug", wants_all=False)
CANDIDATES = 8


@dataclass(frozen=True)
class Row:
    """Hold medians of one image size, in seconds and ms."""

    image: str
    outcome: str
    detection_seconds: float
    first_token_seconds: float
    milliseconds_per_token: float
    tokens: int
    referral_seconds: float


def main() -> int:
    """Write the checkpoints unless they are there, load them, and measure."""
    options = _options()
    return run(partial(_run, options), Telling(sys.stderr).error)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add_model_options(parser)
    add = parser.add_argument
    add("--store", type=Path, metavar="DIR", help="where the 17 GB of weights go and stay")
    add("--layers", type=int, default=28, help="of the language model (default: %(default)s)")
    add("--vision-layers", type=int, default=32, help="default: %(default)s")
    add("--sizes", nargs="+", default=["640x480", "1280x720"], metavar="WIDTHxHEIGHT")
    add("--tokens", type=int, default=300, help="of each answer; too few cut it off (default: 300)")
    add(
        "--repeat",
        type=int,
        default=3,
        help="referrals after the first, which allocates; 0: only it",
    )
    add("--stock", action="store_true", help="measure transformers' generate as well")
    add("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    if options.store:
        return _measure(options, options.store)
    with tempfile.TemporaryDirectory() as folder:
        return _measure(options, Path(folder))


def _measure(options: argparse.Namespace, store: Path) -> int:
    telling = Telling(sys.stderr)
    detector_path, reasoner_path = _checkpoints(options, store, telling)
    options.settings += [
        ("detector", str(detector_path)), ("reasoner", str(reasoner_path)),
        ("box_threshold", 0.0), ("text_threshold", 0.0), ("max_candidates", CANDIDATES),
        ("max_new_tokens", options.tokens), ("max_seconds", 3600.0),
    ]  # fmt: skip
    start = time.monotonic()
    profile = chosen_profile(options)
    detector, reasoner = load_models(profile, device=options.device, say=telling.step)
    loading = time.monotonic() - start
    telling.step(f"Loaded in {loading:.1f} s, with {peak_text()} at the most")
    forced = ForcedText(reasoner, options.tokens)
    referrer = Referrer(detector, forced)
    stock = _stock(detector, reasoner, options.tokens) if options.stock else None
    rows = []
    for size in options.sizes:
        telling.step(f"Referring in {size}")
        rows.append(_refer(referrer, size, options.repeat, telling))
        if stock:
            telling.step(f"Referring in {size} with transformers' generate")
            row = _refer(stock, size, options.repeat, telling)
            rows.append(replace(row, image=f"{size}, generate"))
    _tell(options, rows, loading)
    return 0


def _stock(detector: Any, reasoner: Any, tokens: int) -> Referrer:
    """Return a referrer with the same weights whose reasoner decodes through generate."""
    from forced_stock import ForcedStock
    from stock_reasoner import StockReasoner

    return Referrer(detector, ForcedStock(StockReasoner(reasoner), tokens))


def _checkpoints(options: argparse.Namespace, store: Path, telling: Telling) -> tuple[Path, Path]:
    silence_libraries()
    from full_size import reasoner_config, save_detector, save_reasoner, write_random

    detector = store / "detector"
    reasoner = store / f"reasoner_{options.layers}_{options.vision_layers}"
    demo = PROFILES["demo"]
    torch.manual_seed(0)
    if not (detector / "model.safetensors.index.json").is_file():
        telling.step(f"Writing {detector}")
        save_detector(detector, Path(demo.detector), write_random)
    if not (reasoner / "model.safetensors.index.json").is_file():
        telling.step(f"Writing {reasoner}")
        like = Path(demo.reasoner)
        config = reasoner_config(like, options.layers, options.vision_layers)
        save_reasoner(reasoner, like, config, write_random)
    return detector, reasoner


def _refer(referrer: Referrer, size: str, repeat: int, telling: Telling) -> Row:
    width, height = map(int, size.split("x"))
    noise = np.random.default_rng(0)
    # another image each time: of the same one nothing would be read again
    referrals = [
        referrer.refer(
            noise.integers(0, 256, (height, width, 3), np.uint8), COMMAND, Observer(), CancelToken()
        )
        for _ in range(repeat + 1)
    ]
    referrals = referrals[1:] or referrals
    telling.step(referrals[-1].decision.status_text)
    decode = [
        (one.reasoning_seconds - (one.first_token_seconds or 0)) / max(one.tokens - 1, 1)
        for one in referrals
    ]
    return Row(
        size,
        referrals[-1].decision.outcome.name,
        float(np.median([one.detection_seconds for one in referrals])),
        float(np.median([one.first_token_seconds or 0 for one in referrals])),
        1000 * float(np.median(decode)),
        referrals[-1].tokens,
        float(np.median([one.detection_seconds + one.reasoning_seconds for one in referrals])),
    )


def _tell(options: argparse.Namespace, rows: list[Row], loading: float) -> None:
    gpu, process = gpu_memory(), process_peak_mb()
    figures: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if gpu else "cpu",
        "settings": {name: str(value) for name, value in options.settings},
        "loading_seconds": loading,
        "process_peak_mb": process,
        "gpu_peak_mb": gpu.peak_mb if gpu else None,
        "rows": [asdict(row) for row in rows],
    }
    heads = ("image", "outcome", "detection", "first token", "ms / token", "tokens", "referral")
    table = Table(*heads)
    for row in rows:
        table.add_row(
            row.image, row.outcome, f"{row.detection_seconds:.2f} s",
            f"{row.first_token_seconds:.2f} s", f"{row.milliseconds_per_token:.1f}",
            str(row.tokens), f"{row.referral_seconds:.2f} s",
        )  # fmt: skip
    console = Console()
    console.print(f"{figures['device']}: loaded in {loading:.1f} s")
    console.print(f"highest use: {process:.0f} MB of the process", end="")
    console.print(f", {gpu.peak_mb:.0f} MB of the GPU" if gpu else "")
    console.print(table)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
