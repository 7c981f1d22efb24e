"""The web page in a real browser, with the embedded pair of models."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from browser import open_browser
from node_process import next_domain
from page_process import PATIENCE, PageProcess, running_page
from pictures import rgb_message
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage
from table import FILE, TABLE

PAUSE = 0.04  # seconds after each token, so that a run can be watched and stopped
DOMAIN = next_domain()


@pytest.fixture(scope="module")
def process() -> Iterator[PageProcess]:
    """Return the page's process; it ends in order after the tests."""
    with running_page(pause=PAUSE, environment={"ROS_DOMAIN_ID": str(DOMAIN)}) as process:
        yield process


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Return a browser that cannot reach anything but this machine."""
    with open_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def requests(browser: BrowserContext) -> Iterator[list[str]]:
    """Return the addresses that the browser asks for."""
    asked: list[str] = []

    def listen(request: Request) -> None:
        asked.append(request.url)

    browser.on("request", listen)
    yield asked
    browser.remove_listener("request", listen)


@pytest.fixture
def page(browser: BrowserContext, process: PageProcess, requests: list[str]) -> Iterator[Page]:
    """Return the page in a tab of its own."""
    tab = open_tab(browser, process)
    yield tab
    tab.close()
    ours = (f"{process.address}/", "data:", f"blob:{process.address}/")
    assert [url for url in requests if not url.startswith(ours)] == []


def open_tab(browser: BrowserContext, process: PageProcess) -> Page:
    tab = browser.new_page()
    tab.goto(process.address)
    expect(tab.locator("#rex-find")).to_be_enabled()
    return tab


def ask(page: Page, sentence: str, image: Path | None = FILE) -> None:
    """Fill the form in and press Find."""
    if image:
        upload(page, image)
    page.locator("#rex-sentence").get_by_role("textbox").fill(sentence)
    page.locator("#rex-find").click()


def upload(page: Page, image: Path) -> None:
    with page.expect_response(lambda response: "/upload" in response.url):
        page.locator("#rex-image input[type=file]").set_input_files(image)
    expect(page.locator("#rex-image img")).to_have_count(1)


def outcome(page: Page) -> Locator:
    """Return the line with the outcome, which comes last."""
    return page.locator("#rex-result .outcome")


def test_a_run_shows_candidates_then_reasoning_then_the_chosen_box(page: Page) -> None:
    ask(page, "pick up the orange mug")

    expect(page.locator("#rex-picture rect.box")).to_have_count(4)
    expect(page.locator("#rex-result .chip.unknown")).not_to_have_count(0)  # nothing judged yet
    assert not outcome(page).is_visible()
    expect(page.locator("#rex-reasoning li[data-candidate='1']")).not_to_have_count(0)
    assert page.locator("#rex-reasoning li.heading", has_text="Answer").count() == 0
    expect(page.locator("#rex-stop")).to_be_enabled()
    assert page.locator("#rex-picture .chosen").count() == 0

    expect(outcome(page)).to_contain_text("FOUND")
    expect(page.locator("#rex-picture rect.box.chosen")).to_have_count(1)
    expect(page.locator("#rex-result .chip.match")).to_contain_text("2 match")
    expect(page.locator("#rex-result .chip.no_match")).to_have_count(3)
    expect(page.locator("#rex-result .category")).to_have_text("mug")
    expect(page.locator("#rex-result .times")).to_contain_text("detection")
    expect(page.locator("#rex-result .times")).to_contain_text("tokens")
    expect(page.locator("#rex-find")).to_be_enabled()
    expect(page.locator("#rex-stop")).to_be_disabled()


def test_a_line_of_the_reasoning_lights_its_candidate(page: Page) -> None:
    ask(page, "pick up the orange mug")
    expect(outcome(page)).to_be_visible()
    lit = page.locator("#rex-picture rect.box.lit")
    expect(lit).to_have_count(0)

    page.locator("#rex-reasoning li[data-candidate='3']").first.hover()
    expect(lit).to_have_attribute("data-candidate", "3")
    expect(page.locator("#rex-result .chip.lit")).to_have_attribute("data-candidate", "3")

    page.locator("#rex-picture .tag[data-candidate='1']").hover()
    expect(lit).to_have_attribute("data-candidate", "1")
    expect(page.locator("#rex-reasoning li.lit")).to_have_count(2)  # evaluation and summary

    page.locator("#rex-title").hover()
    expect(lit).to_have_count(0)
    page.locator("#rex-reasoning li[data-candidate='4']").first.focus()
    expect(lit).to_have_attribute("data-candidate", "4")
    page.keyboard.press("Shift+Tab")
    expect(lit).to_have_attribute("data-candidate", "3")
    page.keyboard.press("Escape")
    expect(lit).to_have_count(0)


def test_an_abstention_chooses_nothing(page: Page) -> None:
    ask(page, "grab the yellow block")
    expect(outcome(page)).to_contain_text("NO_MATCH")
    expect(outcome(page)).to_contain_text("none is the yellow block")
    expect(page.locator("#rex-result .chip.no_match")).to_have_count(4)
    expect(page.locator("#rex-picture .chosen")).to_have_count(0)


def test_stop_stops_the_model_and_the_page_goes_on(page: Page) -> None:
    ask(page, "pick up the orange mug")
    expect(page.locator("#rex-reasoning li[data-candidate='1']")).not_to_have_count(0)
    page.locator("#rex-stop").click()
    expect(outcome(page)).to_contain_text("CANCELED")
    assert page.locator("#rex-reasoning li.heading", has_text="Answer").count() == 0
    expect(page.locator("#rex-find")).to_be_enabled()

    ask(page, "find the bowl", image=None)
    expect(outcome(page)).to_contain_text("NO_CANDIDATES")


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("go home", "INVALID_COMMAND"),
        ("", "The command is empty"),
        ("the mug <img src=x onerror=alert(1)>", "INVALID_COMMAND"),
    ],
    ids=["no object", "nothing", "markup"],
)
def test_a_sentence_that_cannot_be_used_is_told(page: Page, sentence: str, told: str) -> None:
    ask(page, sentence)
    expect(outcome(page)).to_contain_text(told)


def test_a_bad_file_is_told(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "holiday.jpg"
    bad.write_bytes(b"no image")
    ask(page, "the mug", bad)
    expect(outcome(page)).to_contain_text("holiday.jpg is no image that can be read")
    assert str(bad.parent) not in outcome(page).inner_text()


def test_a_missing_image_is_told(page: Page) -> None:
    ask(page, "the mug", image=None)
    expect(outcome(page)).to_contain_text("There is no image yet")


def test_an_example_fills_the_form(page: Page) -> None:
    page.locator("#rex-examples td", has_text="point at the can").click()
    expect(page.locator("#rex-image img")).to_have_count(1)
    page.locator("#rex-find").click()
    expect(outcome(page)).to_contain_text("NO_CANDIDATES")


def test_category_and_thresholds_can_be_set(page: Page) -> None:
    page.get_by_text("Category and thresholds").click()
    page.locator("#rex-category").get_by_role("textbox").fill("bottle")
    ask(page, "the white one")
    expect(page.locator("#rex-result .category")).to_have_text("bottle")
    expect(page.locator("#rex-result .chip")).to_have_count(2)
    expect(outcome(page)).to_be_visible()

    page.locator("#rex-category").get_by_role("textbox").fill("ball")
    page.locator("#rex-box-threshold input[type=number]").fill("0.05")
    page.locator("#rex-box-threshold input[type=number]").press("Tab")
    page.locator("#rex-find").click()
    expect(page.locator("#rex-result .category")).to_have_text("ball")


def test_visitors_wait_for_each_other_and_get_their_own(
    page: Page, browser: BrowserContext, process: PageProcess
) -> None:
    other = open_tab(browser, process)
    upload(other, FILE)
    ask(page, "pick up the orange mug")
    expect(page.locator("#rex-reasoning li[data-candidate='1']")).not_to_have_count(0)
    ask(other, "grab the yellow block", image=None)
    expect(other.locator("#rex-result .doing")).to_contain_text("Waiting")
    expect(outcome(page)).to_contain_text("FOUND")
    expect(outcome(other)).to_contain_text("NO_MATCH")
    other.close()


def test_a_visitor_who_leaves_frees_the_models(
    page: Page, browser: BrowserContext, process: PageProcess
) -> None:
    other = open_tab(browser, process)
    ask(other, "pick up the orange mug")
    expect(other.locator("#rex-reasoning li[data-candidate='1']")).not_to_have_count(0)
    other.close()
    ask(page, "find the bowl")
    expect(outcome(page)).to_contain_text("NO_CANDIDATES")


@pytest.fixture
def camera() -> Iterator[Callable[[str], None]]:
    """Return what publishes pictures on a topic, raw or compressed by its name."""
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN, signal_handler_options=SignalHandlerOptions.NO)
    node = Node("camera", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    spinning = threading.Thread(target=executor.spin)

    def publish(topic: str) -> None:
        message = (
            CompressedImage(format="jpeg", data=FILE.read_bytes())
            if topic.endswith("/compressed")
            else rgb_message(TABLE, pad=5)
        )
        publisher = node.create_publisher(type(message), topic, qos_profile_sensor_data)
        node.create_timer(0.1, lambda: publisher.publish(message))
        spinning.start()

    yield publish
    executor.shutdown()
    if spinning.ident:
        spinning.join()
    node.destroy_node()
    context.shutdown()


@pytest.mark.parametrize(
    ("published", "topic"),
    [
        ("/front/image", "front/image"),
        ("/rear/image/compressed", "/rear/image"),
        ("/top/image/compressed", "/top/image/compressed"),
    ],
    ids=["raw", "compressed", "compressed by its full name"],
)
def test_a_frame_of_a_camera_is_taken(
    page: Page, camera: Callable[[str], None], published: str, topic: str
) -> None:
    camera(published)
    take_frame(page, topic)
    deadline = time.monotonic() + PATIENCE
    while not page.locator("#rex-image img").count():
        assert time.monotonic() < deadline, page.locator("#rex-camera-error").inner_text()
        page.wait_for_timeout(1000)
        page.locator("#rex-take").click()  # busy machines may take longer to hear of each other
    ask(page, "find the bowl", image=None)
    expect(page.locator("#rex-picture svg")).to_have_attribute("viewBox", "0 0 640 480")


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("silent", "No image came on silent or silent/compressed within 3 s"),
        ("not a topic", '"not a topic" is not the name of a topic'),
        ("", "is not the name of a topic"),
    ],
    ids=["silence", "no name", "empty"],
)
def test_why_there_is_no_frame_is_told(page: Page, topic: str, told: str) -> None:
    take_frame(page, topic)
    expect(page.locator("#rex-camera-error")).to_contain_text(told)
    expect(page.locator("#rex-image img")).to_have_count(0)


def take_frame(page: Page, topic: str) -> None:
    page.get_by_text("Camera on ROS").click()
    box = page.locator("#rex-topic").get_by_role("textbox")
    while box.input_value() != topic:  # Gradio may set the default again just after the opening
        box.fill(topic)
        page.wait_for_timeout(200)
    page.locator("#rex-take").click()


def test_files_of_the_machine_cannot_be_asked_about(process: PageProcess) -> None:
    """A visitor who forges a request gets no more than those who upload."""
    config = get_json(f"{process.address}/config")
    (asking,) = (entry for entry in config["dependencies"] if len(entry["inputs"]) == 5)
    forged = {"path": str(FILE), "orig_name": "a.jpg"}
    body = {"data": [forged, "the mug", "", 0.25, 0.25], "fn_index": asking["id"]}
    api = f"{process.address}/gradio_api/queue"
    get_json(f"{api}/join", body | {"session_hash": "forger"})
    with urllib.request.urlopen(f"{api}/data?session_hash=forger", timeout=60) as events:
        told = events.read().decode()
    assert "NO_IMAGE" in told
    assert "There is no image yet" in told
    assert "NO_CANDIDATES" not in told
    assert "<figure" not in told


def get_json(address: str, body: object = None) -> Any:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
