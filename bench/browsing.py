"""A server in a process of its own and a browser before it; what ``server`` and ``interaction``
share. Playwright and chromium are needed for the browser."""

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

from core.workspace import ENVIRONMENT_VARIABLE

PATIENCE = 120.0  # seconds
DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && document.querySelector('[data-testid=stHeading]')
        && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]');
}"""


def there_is_a_browser() -> bool:
    return bool(chromium() and find_spec("playwright"))


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def opened() -> Iterator[Any]:
    """Chromium, which is closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def draw(page: Any, address: str) -> None:
    """Go to ``address``; returns when the page has been drawn."""
    page.goto(address)
    page.wait_for_function(DRAWN)


def answered(address: str) -> None:
    """Returns when the server does; raises RuntimeError when it never does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(requests.RequestException):
            if requests.get(f"{address}/_stcore/health", timeout=2).ok:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server at {address} does not answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(
    app: Path, data: Path, port: int, log: Path = Path(os.devnull)
) -> Iterator[tuple[psutil.Process, str, float]]:
    """A server of ``app``: its process, its address, and the moment before it was started. What it
    says goes to ``log``.

    (The system's own start time of a process is derived from its boot time in whole seconds.)
    """
    settings = {
        "server.port": str(port),
        # What our own .streamlit/config.toml says, for an app that has none.
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    began = time.monotonic()
    with log.open("ab") as told, subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(app),
         *(f"--{name}={value}" for name, value in settings.items())],
        cwd=app.parent,
        env={**os.environ, ENVIRONMENT_VARIABLE: str(data)},
        stdout=told,
        stderr=told,
    ) as process:  # fmt: skip
        try:
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}", began
        finally:
            process.kill()
