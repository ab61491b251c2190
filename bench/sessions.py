"""twenty people at once: page changes, errors and the server's memory while a training goes on

Each session is a window of its own (a browser context, all in one chromium), which goes from page
to page by the navigation at the side, and every fifth time by address, as a reload does; it stays
on each for a time drawn around ``--session-pause``. A page change is timed inside the page, from
the click until the page is drawn and stays so for 400 ms, which do not count. Memory is the
server's own, taken each second: what it has more, at most, after two minutes than it had then; page
changes are told for all of the time, and for that after two minutes, when all have come.
chromium, the training and the server share the machine's cores. With ``--no-browsers`` the
sessions are viewers without a browser (``bench.viewers``): the server's part alone.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.browsing import PATIENCE, answered, chromium, free_port, server, there_is_a_browser
from bench.report import head, p95, row
from bench.settings import Settings
from bench.viewers import Viewer, load
from core.datasets.phantom import ensure_phantoms
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import preset
from core.models.registry import BASELINE
from core.runs.launcher import launch, stop, wait
from core.specs import RunSpec
from core.store import ACTIVE, RunState, Store, open_store
from core.text import percent
from core.workspace import PROJECT_ROOT, open_workspace

APP = PROJECT_ROOT / "app.py"
# In the navigation → in the address.
PAGES = {
    "Home": "", "Explore": "explore", "Prepare": "prepare", "Train": "train", "Results": "results",
    "Compare": "compare", "One run": "run", "Classify": "classify",
    "Cheating demo": "demonstration", "Machines": "machines", "History": "history",
}  # fmt: skip
RELOADS = 5  # of so many page changes one is by address
SETTLED_AFTER = 120.0  # seconds, from when on memory is to stay as it is
GROWTH, CHANGE = 0.15, 2.0  # what is wanted: of memory, and seconds at p95
UNFORESEEN = "Something went wrong that we did not foresee"

# A page is drawn; what is wrong on it.
DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return Boolean(app && app.getAttribute('data-test-script-state') === 'notRunning'
        && app.getAttribute('data-test-connection-state') === 'CONNECTED'
        && document.querySelector('[data-testid=stHeading]')
        && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]'));
}"""
BOXES = f"""() => document.querySelectorAll('[data-testid=stException]').length
    + Number(document.body.innerText.includes({UNFORESEEN!r}))"""
# Clicks a link of the navigation; milliseconds until the page is drawn, null when it never is.
TURN = f"""async ([title, patience]) => {{
    const drawn = {DRAWN};
    const link = [...document.querySelectorAll('[data-testid=stSidebarNavLink]')]
        .find((one) => one.textContent.includes(title));
    const begun = performance.now();
    link.click();
    let since = null;
    while (performance.now() - begun < patience) {{
        await new Promise((done) => setTimeout(done, 25));
        if (location.pathname !== new URL(link.href).pathname || !drawn()) since = null;
        else if (since === null) since = performance.now();
        else if (performance.now() - since > 400) return since - begun;
    }}
    return null;
}}"""


