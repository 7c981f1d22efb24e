"""The browser that the tests of the web page drive; run it to see which one that is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, expect, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
_PATIENCE = 60_000.0  # milliseconds; only a hang takes that long


class NoBrowserError(Exception):
    """Say which browser to install."""


def find_browser() -> str:
    """Return the path of the system's Chromium, or of the one that Playwright has fetched."""
    for path in filter(None, map(shutil.which, _NAMES)):
        # Ubuntu has one that only names a snap
        if subprocess.run([path, "--version"], check=False, capture_output=True).returncode == 0:
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if os.access(path, os.X_OK):
        return path
    raise NoBrowserError(
        "These tests drive a browser, and there is none: apt-get install chromium, or "
        "python -m playwright install chromium"
    )


@contextmanager
def open_browser(profile: Path) -> Iterator[BrowserContext]:
    """Run the browser without a screen, and with an empty folder for its profile."""
    path = find_browser()
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=path, headless=True, args=_FLAGS,
            viewport={"width": 1360, "height": 900},
        )  # fmt: skip
        context.set_default_timeout(_PATIENCE)
        expect.set_options(timeout=_PATIENCE)
        yield context
        context.close()


if __name__ == "__main__":
    try:
        print(find_browser())
    except NoBrowserError as error:
        sys.exit(str(error))
