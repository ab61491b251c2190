"""The app in a process of its own, and a browser window that notices what goes wrong."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import requests
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, ViewportSize, expect

from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT

WIDE: ViewportSize = {"width": 1440, "height": 1000}
NARROW: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 120  # seconds for what takes one on a quiet machine

# Asked at the address of a page, Streamlit's own front end looks there for its server first
# and gets a 404, before it looks at the root.
ASKED_IN_VAIN = re.compile(r"http://127\.0\.0\.1:\d+/\w+/_stcore/(health|host-config)$")
# What the app says when something broke that nobody foresaw (pages/components/error_boundary.py).
UNFORESEEN = "Something went wrong that we did not foresee"
T = TypeVar("T")

expect.set_options(timeout=PATIENCE * 1000)


# The page has been drawn, and for 0.3 s nothing has been going on.
QUIET = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const quiet = app
        && app.getAttribute('data-test-connection-state') === 'CONNECTED'
        && app.getAttribute('data-test-script-state') === 'notRunning'
        && document.querySelector('[data-testid=stHeading], [data-testid=stAlert]')
        && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]');
    if (!quiet) { window.quietSince = undefined; return false; }
    window.quietSince ??= performance.now();
    return performance.now() - window.quietSince > 300;
}"""


class Server:
    """One Streamlit server on a free port, over a data folder of its own. ``example``: whether
    it prepares the example of a first start, which trains networks."""

    def __init__(self, data: Path, *, example: bool = False) -> None:
        self.data = data
        self.environment = {
            ENVIRONMENT_VARIABLE: str(data),
            "THORAXLENS_NO_EXAMPLE": "0" if example else "1",
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.options: list[str] = []  # more of the server’s own
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        with (self.data.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "streamlit",
                    "run",
                    "app.py",
                    "--server.port",
                    str(self.port),
                    *self.options,
                ],
                cwd=PROJECT_ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/_stcore/health", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.2)
        raise RuntimeError(f"the server did not come up: {self.log()}")

    def kill(self) -> None:
        """End it as a crash would: no chance to tidy up."""
        self._end(signal.SIGKILL)

    def shut_down(self) -> None:
        """End it as Ctrl-C does."""
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE)

    def end(self) -> None:
        """Kill it with all that it has started."""
        self.kill()
        for process in workers_of(self.data):
            process.kill()

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


def until(what: str, look: Callable[[], T], seconds: float = PATIENCE, *, every: float = 0.1) -> T:
    """Look until there is something to see, and return it; fails in words after a time."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := look():
                return found
        except Error as error:  # the page went away while it was looked at
            if "Execution context was destroyed" not in str(error):
                raise
        assert time.monotonic() < end, f"after {seconds} s still not so: {what}"
        time.sleep(every)


def press(button: Locator, what: str, happened: Callable[[], object]) -> None:
    """Click until something came of it: a page that follows a run redraws by itself, and a
    click on a button that is just being redrawn is lost, as a person would notice too."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"clicked for {PATIENCE} s, and still not so: {what}"
        if button.is_visible() and button.is_enabled():
            button.click()
        waited = time.monotonic() + 8
        while not happened() and time.monotonic() < waited:
            time.sleep(0.1)


def chromium_path() -> str:
    """Debian's chromium; its absence is a failure, not a skip."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "browser tests need chromium: apt-get install chromium"
    return found


# What axe-core looks for: the success criteria of WCAG 2.2, A and AA, and what is good practice.
AXE = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Nothing is on its way from one colour or place to another; what turns for ever does not count.
STILL = """() => document.getAnimations().every(one =>
    one.playState !== 'running' || one.effect.getComputedTiming().iterations === Infinity)"""
# As somebody who has chosen in the menu to follow the browser: dark or light as a test asks.
FOLLOWS_BROWSER = """localStorage.setItem('thoraxlens-theme', '"System"')"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Watched:
    """A page together with what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.unfinished = ""  # the step of a walk that is under way, or that failed
        self.asked = 0  # requests, and messages to the server
        self.server_is_gone = False  # set while a test has killed the server
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        if message.type == "error" and not self.server_is_gone and not ASKED_IN_VAIN.match(where):
            self.problems.append(f"console: {message.text} ({where})")

    def _sent(self, _: object) -> None:
        self.asked += 1

    def _request(self, url: str) -> None:
        self.asked += 1
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.problems.append(f"asked another computer: {url}")

    def open(self, address: str) -> None:
        """Go there as by typing the address, and wait until the page is drawn."""
        self.page.goto(address)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run through, nothing is stale, and it stays so."""
        self.page.wait_for_function(QUIET)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step of a walk: needs the steps before it, and is checked at its end."""
        assert not self.unfinished, f"“{self.unfinished}” was not finished"
        self.unfinished = name
        yield
        self.settle()
        self.check()
        self.check_access()
        self.unfinished = ""

    def turn_to(self, title: str) -> None:
        """Go to a page by the navigation at the side."""
        self.page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        self.settle()

    def check(self) -> None:
        """Fail on an exception box, a console error, text wider than the window or a cut table."""
        boxes = self.page.get_by_test_id("stException").all_inner_texts()
        assert not boxes, boxes
        assert self.page.get_by_text(UNFORESEEN).count() == 0, self.page.inner_text("body")
        assert not self.problems, self.problems
        overflow = self.page.evaluate(
            """() => Math.max(...[
                document.documentElement, document.querySelector('[data-testid=stMain]'),
            ].map(one => one.scrollWidth - one.clientWidth))"""
        )
        assert overflow <= 1, f"the page is {overflow} px wider than the window"
        cut = self.page.evaluate(
            """() => [...document.querySelectorAll('[data-testid=stTable]')].filter(table =>
                [table, ...table.querySelectorAll('div, table')].some(
                    one => one.clientWidth && one.scrollWidth > one.clientWidth + 1
            )).map(table => table.innerText)"""
        )
        assert not cut, f"cut at the right: {cut}"

    def check_access(self, *, colours_only: bool = False) -> None:
        """Fail on what keeps somebody out who reads with a screen reader, a keyboard or poor
        sight, as far as axe-core finds it by itself."""
        self.page.wait_for_function(STILL)
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate(
            "options => axe.run(document, options)", COLOURS if colours_only else AXE
        )
        barriers = [
            f"{rule['id']} ({rule['help']}): {node['html'][:300]} {_why(node)}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
        assert not barriers, "\n".join([self.page.url, *barriers])


def _why(node: dict[str, list[dict[str, str]]]) -> str:
    return "; ".join(one["message"] for kind in ("any", "all", "none") for one in node[kind])


def loaded(picture: Locator) -> str:
    """Wait until a picture has arrived and is not empty; returns its address."""
    expect(picture).to_be_visible()
    until("the picture has loaded", lambda: picture.evaluate("one => one.naturalWidth > 0"))
    return picture.get_attribute("src") or ""