@dataclass
class _Seen:
    """Each page change: seconds since ``began``, the page, and seconds that it took; what went
    wrong, in words; seconds since ``began`` and bytes of the server's memory."""

    began: float = field(default_factory=time.monotonic)
    changes: list[tuple[float, str, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)

    def changed(self, page: str, took: float) -> None:
        self.changes.append((time.monotonic() - self.began, page, took))


def table(settings: Settings, folder: Path) -> Iterator[str]:
    data, log = folder / "data", folder / "server.log"
    store = open_store(open_workspace(data))
    training = _prepare(store)
    try:
        with server(APP, data, free_port(), log) as (process, address, _):
            answered(address)
            browsers = settings.session_browsers and there_is_a_browser()
            how = _in_browsers if browsers else _without
            seen = asyncio.run(how(settings, process, address))
        still = store.runs.get(training).state in ACTIVE
    finally:
        stop(store, training)
        wait(store, training)
    yield from _rows(settings, seen, log.read_text(encoding="utf-8", errors="replace"), still)


def _prepare(store: Store) -> str:
    """Something to show on each page, and a training that outlasts the measurement; its id."""
    ensure_phantoms(store)
    spec = preset("recommended", store.catalogue, "phantoms", 0).changed(image_size=96)
    save_dataset(store, plan(store.catalogue.frame(), spec))
    short = RunSpec(dataset="phantoms", model=BASELINE.name, epochs=1)
    run = wait(store, launch(store, short).run_id)
    assert run.state == RunState.DONE, run.reason
    return launch(store, short.changed(epochs=1000)).run_id


async def _in_browsers(settings: Settings, process: psutil.Process, address: str) -> _Seen:
    from playwright.async_api import async_playwright

    seen = _Seen()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        seen.began = time.monotonic()
        until = seen.began + settings.session_minutes * 60
        watch = asyncio.create_task(_watch(process, seen))
        await asyncio.gather(
            *(
                _session(browser, address, number, settings, until, seen)
                for number in range(settings.sessions)
            )
        )
        watch.cancel()
        await browser.close()
    return seen


async def _without(settings: Settings, process: psutil.Process, address: str) -> _Seen:
    load()
    seen = _Seen()
    until = seen.began + settings.session_minutes * 60
    watch = asyncio.create_task(_watch(process, seen))
    await asyncio.gather(
        *(_viewer(address, number, settings, until, seen) for number in range(settings.sessions))
    )
    watch.cancel()
    return seen


async def _viewer(address: str, number: int, settings: Settings, until: float, seen: _Seen) -> None:
    """As ``_session``, without a browser: every fifth time it connects anew."""
    chance = random.Random(number)
    await asyncio.sleep(_arrival(chance, settings))
    turn = number
    at = "Home"
    while time.monotonic() < until:
        async with Viewer(address, seen.wrong, UNFORESEEN) as viewer:
            while time.monotonic() < until:
                took = await viewer.turn_to(PAGES[at])
                if took is None:
                    seen.wrong.append(f"{at} was not ready within {PATIENCE:.0f} s")
                else:
                    seen.changed(at, took)
                await asyncio.sleep(settings.session_pause * chance.uniform(0.5, 1.5))
                at = chance.choice([one for one in PAGES if one != at])
                turn += 1
                if turn % RELOADS == 0:
                    break


async def _watch(process: psutil.Process, seen: _Seen) -> None:
    while True:
        seen.memory.append((time.monotonic() - seen.began, process.memory_info().rss))
        await asyncio.sleep(1.0)


async def _session(
    browser: Any, address: str, number: int, settings: Settings, until: float, seen: _Seen
) -> None:
    """One window from its opening to the end; seeded by its number."""
    chance = random.Random(number)
    await asyncio.sleep(_arrival(chance, settings))
    context = await browser.new_context(
        viewport={"width": 1024, "height": 768}, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.on("pageerror", lambda error: seen.wrong.append(f"in the browser: {error}"))
    at = "Home"
    await _by_address(page, address, seen)
    turn = number  # each begins elsewhere
    while time.monotonic() < until:
        await asyncio.sleep(settings.session_pause * chance.uniform(0.5, 1.5))
        turn += 1
        if turn % RELOADS == 0:
            await _by_address(page, page.url, seen)
            continue
        at = chance.choice([one for one in PAGES if one != at])
        took = await page.evaluate(TURN, [at, PATIENCE * 1000])
        if took is None:
            seen.wrong.append(f"{at} was not drawn within {PATIENCE:.0f} s")
        else:
            seen.changed(at, took / 1000)
        if boxes := await page.evaluate(BOXES):
            seen.wrong.append(f"{boxes} error boxes on {at}")
    await context.close()


def _arrival(chance: random.Random, settings: Settings) -> float:
    """Not all at the same moment: a class comes in within half a minute."""
    return chance.uniform(0, min(30.0, settings.session_minutes * 6))


async def _by_address(page: Any, address: str, seen: _Seen) -> None:
    """As a reload does: a new session of the server, and a while later the old one goes."""
    await page.goto(address)
    await page.wait_for_function(DRAWN)
    if boxes := await page.evaluate(BOXES):
        seen.wrong.append(f"{boxes} error boxes at {address}")


def _rows(settings: Settings, seen: _Seen, log: str, still: bool) -> Iterator[str]:
    exceptions = log.count("Traceback (most recent call last)")
    minutes = f"{settings.session_minutes:g} min"
    yield f"{settings.sessions} sessions for {minutes}, {settings.session_pause:g} s on a page.\n"
    yield head("what", "figure", "wanted")
    settled = _settled(seen)
    yield from _changes("page changes", seen.changes)
    later = [one for one in seen.changes if one[0] >= settled]
    yield from _changes(f"page changes after {settled:.0f} s, when all are there", later)
    yield row("error boxes, errors in browsers", str(len(seen.wrong)), "0")
    yield row("exceptions in the server's log", str(exceptions), "0")
    before = [held for at, held in seen.memory if at <= settled]
    after = [held for at, held in seen.memory if at >= settled]
    mib = [f"{held / 2**20:,.0f} MiB" for held in (before[-1], after[-1], max(after))]
    yield row("the server's memory, settled", mib[0], "")
    yield row("… at the end", mib[1], "")
    grown = max(after) / before[-1] - 1
    yield row("… at most", f"{mib[2]} ({percent(max(grown, 0.0))} more)", percent(GROWTH))
    yield row("the training was under way to the end", "yes" if still else "no", "yes")
    for each in sorted(set(seen.wrong)):
        yield f"\n- {each}"
    if exceptions:
        yield f"\n```\n{log[log.index('Traceback') :][:4000]}\n```"


def _changes(called: str, changes: Sequence[tuple[float, str, float]]) -> Iterator[str]:
    seconds = [took for _, _, took in changes]
    yield row(called, f"{len(seconds):,}", "")
    if seconds:
        yield row("… in the middle", f"{statistics.median(seconds):.2f} s", "")
        yield row("… 95 of 100 within", f"{p95(seconds):.2f} s", f"{CHANGE:.2f} s")
        _, page, took = max(changes, key=lambda one: one[2])
        yield row("… the slowest", f"{took:.2f} s ({page})", "")


def _settled(seen: _Seen) -> float:
    """Seconds after which memory is to stay as it is: two minutes, or half of a shorter time."""
    return min(SETTLED_AFTER, seen.memory[-1][0] / 2)
