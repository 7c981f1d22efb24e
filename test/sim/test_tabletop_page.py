"""The page to talk to the tabletop on, in a real browser, with all processes behind it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import open_browser
from node_process import PATIENCE, ROOT
from playwright.sync_api import Page, expect
from rendering import NO_RENDERING, can_render

if not can_render():
    pytest.skip(NO_RENDERING, allow_module_level=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return where the page is; its processes end in order after the tests."""
    folder = tmp_path_factory.mktemp("tabletop")
    log = folder / "log"
    command = [sys.executable, "-m", "rex_thinker_ros.apps.tabletop", "--web", "--port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--scene", "1009", "--out", str(folder)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"The page is at (http://\S+)\n", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield found[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 128 + signal.SIGINT, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()


@pytest.fixture
def page(address: str, tmp_path: Path) -> Iterator[Page]:
    """Return the page in a browser that cannot reach anything but this machine."""
    with open_browser(tmp_path / "browser") as browser:
        page = browser.new_page()
        page.goto(address)
        yield page


def say(page: Page, sentence: str) -> None:
    """Type a sentence key by key, as a visitor does, and see it go."""
    box = page.locator("#rex-sentence textarea")
    box.press_sequentially(sentence)
    box.press("Enter")
    expect(box).to_have_value("")
    expect(page.locator("#rex-lines .you").last).to_contain_text(sentence)


def test_a_sentence_is_answered_and_the_object_lifted_before_the_visitors_eyes(page: Page) -> None:
    live = page.locator("#rex-live img")
    expect(live).to_have_count(1)
    before = live.get_attribute("src")

    say(page, "pick up the rightmost block")
    expect(page.locator("#rex-words")).to_contain_text("Order from right to left")
    expect(page.locator("#rex-judged img")).to_have_count(1)
    expect(page.locator("#rex-lines .robot")).to_contain_text("I hold the block: block-8.")
    assert live.get_attribute("src") != before

    say(page, "<b>hand me the spoon</b>")
