"""A running app and a real browser. Every test fails on an exception box or console error."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT

WIDE = {"width": 1440, "height": 1000}
NARROW = {"width": 390, "height": 844}

# What Chromium itself says about features that a headless machine lacks; not ours to mend.
HARMLESS = ("WebGL", "ResizeObserver loop", "GPU stall", "Failed to load resource: net::ERR_")


class Server:
    """One Streamlit server on a free port, over a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = (self.data.parent / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)],
            cwd=PROJECT_ROOT,
            env={**os.environ, ENVIRONMENT_VARIABLE: str(self.data)},
            stdout=log,
            stderr=log,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/_stcore/health", timeout=2).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.2)
        raise RuntimeError(f"the server did not come up: {self.log()}")

    def kill(self) -> None:
        """End it as a crash would: no chance to tidy up."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def log(self) -> str:
        return (self.data.parent / "server.log").read_text(errors="replace")[-3000:]


def workers_of(data: Path) -> list[psutil.Process]:
    """Every process of ours that works on this data folder, the server aside."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(data) in line and "core." in line:
            found.append(process)
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a fresh data folder, shared by the tests of one file."""
    one = Server(tmp_path_factory.mktemp("browser") / "data")
    one.start()
    yield one
    one.kill()
    for process in workers_of(one.data):
        process.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; its absence is a failure, not a skip."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "browser tests need chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


class Watched:
    """A page together with what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(word in message.text for word in HARMLESS):
            self.problems.append(f"console: {message.text}")

    def settle(self, timeout: float = 60) -> None:
        """Wait until the script has run through and nothing is stale."""
        page = self.page
        page.get_by_test_id("stApp").wait_for(timeout=timeout * 1000)
        page.wait_for_function(
            """() => {
                const app = document.querySelector('[data-testid=stApp]');
                return app && app.getAttribute('data-test-script-state') !== 'running'
                    && !document.querySelector('[data-testid=stSkeleton]');
            }""",
            timeout=timeout * 1000,
        )
        page.wait_for_timeout(300)

    def check(self) -> None:
        """Fail on an exception box, a console error or text wider than the window."""
        boxes = self.page.get_by_test_id("stException").all_inner_texts()
        assert not boxes, boxes
        assert not self.problems, self.problems
        overflow = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 1, f"the page is {overflow} px wider than the window"


@pytest.fixture(params=[WIDE], ids=["1440"])
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A fresh browser window; checked when the test ends."""
    context = browser.new_context(viewport=request.param)
    page = context.new_page()
    page.set_default_timeout(30_000)
    one = Watched(page)
    yield one
    context.close()
    assert not one.problems, one.problems
