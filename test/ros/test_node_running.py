"""What ends a command that is being reasoned about, over DDS; its reasoner never stops."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping

import pytest
from harness import Client, NodeProcess, next_domain, picture, rgb_message
from lifecycle_msgs.msg import Transition

from rex_thinker_ros.msg import Referral

COMMAND = "hand me the red mug"
NEWER = "now the blue ball"


@pytest.fixture
def endless(tiny_models: Mapping[str, object]) -> Mapping[str, object]:
    return {
        **tiny_models,
        "detector.box_threshold": 0.0,
        "reasoner.max_new_tokens": 20_000,
        "reasoner.max_seconds": 600.0,
        "max_image_age": 0.0,
    }


@pytest.fixture
def client() -> Iterator[Callable[[int], Client]]:
    opened: list[Client] = []

    def connect(domain: int) -> Client:
        opened.append(Client(domain))
        opened[-1].connect()
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def reason(client: Client) -> None:
    """Send COMMAND and wait until the node reasons about it."""
    client.wait_for_camera()
    client.show(rgb_message(picture()))
    client.texts.clear()
    client.send(COMMAND)
    client.wait(lambda: client.texts)


Start = Callable[[int, Mapping[str, object]], NodeProcess]
Connect = Callable[[int], Client]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_newer_command_and_then_a_signal_end_the_running_one(
    start: Start, client: Connect, endless: Mapping[str, object], number: signal.Signals
) -> None:
    domain = next_domain()
    node = start(domain, endless)
    node.wait_for_line("Ready for commands")
    commander = client(domain)
    reason(commander)
    commander.texts.clear()
    commander.send(NEWER)
    commander.wait(lambda: commander.texts)
    (preempted,) = commander.results(COMMAND)
    assert preempted.status == Referral.PREEMPTED
    assert preempted.candidates
    assert preempted.reasoning.startswith("<think>")

    node.signal(number)
    assert node.wait() == 0
    commander.wait(lambda: commander.results(NEWER))
    (canceled,) = commander.results(NEWER)
    assert canceled.status == Referral.CANCELED
    assert len(commander.referrals) == 2


def test_the_lifecycle_from_start_to_end(
    start: Start, client: Connect, endless: Mapping[str, object]
) -> None:
    domain = next_domain()
    node = start(domain, {**endless, "autostart": False, "model": "no_such_profile"})
    commander = client(domain)
    assert commander.state() == "unconfigured"
    refused = commander.ask("the red mug before configuring")
    assert refused.status == Referral.CANCELED
    assert "not active" in refused.status_text

    assert not commander.change_state(Transition.TRANSITION_CONFIGURE)
    assert commander.state() == "unconfigured"
    node.wait_for_line("no_such_profile")
    assert commander.set_string("model", "demo").successful
    assert commander.change_state(Transition.TRANSITION_CONFIGURE)
    assert commander.state() == "inactive"
    assert commander.ask("the red mug before activating").status == Referral.CANCELED
    late = commander.set_string("model", "demo")
    assert not late.successful
    assert "clean up first" in late.reason

    assert commander.change_state(Transition.TRANSITION_ACTIVATE)
    reason(commander)
    assert commander.change_state(Transition.TRANSITION_DEACTIVATE)
    commander.wait(lambda: commander.results(COMMAND))
    assert [r.status for r in commander.results(COMMAND)] == [Referral.CANCELED]

    assert commander.change_state(Transition.TRANSITION_ACTIVATE)
    reason(commander)
    assert commander.change_state(Transition.TRANSITION_DEACTIVATE)
    assert commander.change_state(Transition.TRANSITION_CLEANUP)
    assert commander.state() == "unconfigured"
    assert commander.change_state(Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)
    assert commander.state() == "finalized"
    assert node.stop() == 0


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ({"reasoner.max_new_tokens": 5}, Referral.TRUNCATED),
        ({"reasoner.max_seconds": 0.5}, Referral.TIMEOUT),
    ],
    ids=["tokens", "seconds"],
)
def test_a_budget_ends_the_running_one(
    start: Start,
    client: Connect,
    endless: Mapping[str, object],
    limit: Mapping[str, object],
    status: int,
) -> None:
    domain = next_domain()
    start(domain, {**endless, **limit}).wait_for_line("Ready for commands")
    commander = client(domain)
    commander.wait_for_camera()
    assert commander.ask(COMMAND, rgb_message(picture())).status == status


def test_an_interrupt_while_loading_is_no_failure(
    start: Start, tiny_models: Mapping[str, object]
) -> None:
    node = start(next_domain(), tiny_models)
    node.wait_for_line("Loading the models")
    assert node.stop() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reasoner.path": "/nowhere/reasoner"}, "/nowhere/reasoner"),
        ({"model": "rex_thinker_8b"}, "rex_thinker_8b"),
        ({"image_decoder": "pillow"}, "image_decoder"),
        ({"max_image_age": -1.0}, "max_image_age"),
        ({"max_image_age": "soon"}, "max_image_age"),
        ({"reasoner.max_new_tokens": 0}, "max_new_tokens"),
    ],
    ids=["missing weights", "unknown profile", "no choice", "out of range", "type", "no budget"],
)
def test_a_failed_configuration_ends_the_process_and_names_its_cause(
    start: Start, tiny_models: Mapping[str, object], changes: Mapping[str, object], words: str
) -> None:
    node = start(next_domain(), {**tiny_models, **changes})
    assert node.wait() == 1
    assert words in node.lines[-1]
