"""A signal at any moment of the process's life is an orderly end."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping

import pytest
from node_process import StartNode, next_domain

IMPORTING, LOADING = 1.0, 2.5  # seconds; roughly, which makes no difference


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("seconds", [IMPORTING, LOADING])
def test_a_signal_while_starting_is_no_failure(
    start_node: StartNode, tiny_models: Mapping[str, object], number: signal.Signals, seconds: float
) -> None:
    process = start_node(next_domain(), tiny_models)
    time.sleep(seconds)
    process.signal(number)
    assert process.wait() == 0, process.lines


def test_a_second_signal_does_no_harm(
    start_node: StartNode, tiny_models: Mapping[str, object]
) -> None:
    process = start_node(next_domain(), tiny_models)
    process.wait_for_line("Ready for commands")
    process.signal(signal.SIGINT)
    process.signal(signal.SIGTERM)
    assert process.wait() == 0, process.lines
