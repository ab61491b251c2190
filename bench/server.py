"""from the start of the server's process to its first page, and what it holds

First page: the server is started, a browser that is already open asks until it answers, and the
Home's script has run through and is drawn. A browser that was never here before fetches
Streamlit's own files; it prefers light, and is shown dark (docs/adr/0006-themes.md).
The empty app is one title, started and drawn in the same way: nothing built on Streamlit is
sooner there. Memory: the server's process after a walk over all pages, twice, with a trained run
to show on them. Playwright and chromium are needed; without them only the time to the first
answer and the memory after it are told, and the table says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.browsing import PATIENCE, answered, draw, free_port, opened, server, there_is_a_browser
from bench.report import head, memory, row, spread
from bench.settings import Settings
from core.datasets.phantom import ensure_phantoms
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import preset
from core.models.registry import BASELINE
from core.runs.launcher import launch, wait
from core.specs import RunSpec
from core.store import RunState, open_store
from core.workspace import PROJECT_ROOT, open_workspace

APP = PROJECT_ROOT / "app.py"
EMPTY = 'import streamlit as st\n\nst.title("x")\n'
PAGES = sorted(path.stem for path in (PROJECT_ROOT / "pages").glob("[!_]*.py"))
HOME = "home"  # its address is the server's own


@dataclass
class _Figures:
    """Seconds from the start of a process, and bytes held; one value a turn."""

    new: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)


def table(settings: Settings, folder: Path) -> Iterator[str]:
    data = folder / "data"
    _prepare(data)
    yield head("what", "figure")
    if there_is_a_browser():
        (folder / "empty").mkdir()
        empty = folder / "empty" / "app.py"
        empty.write_text(EMPTY)
        found = _in_a_browser(data, empty, settings.repeats)
        yield row("start to the first page, in a browser that was here before",
                  spread(found.known, "s", 2))  # fmt: skip
        yield row("the same, in a browser that never was", spread(found.new, "s", 2))
        yield row("for comparison: an empty Streamlit app, in a browser that never was there",
                  spread(found.empty, "s", 2))  # fmt: skip
        yield row("memory after a walk over all pages, twice", _held(found.held))
    else:
        found = _without_a_browser(data, settings.repeats)
        yield row("start to the first answer (no browser here: no page was drawn)",
                  spread(found.new, "s", 2))  # fmt: skip
        yield row("memory then, before any page", _held(found.held))


def _prepare(data: Path) -> None:
    """The films of a first start, and a run, so that no page is an empty one."""
    store = open_store(open_workspace(data))
    ensure_phantoms(store)
    spec = preset("recommended", store.catalogue, "phantoms", 0).changed(image_size=32)
    save_dataset(store, plan(store.catalogue.frame(), spec))
    run = wait(
        store, launch(store, RunSpec(dataset="phantoms", model=BASELINE.name, epochs=1)).run_id
    )
    assert run.state == RunState.DONE, run.reason


def _held(counts: list[int]) -> str:
    return f"{memory(min(counts))}–{memory(max(counts))}"


def _in_a_browser(data: Path, empty: Path, repeats: int) -> _Figures:
    found = _Figures()
    with opened() as browser:
        for _ in range(repeats):
            page = _new_page(browser)
            port = free_port()  # the same one twice: a browser knows an app by its address
            with server(APP, data, port) as (_, address, began):
                found.new.append(_first_page(page, address, began))
            with server(APP, data, port) as (process, address, began):
                found.known.append(_first_page(page, address, began))
                for name in PAGES * 2:
                    draw(page, f"{address}/{'' if name == HOME else name}")
                found.held.append(process.memory_info().rss)
            page.context.close()
            page = _new_page(browser)
            with server(empty, data, free_port()) as (_, address, began):
                found.empty.append(_first_page(page, address, began))
            page.context.close()
    return found


def _new_page(browser: Any) -> Any:
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE * 1000)
    return page


def _first_page(page: Any, address: str, began: float) -> float:
    # Away from the last server: the page would connect to this one of its own accord.
    page.goto("about:blank")
    answered(address)
    draw(page, address)
    return time.monotonic() - began


def _without_a_browser(data: Path, repeats: int) -> _Figures:
    found = _Figures()
    for _ in range(repeats):
        with server(APP, data, free_port()) as (process, address, began):
            answered(address)
            found.new.append(time.monotonic() - began)
            found.held.append(process.memory_info().rss)
    return found
