"""from the start of the server's process to its first page, and what it holds

First page: the server is started, a browser that is already open asks until it answers, and the
Overview's script has run through and is drawn. Memory: the server's process after a walk over
all pages, twice. Playwright and chromium are needed; without them only the time to the first
answer and the memory after it are told, and the table says so.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import requests

from bench.report import head, memory, row, spread
from bench.settings import Settings
from core.datasets.phantom import ensure_phantoms
from core.store import open_store
from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT, open_workspace

PAGES = ("", "explore", "prepare", "train", "compare", "classify")
PATIENCE = 120.0
DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && document.querySelector('[data-testid=stHeading]')
        && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]');
}"""


def table(settings: Settings, folder: Path) -> Iterator[str]:
    data = folder / "data"
    ensure_phantoms(open_store(open_workspace(data)))
    yield head("what", "figure")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium and find_spec("playwright"):
        first, held = _in_a_browser(data, chromium, settings.repeats)
        yield row("start to the first page drawn in a browser", spread(first, "s"))
        yield row("memory after a walk over all pages, twice", _held(held))
    else:
        first, held = _without_a_browser(data, settings.repeats)
        yield row("start to the first answer (no browser here: no page was drawn)",
                  spread(first, "s"))  # fmt: skip
        yield row("memory then, before any page", _held(held))


def _held(counts: list[int]) -> str:
    return f"{memory(min(counts))}–{memory(max(counts))}"


def _in_a_browser(data: Path, chromium: str, repeats: int) -> tuple[list[float], list[int]]:
    from playwright.sync_api import sync_playwright

    first, held = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(repeats):
            page = browser.new_context().new_page()
            page.set_default_timeout(PATIENCE * 1000)
            with _server(data) as (process, address):
                began = process.create_time()
                _await(address)
                _draw(page, address)
                first.append(time.time() - began)
                for name in PAGES * 2:
                    _draw(page, f"{address}/{name}")
                held.append(process.memory_info().rss)
            page.context.close()
        browser.close()
    return first, held


def _without_a_browser(data: Path, repeats: int) -> tuple[list[float], list[int]]:
    first, held = [], []
    for _ in range(repeats):
        with _server(data) as (process, address):
            _await(address)
            first.append(time.time() - process.create_time())
            held.append(process.memory_info().rss)
    return first, held


def _draw(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_function(DRAWN)


def _await(address: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(requests.RequestException):
            if requests.get(f"{address}/_stcore/health", timeout=2).ok:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server at {address} does not answer")


@contextmanager
def _server(data: Path) -> Iterator[tuple[psutil.Process, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=PROJECT_ROOT,
        env={**os.environ, ENVIRONMENT_VARIABLE: str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
        finally:
            process.kill()
