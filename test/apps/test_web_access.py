"""Who may open the page, and how it is started and ended."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from browser import open_browser
from page_process import WITHOUT_ROS_VARIABLE, running_page
from playwright.sync_api import expect
from scripted_models import ScriptedDetector, ScriptedReasoner

from rex_thinker_ros.apps import web
from rex_thinker_ros.apps.page import server
from rex_thinker_ros.apps.page.access import (
    PASSWORD_VARIABLE,
    LoginError,
    is_this_machine,
    read_login,
)


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)


def test_a_page_with_a_password_opens_for_those_who_know_it(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("open sesame\n")
    arguments = ("--user", "ali", "--password-file", str(file))
    without_ros = {WITHOUT_ROS_VARIABLE: "1"}
    with (
        open_browser(tmp_path / "profile") as browser,
        running_page(*arguments, pause=0.1, environment=without_ros) as process,
    ):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{process.address}/config", timeout=60)
        page = browser.new_page()
        page.goto(process.address)
        for password in ("close sesame", "open sesame"):
            expect(page.locator("#rex-find")).to_have_count(0)
            page.locator("input[type=password]").fill(password)
            page.locator("input:not([type=password])").first.fill("ali")
            page.get_by_role("button", name="Login").click()
            if password == "close sesame":
                expect(page.get_by_text("Incorrect")).to_be_visible()
        expect(page.locator("#rex-find")).to_be_visible()
        expect(page.locator("#rex-take")).to_have_count(0)  # there is no ROS to take a frame from
        assert "warning" not in process.output

        page.locator("#rex-examples td", has_text="grab the yellow bottle").click()
        expect(page.locator("#rex-image img")).to_have_count(1)
        page.locator("#rex-find").click()
        expect(page.locator("#rex-reasoning li")).not_to_have_count(0)
        # it ends in order also now


def test_the_password_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_login("rex", None) is None
    monkeypatch.setenv(PASSWORD_VARIABLE, "from outside")
    assert read_login("rex", None) == ("rex", "from outside")
    file = tmp_path / "password"
    file.write_text("from a file\nand more\n")
    assert read_login("rex", file) == ("rex", "from a file")
    file.write_text("\n")
    with pytest.raises(LoginError, match="write the password in its first line"):
        read_login("rex", file)


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True), ("127.0.1.1", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("robot.local", False),
    ],
)  # fmt: skip
def test_hosts_of_this_machine_are_known(host: str, is_ours: bool) -> None:
    assert is_this_machine(host) is is_ours


@pytest.fixture
def quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without real models."""
    models = ScriptedDetector([]), ScriptedReasoner()
    monkeypatch.setattr(web, "load_models", lambda *_, **__: models)


@pytest.mark.usefixtures("quick_start")
@pytest.mark.parametrize(
    ("arguments", "password", "warned"),
    [
        ([], "", False),
        (["--host", "0.0.0.0"], "", True),
        (["--host", "0.0.0.0"], "secret", False),
    ],
    ids=["this machine only", "open to all", "with a password"],
)
def test_a_page_that_is_open_to_others_is_warned_of(
    arguments: list[str],
    password: str,
    warned: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(server, "serve", lambda *_: None)
    monkeypatch.setenv(PASSWORD_VARIABLE, password)
    assert web.main(["--model", "demo", *arguments]) == 0
    assert ("there is no password" in capsys.readouterr().out) is warned


@pytest.mark.usefixtures("quick_start")
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "203.0.113.1"], "203.0.113.1:7860 cannot be had"),
        (["--port", "70000"], "127.0.0.1:70000 cannot be had"),
        (["--password-file", "/nowhere"], "/nowhere"),
    ],
    ids=["not our address", "no such port", "no such file"],
)
def test_a_page_that_cannot_be_served_says_why(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert web.main(["--model", "demo", *arguments]) == 1
    assert reason in capsys.readouterr().out


def test_the_page_needs_gradio_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("page.layout", "page.server"):
        monkeypatch.delitem(sys.modules, f"rex_thinker_ros.apps.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert web.main(["--model", "demo"]) == 1
    assert "pip install -r requirements/web.txt" in capsys.readouterr().out
