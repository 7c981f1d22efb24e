"""Fetch the models' weights: `python -m rex_thinker_ros.apps.fetch_models --help`. Needs no ROS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from rex_thinker_ros.apps.command_line import run
from rex_thinker_ros.apps.telling import Telling
from rex_thinker_ros.models.profiles import PROFILES, Profile
from rex_thinker_ros.models.store.checking import defects
from rex_thinker_ros.models.store.digests import OnBytes
from rex_thinker_ros.models.store.fetching import Fetching
from rex_thinker_ros.models.store.hub import look_up
from rex_thinker_ros.models.store.manifest import MANIFEST, ManifestError, read_manifest
from rex_thinker_ros.models.weights import (
    STORE_VARIABLE,
    WeightsError,
    default_store,
    fetch_command,
    is_hub_id,
    missing,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch or check checkpoints; return 0 only if all of them are whole."""
    options = _options(arguments)
    store = options.store.expanduser().absolute() if options.store else default_store()
    hub_ids = options.checkpoints or _hub_ids(PROFILES[options.model])
    telling = Telling(sys.stderr)
    if options.check:
        work = partial(_check_all, hub_ids, store, options.by_size, telling)
    else:
        work = partial(_fetch_all, hub_ids, store, options.revision, telling)
    return run(work, telling.error)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="fetch_models",
        description="Fetch the weights of a model from the Hugging Face hub into the store, or "
        "check them there. An interrupted download goes on where it was; what is there and right "
        "is not fetched again. The node itself never downloads.",
        epilog="The store holds ORGANIZATION/NAME, each with a manifest, and may be copied to a "
        "machine without a network. HF_ENDPOINT names a mirror of the hub, HF_TOKEN who asks.",
    )
    parser.add_argument(
        "checkpoints", nargs="*", metavar="ORGANIZATION/NAME", type=_hub_id,
        help="checkpoints to fetch, instead of both of --model",
    )  # fmt: skip
    parser.add_argument(
        "--model", default="rex_thinker_7b", help="default: %(default)s",
        choices=[name for name, profile in PROFILES.items() if _hub_ids(profile)],
    )  # fmt: skip
    parser.add_argument(
        "--store", type=Path, metavar="DIR",
        help=f"folder to keep them in (default: {STORE_VARIABLE}, or {default_store()})",
    )  # fmt: skip
    parser.add_argument(
        "--revision", default="main",
        help="branch, tag or commit of the hub (default: %(default)s); the manifest says which "
        "commit it was",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="only compare the store with its manifests, offline"
    )
    parser.add_argument(
        "--by-size", action="store_true",
        help="with --check: compare lengths only, at once and without reading the files",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if options.by_size and not options.check:
        parser.error("--by-size goes with --check")
    return options


def _hub_id(text: str) -> str:
    if not is_hub_id(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no ORGANIZATION/NAME of the hub")
    return text


def _hub_ids(profile: Profile) -> list[str]:
    return [name for name in (profile.detector, profile.reasoner) if is_hub_id(name)]


def _fetch_all(hub_ids: Sequence[str], store: Path, revision: str, telling: Telling) -> int:
    for hub_id in hub_ids:
        _fetch(hub_id, store, revision, telling)
    return 0


def _fetch(hub_id: str, store: Path, revision: str, telling: Telling) -> None:
    checkpoint = look_up(hub_id, revision)
    fetching = Fetching(checkpoint, store / hub_id)
    present = [file for file in checkpoint.files if (store / hub_id / file.name).is_file()]
    with _reading(hub_id, sum(file.size for file in present)) as on_bytes:
        files = fetching.absent(on_bytes)
    fetching.check_space(files)
    telling.step(
        f"{hub_id} at {checkpoint.commit[:12]}: {len(files)} of {len(checkpoint.files)} files to "
        f"fetch, {decimal(fetching.bytes_to_come(files))}"
    )
    with fetching.alone():
        for file in files:
            fetching.fetch(file)
        fetching.install(files)
    if lack := missing(store / hub_id):
        raise WeightsError(
            f"{hub_id} at {revision} is fetched, but the hub has no {', '.join(lack)} of it: give "
            "another --revision."
        )
    telling.step(f"{store / hub_id} is whole")


def _check_all(hub_ids: Sequence[str], store: Path, by_size: bool, telling: Telling) -> int:
    checks = [_is_right(hub_id, store, by_size, telling) for hub_id in hub_ids]
    return 0 if all(checks) else 1


def _is_right(hub_id: str, store: Path, by_size: bool, telling: Telling) -> bool:
    directory = store / hub_id
    try:
        manifest = read_manifest(directory)
        with _reading(hub_id, manifest.size if manifest and not by_size else 0) as on_bytes:
            found = defects(directory, manifest, by_size=by_size, on_bytes=on_bytes)
    except (ManifestError, WeightsError) as error:
        found = [str(error)]
    if found:
        command = fetch_command(hub_id, store)
        telling.error(f"{directory}: {'; '.join(found)}. Fetch what is wrong with `{command}`.")
        return False
    if manifest is None:
        telling.warning(
            f"{directory} has no {MANIFEST}: its files are there and the weights as long as "
            "their headers say; whether a byte was changed cannot be told"
        )
        return True
    compared = "as long as" if by_size else "the same as"
    telling.step(f"{directory} is {compared} {manifest.source} at {manifest.commit}")
    return True


@contextmanager
def _reading(hub_id: str, size: int) -> Iterator[OnBytes]:
    """Show a bar of the bytes that are read, on a terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not (size and console.is_terminal)
    ) as progress:
        task = progress.add_task(f"Reading {hub_id}", total=size)
        yield partial(progress.advance, task)


if __name__ == "__main__":
    sys.exit(main())
