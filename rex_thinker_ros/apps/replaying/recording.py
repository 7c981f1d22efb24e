"""A replay's decisions written down, as the node's log has them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from rex_thinker_ros.answering.decision_writer import DecisionWriter
from rex_thinker_ros.apps.replaying.session import Replayed
from rex_thinker_ros.models.profiles import Profile


def record(
    results: Iterable[Replayed], folder: Path, *, script: Path, profile: Profile
) -> Iterator[Replayed]:
    """Write down each result and pass it on; a slow disk is waited for, and nothing is deleted.

    Raises:
        OSError: it cannot be written.
    """
    settings = {"script": str(script), "model": profile.name, "profile": asdict(profile)}
    writer = DecisionWriter(folder, sys.maxsize, settings)
    for one in results:
        writer.write(one.result, datetime.now(timezone.utc), lost=0)
        yield one
