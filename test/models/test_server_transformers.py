"""The reasoner behind transformers' own server, a real process that is stopped and killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_server import MODEL, ModelServer, running_server
from table import TABLE

from rex_thinker_ros.models.load import load_models, warm_up
from rex_thinker_ros.models.profiles import load_profile
from rex_thinker_ros.models.server.error import KEY_VARIABLE, ServerError
from rex_thinker_ros.models.server.serving import connect
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.command import Command
from rex_thinker_ros.referring.detector import Detector
from rex_thinker_ros.referring.observer import Observer
from rex_thinker_ros.referring.outcome import Outcome
from rex_thinker_ros.referring.prompt import Prompt, build_prompt
from rex_thinker_ros.referring.reasoner import Reasoner, StopReason
from rex_thinker_ros.referring.referral import Referral
from rex_thinker_ros.referring.referrer import Referrer

MUG = Command("give me the orange mug", "orange mug", "mug", wants_all=False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def quick(cache: Path) -> Iterator[ModelServer]:
    with running_server(cache) as server:
        yield server


@pytest.fixture(scope="module")
def slow(cache: Path) -> Iterator[ModelServer]:
    with running_server(cache, pause=0.05, key="right") as server:
        yield server


@pytest.fixture(scope="module")
def pair() -> tuple[Detector, Reasoner]:
    return load_models(load_profile("demo"), device="cpu")


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda value: monkeypatch.setenv(KEY_VARIABLE, value)


def mug_prompt(pair: tuple[Detector, Reasoner]) -> Prompt:
    detector, reasoner = pair
    return build_prompt(
        expression="orange mug",
        category="mug",
        candidates=detector.detect(TABLE, "mug"),
        image_size=Size(640, 480),
        bounds=reasoner.bounds,
    )


def refer(detector: Detector, reasoner: Reasoner, observer: Observer | None = None) -> Referral:
    return Referrer(detector, reasoner).refer(TABLE, MUG, observer or Observer(), CancelToken())


@pytest.mark.parametrize(
    ("expression", "category", "outcome"),
    [
        ("orange mug", "mug", Outcome.FOUND),
        ("white bottle", "bottle", Outcome.FOUND),
        ("yellow block", "block", Outcome.NO_MATCH),
        ("mug", "mug", Outcome.AMBIGUOUS),
    ],
)
def test_it_says_and_decides_what_the_model_says_here(
    quick: ModelServer, pair: tuple[Detector, Reasoner], expression: str, category: str,
    outcome: Outcome,
) -> None:  # fmt: skip
    command = Command(expression, expression, category, wants_all=False)
    served = connect(load_profile("demo", server=quick.url))
    here, there = (
        Referrer(pair[0], reasoner).refer(TABLE, command, Observer(), CancelToken())
        for reasoner in (pair[1], served)
    )
    assert there.reasoning == here.reasoning
    assert there.decision.outcome is here.decision.outcome is outcome
    assert there.decision.boxes == here.decision.boxes
    assert there.decision.confidence is None


def test_a_jpeg_serves_as_well(quick: ModelServer, pair: tuple[Detector, Reasoner]) -> None:
    served = connect(load_profile("demo", server=f"{quick.url}/v1", server_image="jpeg"))
    assert refer(pair[0], served).decision.outcome is Outcome.FOUND


def test_without_the_weights_of_a_reasoner_a_pair_is_loaded_and_warmed_up(
    quick: ModelServer,
) -> None:
    profile = load_profile("demo", reasoner="/nowhere", server=quick.url, server_model=MODEL)
    detector, reasoner = load_models(profile, device="cpu")
    warm_up(detector, reasoner)
    assert reasoner.name == f"{MODEL} on 127.0.0.1"
    assert refer(detector, reasoner).decision.outcome is Outcome.FOUND


def test_another_model_is_refused_with_a_list_of_those_there_are(quick: ModelServer) -> None:
    with pytest.raises(ServerError, match=f"has no model 'other': choose one of its {MODEL}"):
        connect(load_profile("demo", server=quick.url, server_model="other"))


def test_a_wrong_key_is_refused(slow: ModelServer, key: Callable[[str], None]) -> None:
    key("wrong")
    with pytest.raises(ServerError, match=f"401: Invalid API key.*{KEY_VARIABLE}"):
        connect(load_profile("demo", server=slow.url))


def test_the_text_comes_in_pieces(
    slow: ModelServer, pair: tuple[Detector, Reasoner], key: Callable[[str], None]
) -> None:
    key("right")
    pieces: list[tuple[float, str]] = []
    completion = connect(load_profile("demo", server=slow.url)).reason(
        TABLE, mug_prompt(pair), lambda piece: pieces.append((time.monotonic(), piece)),
        CancelToken(),
    )  # fmt: skip
    assert completion.stop is StopReason.END
    assert "".join(piece for _, piece in pieces) == completion.text
    assert pieces[-1][0] - pieces[0][0] > 1.0


def test_a_cancel_stops_the_generation_on_the_server(
    slow: ModelServer, pair: tuple[Detector, Reasoner], key: Callable[[str], None]
) -> None:
    key("right")
    cancel = CancelToken()
    times: list[float] = []

    def say(_: str) -> None:
        times.append(time.monotonic())
        if len(times) == 5:
            cancel.cancel()

    completion = connect(load_profile("demo", server=slow.url)).reason(
        TABLE, mug_prompt(pair), say, cancel
    )
    assert completion.stop is StopReason.CANCELED
    assert time.monotonic() - times[4] < 0.5
    time.sleep(0.5)  # it may be in the middle of tokens
    made = slow.tokens
    time.sleep(0.5)
    assert slow.tokens == made


@pytest.mark.parametrize(
    ("budget", "outcome"),
    [
        ({"max_seconds": 0.5}, Outcome.TIMEOUT),
        ({"max_new_tokens": 5}, Outcome.TRUNCATED),
    ],
)
def test_the_budgets_hold(
    slow: ModelServer, pair: tuple[Detector, Reasoner], key: Callable[[str], None],
    budget: dict[str, float], outcome: Outcome,
) -> None:  # fmt: skip
    key("right")
    served = connect(load_profile("demo", server=slow.url, **budget))
    assert refer(pair[0], served).decision.outcome is outcome


class Killer(Observer):
    """Kill a server at the fifth piece of text."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._pieces = 0

    def on_text(self, piece: str) -> None:
        self._pieces += 1
        if self._pieces == 5:
            self._server.kill()


def test_a_server_killed_in_mid_stream_is_a_fault_and_works_once_it_is_back(
    cache: Path, pair: tuple[Detector, Reasoner]
) -> None:
    with running_server(cache, pause=0.05) as server:
        served = connect(load_profile("demo", server=server.url))
        cut = refer(pair[0], served, Killer(server))
    assert cut.decision.outcome is Outcome.MODEL_ERROR
    assert "broke off after" in cut.decision.status_text
    assert cut.reasoning

    gone = refer(pair[0], served)
    assert gone.decision.outcome is Outcome.MODEL_ERROR
    assert "cannot be reached" in gone.decision.status_text

    with running_server(cache, port=server.port):
        assert refer(pair[0], served).decision.outcome is Outcome.FOUND
