"""What a server may answer, and what becomes of it; no model is needed."""

from __future__ import annotations

import base64
import io
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scripted_server import DONE, MODEL, Answer, data, event, scripted_server
from table import TABLE
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rex_thinker_ros.models.profiles import Profile, load_profile
from rex_thinker_ros.models.server.connection import parse_address
from rex_thinker_ros.models.server.reasoner import Patience, ServerReasoner
from rex_thinker_ros.models.server.request import image_url
from rex_thinker_ros.models.server.serving import connect
from rex_thinker_ros.referring.boxes import Size
from rex_thinker_ros.referring.cancel import CancelToken
from rex_thinker_ros.referring.confidence import PieceMargin
from rex_thinker_ros.referring.prompt import Prompt, build_prompt, smart_resize
from rex_thinker_ros.referring.reasoner import Completion, StopReason
from rex_thinker_ros.user_error import UserError

ANSWER = [event("<think>a</think>"), event("<answer>[]"), event("</answer>")]
WHOLE = Answer([*ANSWER, event(finish="stop"), DONE])
PATIENT = Patience()
TABLE_SIZE = Size(640, 480)
TEXT = "<think>a</think><answer>[]</answer>"


def profile(url: str, **replaced: object) -> Profile:
    return load_profile("demo", server=url, **replaced)


def prompt_for(expression: str = "the mug", size: Size = TABLE_SIZE) -> Prompt:
    return build_prompt(
        expression=expression, category="mug", candidates=[], image_size=size,
        bounds=load_profile("demo").bounds,
    )  # fmt: skip


def ask(
    url: str, patience: Patience = PATIENT, prompt: Prompt | None = None, **replaced: object
) -> Completion:
    reasoner = ServerReasoner(parse_address(url), MODEL, profile(url, **replaced), patience)
    return reasoner.reason(TABLE, prompt or prompt_for(), lambda _: None, CancelToken())


def test_the_request_is_the_wire_format_and_greedy() -> None:
    with scripted_server(WHOLE) as server:
        ask(server.url, prompt=prompt_for("the <|im_end|> mug"), max_new_tokens=77)
    (body,) = server.bodies
    expected = prompt_for("the < |im_end|> mug")
    system, user = body.pop("messages")
    assert system == {"role": "system", "content": expected.system}
    image, text = user["content"]
    assert text == {"type": "text", "text": expected.user}
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    assert body == {
        "model": MODEL, "temperature": 0, "max_tokens": 77, "stream": True,
        "logprobs": True, "top_logprobs": 2,
    }  # fmt: skip


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (90, 50), (64, 480)])
def test_the_image_has_the_pixels_that_the_model_would_make_here(size: tuple[int, int]) -> None:
    bounds = load_profile("demo").bounds
    image = np.asarray(Image.fromarray(TABLE).resize(size))
    resized = smart_resize(Size(*size), bounds)
    url = image_url(image, resized, "png")
    sent = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    processor = Qwen2VLImageProcessorPil(min_pixels=bounds.min_pixels, max_pixels=bounds.max_pixels)
    here, there = (
        processor(images=one)["pixel_values"][0] for one in (Image.fromarray(image), sent)
    )
    assert np.array_equal(here, there)


def test_a_jpeg_is_smaller_and_nearly_the_same() -> None:
    png, jpeg = (image_url(TABLE, Size(420, 308), encoding) for encoding in ("png", "jpeg"))
    assert len(jpeg) < len(png) / 2
    first, second = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))), np.int16)
        for url in (png, jpeg)
    )
    assert np.abs(first - second).mean() < 3


def test_margins_come_from_logprobs_and_count_the_tokens() -> None:
    lines = [event("<answer>", leads=[3]), event(leads=[0.5]), event("[]", leads=[2, 1]),
             event("</answer>", leads=[9])]  # fmt: skip
    with scripted_server(Answer(lines)) as server:
        completion = ask(server.url)
    assert completion.tokens == 5
    assert [(m.start, m.end) for m in completion.margins] == [(0, 8), (8, 10), (10, 19)]
    assert [m.margin for m in completion.margins] == pytest.approx([3, 0.5, 9])
    assert isinstance(completion.margins[0], PieceMargin)


def test_logprobs_are_asked_for_until_they_are_refused() -> None:
    refused = Answer([b'{"error": {"message": "logprobs are not supported"}}'], status=400)
    with scripted_server(refused, WHOLE) as server:
        completion = ask(server.url)
    assert completion == Completion(TEXT, StopReason.END, tokens=3)
    assert ["logprobs" in body for body in server.bodies] == [True, False]


def test_reasoning_that_is_sent_apart_is_put_back() -> None:
    parts = [("reasoning_content", "one "), ("reasoning_content", "two"),
             ("content", "<answer>[]"), ("content", "</answer>")]  # fmt: skip
    lines = [data({"choices": [{"delta": {name: text}}]}) for name, text in parts]
    with scripted_server(Answer(lines)) as server:
        assert ask(server.url).text == "<think>one two</think><answer>[]</answer>"


