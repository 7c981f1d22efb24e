"""What ends a command that is being reasoned about, over DDS; its reasoner never stops."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping

import pytest
from goals import Goal, Goals
from lifecycle_msgs.msg import Transition
from node_process import NodeProcess, StartNode, next_domain, running_node
from pictures import picture, rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected

COMMAND = "hand me the red mug"
NEWER = "now the blue ball"
DOMAIN = next_domain()
TOKENS, SECONDS = "reasoner.max_new_tokens", "reasoner.max_seconds"
ENDLESS = {TOKENS: 20_000, SECONDS: 600.0}


@pytest.fixture(scope="module")
def parameters(tiny_models: Mapping[str, object]) -> Mapping[str, object]:
    return {**tiny_models, **ENDLESS, "detector.box_threshold": 0.0, "max_image_age": 0.0}


@pytest.fixture(scope="module")
def node(parameters: Mapping[str, object]) -> Iterator[NodeProcess]:
    process = NodeProcess(DOMAIN, {**parameters, "autostart": False})
    try:
        yield process
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    finally:
        process.kill()


@pytest.fixture
def client(node: NodeProcess) -> Iterator[Client]:
    """Yield a client of a node that is left unconfigured."""
    client = Client(DOMAIN)
    client.connect()
    client.spin(0.3)
    client.referrals.clear()  # those of earlier tests
    yield client
    if client.state() == "active":
        client.change_state(Transition.TRANSITION_DEACTIVATE)
    if client.state() == "inactive":
        client.change_state(Transition.TRANSITION_CLEANUP)
    client.close()


def activate(client: Client, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        assert client.set_parameter(name, value).successful
    assert client.change_state(Transition.TRANSITION_CONFIGURE)
    assert client.change_state(Transition.TRANSITION_ACTIVATE)
    client.wait_for_camera()


def start_reasoning(client: Client, sentence: str) -> None:
    """Send a command and wait until the node reasons about it."""
    client.show(rgb_message(picture()))
    client.texts.clear()
    client.send(sentence)
    client.wait(lambda: client.texts)


def test_a_newer_command_preempts_the_running_one(client: Client) -> None:
    activate(client, ENDLESS)
    start_reasoning(client, COMMAND)
    client.send(NEWER)
    client.wait(lambda: client.results(COMMAND))
    (preempted,) = client.results(COMMAND)
    assert preempted.status == Referral.PREEMPTED
    assert preempted.candidates
    assert preempted.reasoning.startswith("<think>")
    assert client.texts[-1].startswith("<think>")
    assert not client.pictures
    assert not client.results(NEWER)


def test_deactivating_cancels_the_running_one(client: Client) -> None:
    activate(client, ENDLESS)
    start_reasoning(client, COMMAND)
    assert client.change_state(Transition.TRANSITION_DEACTIVATE)
    client.wait(lambda: client.referrals)
    assert [r.status for r in client.results(COMMAND)] == [Referral.CANCELED]
    assert client.state() == "inactive"


@pytest.mark.parametrize(
    ("limit", "status"),
    [({TOKENS: 5}, Referral.TRUNCATED), ({SECONDS: 0.5}, Referral.TIMEOUT)],
    ids=["tokens", "seconds"],
)
def test_a_budget_ends_the_running_one(
    client: Client, limit: Mapping[str, float], status: int
) -> None:
    activate(client, {**ENDLESS, **limit})
    referral = client.ask(COMMAND, rgb_message(picture()))
    assert referral.status == status
    assert not referral.boxes
    client.wait(lambda: client.pictures)


def test_every_state_answers_commands(client: Client) -> None:
    refused = client.ask("the red mug before configuring")
    assert refused.status == Referral.CANCELED
    assert "not active" in refused.status_text
    assert client.change_state(Transition.TRANSITION_CONFIGURE)
    assert client.ask("the red mug before activating").status == Referral.CANCELED
    assert client.change_state(Transition.TRANSITION_ACTIVATE)
    # a camera that shows nothing
    assert client.ask("the red mug without a camera").status == Referral.NO_IMAGE


def test_a_failed_configuration_can_be_mended(client: Client, node: NodeProcess) -> None:
    assert client.set_parameter("model", "no_such_profile").successful
    assert not client.change_state(Transition.TRANSITION_CONFIGURE)
    assert client.state() == "unconfigured"
    node.wait_for_line("no_such_profile")
    assert client.set_parameter("model", "demo").successful
    assert client.change_state(Transition.TRANSITION_CONFIGURE)
    late = client.set_parameter("model", "demo")
    assert not late.successful
    assert "clean up first" in late.reason


def start_goal(client: Client, goals: Goals, command: str) -> Goal:
    """Send a goal with an image and wait until the node reasons about it."""
    goal = goals.send(command, image=rgb_message(picture()))
    client.wait(lambda: any(feedback.reasoning for feedback in goal.feedback))
    return goal


@pytest.fixture
def goals(client: Client) -> Iterator[Goals]:
    activate(client, ENDLESS)
    goals = Goals(client)
    yield goals
    goals.close()


def test_a_canceled_goal_stops_and_says_so(client: Client, goals: Goals) -> None:
    goal = start_goal(client, goals, COMMAND)
    assert goal.cancel()
    state, referral = goal.result()
    assert (state, referral.status) == ("canceled", Referral.CANCELED)
    assert referral.reasoning.startswith("<think>")
    assert client.wait(lambda: client.results(COMMAND)) == [referral]
    assert not goal.cancel()  # it has ended


def test_a_goal_that_waits_can_be_canceled(client: Client, goals: Goals) -> None:
    assert client.set_parameter("on_new_command", "queue").successful
    start_goal(client, goals, COMMAND)
    waiting = goals.send(NEWER, image=rgb_message(picture()))
    assert waiting.cancel()
    assert waiting.result()[0] == "canceled"
    assert not client.results(COMMAND)
    assert client.set_parameter("on_new_command", "newest_wins").successful


def test_a_command_on_the_topic_preempts_a_goal(client: Client, goals: Goals) -> None:
    goal = start_goal(client, goals, COMMAND)
    client.send(NEWER)
    state, referral = goal.result()
    assert (state, referral.status) == ("aborted", Referral.PREEMPTED)


def test_a_goal_is_refused_while_the_node_rejects(client: Client, goals: Goals) -> None:
    assert client.set_parameter("on_new_command", "reject").successful
    start_goal(client, goals, COMMAND)
    state, referral = goals.ask(NEWER, image=rgb_message(picture()))
    assert (state, referral.status) == ("aborted", Referral.BUSY)
    assert not client.results(COMMAND)
    assert client.set_parameter("on_new_command", "newest_wins").successful


def test_live_parameters_change_while_the_node_is_active(client: Client, goals: Goals) -> None:
    refused = client.set_parameter("on_new_command", "oldest_wins")
    assert "one of newest_wins, queue, reject" in refused.reason
    assert "1000" in client.set_parameter("queue_size", 0).reason
    assert client.set_parameter("max_image_age", 2.0).successful
    assert client.set_parameter("max_image_age", 0.0).successful


def test_ctrl_c_gives_the_running_goal_its_result(parameters: Mapping[str, object]) -> None:
    domain = next_domain()
    with running_node(domain, parameters) as process, connected(domain) as client:
        goals = Goals(client)
        goal = start_goal(client, goals, COMMAND)
        process.signal(signal.SIGINT)
        state, referral = goal.result()
        assert (state, referral.status) == ("aborted", Referral.CANCELED)
        assert "shutting down" in referral.status_text
        assert process.wait() == 0
        goals.close()


def test_ctrl_c_gives_the_running_one_its_result(parameters: Mapping[str, object]) -> None:
    domain = next_domain()
    with running_node(domain, parameters) as process, connected(domain) as client:
        client.wait_for_camera()
        start_reasoning(client, COMMAND)
        assert process.stop() == 0
        client.wait(lambda: client.results(COMMAND))
        assert [r.status for r in client.referrals] == [Referral.CANCELED]


def test_an_interrupt_while_loading_is_no_failure(
    start_node: StartNode, tiny_models: Mapping[str, object]
) -> None:
    process = start_node(next_domain(), tiny_models)
    process.wait_for_line("Loading the models")
    assert process.stop() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reasoner.path": "/nowhere/reasoner"}, "/nowhere/reasoner"),
        ({"max_image_age": -1.0}, "max_image_age"),
        ({"max_image_age": "soon"}, "max_image_age"),
        ({"qos_overrides./image.subscription.reliability": "relaible"}, "reliable, best_effort"),
        ({"qos_overrides./image.subscription.history": "sometimes"}, "Cannot activate"),
    ],
    ids=["missing weights", "out of range", "wrong type", "wrong override", "fails at activation"],
)
def test_a_failed_start_ends_the_process_and_names_its_cause(
    start_node: StartNode,
    tiny_models: Mapping[str, object],
    changes: Mapping[str, object],
    words: str,
) -> None:
    process = start_node(next_domain(), {**tiny_models, **changes})
    assert process.wait() == 1
    assert words in process.lines[-1]