@pytest.mark.parametrize(
    ("answer", "stop", "text"),
    [
        (Answer([*ANSWER, event("more")], silence=1), StopReason.END, TEXT),
        (Answer([ANSWER[0], event(finish="stop")]), StopReason.END, "<think>a</think>"),
        (Answer([ANSWER[0], event(finish="length")]), StopReason.TOKEN_BUDGET, "<think>a</think>"),
        (Answer([b": ping\n", *ANSWER]), StopReason.END, TEXT),
        (Answer([ANSWER[0]], silence=3), StopReason.TIME_BUDGET, "<think>a</think>"),
        (Answer(silence=3), StopReason.TIME_BUDGET, ""),
    ],
    ids=["answered", "stopped", "out of tokens", "pinged", "slow", "silent"],
)
def test_a_completion_ends(answer: Answer, stop: StopReason, text: str) -> None:
    with scripted_server(answer) as server:
        started = time.monotonic()
        completion = ask(server.url, max_seconds=0.5)
    assert (completion.stop, completion.text) == (stop, text)
    assert time.monotonic() - started < 2


IMPATIENT = Patience(first_token=0.2, between_tokens=0.2)


@pytest.mark.parametrize(
    ("answer", "message", "requests"),
    [
        (Answer(silence=2), "gave no token in 0.2 s: it hangs", 1),
        (Answer([event("a")], silence=2), "gave no token in 0.2 s: it hangs", 1),
        (Answer([event("a")]), "broke off after 1 tokens: see its log", 1),
        (Answer(), "ended without an answer", 3),
        (Answer([b"busy"], status=503), r"busy or starting \(503: busy\): try again", 3),
        (Answer([b'{"detail": "no!"}'], status=500), r"failed \(500: no!\): see its log", 1),
        (Answer([b'{"message": "too long"}'], status=400), r"refused the request \(400: too", 1),
        (Answer([b'{"error": "no"}'], status=403), r"another key \(403: no\)", 1),
        (Answer([data({"error": {"message": "out of memory"}})]), r"failed \(out of memory\)", 1),
        (Answer([b"<html>\n"]), "no chat completion .'<html>'.: see that its address", 1),
        (Answer([b"data: {}\n"]), "no chat completion", 1),
        (Answer([b'data: {"choices": [{"delta": {"content": 5}}]}\n']), "no chat completion", 1),
        (Answer([event(finish="abort")]), r"gave up on the answer \(abort\)", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_fault_says_what_to_do(answer: Answer, message: str, requests: int) -> None:
    with scripted_server(answer) as server, pytest.raises(UserError, match=message):
        ask(server.url, IMPATIENT)
    assert len(server.bodies) == requests


def test_what_was_busy_is_tried_again() -> None:
    with scripted_server(Answer(status=503), Answer(), WHOLE) as server:
        assert ask(server.url).text == TEXT


def test_a_cancel_ends_the_wait_for_a_first_token_at_once() -> None:
    cancel = CancelToken()
    with scripted_server(Answer(silence=3)) as server:
        reasoner = ServerReasoner(parse_address(server.url), MODEL, profile(server.url))
        cancel.cancel()
        completion = reasoner.reason(TABLE, prompt_for(), lambda _: None, cancel)
    assert completion == Completion("", StopReason.CANCELED, tokens=0)


def test_nothing_listening_is_said_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UserError, match=f"{url} cannot be reached .*refused"):
            connect(profile(url))
        with pytest.raises(UserError, match=f"{url} cannot be reached .*refused"):
            ask(url)


def test_the_only_model_is_taken() -> None:
    with scripted_server(WHOLE) as server:
        assert connect(profile(server.url)).name == f"{MODEL} on 127.0.0.1"


def test_what_does_not_speak_tls_is_no_server_with_it() -> None:
    with scripted_server(WHOLE) as server, pytest.raises(UserError, match="cannot be reached"):
        connect(profile(server.url.replace("http:", "https:")))


def test_only_a_trusted_certificate_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "both.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext"
    subprocess.run(
        [*make.split(), "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", tmp_path / "crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    with file.open("a") as both:
        both.write((tmp_path / "crt").read_text())
    with scripted_server(WHOLE, certificate=file) as server:
        with pytest.raises(UserError, match=r"not trusted \(self.signed.*SSL_CERT_FILE"):
            connect(profile(server.url))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "crt"))
        assert ask(server.url).text == TEXT


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("http://box:8000", "http://box:8000"),
        ("http://box:8000/v1/", "http://box:8000"),
        ("https://box/models/v1", "https://box/models"),
    ],
)
def test_a_url_is_an_address_with_or_without_v1(url: str, written: str) -> None:
    assert str(parse_address(url)) == written


@pytest.mark.parametrize(
    "url", ["box:8000", "ftp://box", "http://", "http://box:x", "http://u:p@b"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UserError):
        parse_address(url)


def test_a_prompt_for_other_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="bounds"):
        ask("http://127.0.0.1:1", prompt=prompt_for(size=Size(100, 100)))


@pytest.mark.parametrize(
    "replaced", [{"server_image": "webp"}, {"recording": "log", "server": "http://box"}]
)
def test_a_profile_refuses_what_cannot_be(replaced: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="server"):
        Profile(name="recorded", **replaced)  # type: ignore[arg-type]
