"""from a click to a page that has settled, in a browser

On the study's data set with a finished CNN and a finished frozen network beside it. A click is
timed inside the page, from the event to the last change of what is drawn: an element that is put
in, taken out or rewritten, a picture that arrives, the script of the page still at work. After
600 ms without any the page has settled. The first time of each is not counted: it loads what
later ones find.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.browsing import PATIENCE, answered, draw, free_port, opened, server, there_is_a_browser
from bench.films import DATASET, study_films
from bench.report import head, row, spread
from bench.settings import Settings
from core.models.registry import BASELINE
from core.runs.launcher import launch, wait
from core.specs import RunSpec
from core.store import RunState, open_store
from core.workspace import PROJECT_ROOT, open_workspace

APP = PROJECT_ROOT / "app.py"
FROZEN = "efficientnetlite0"
WIDE = {"width": 1440, "height": 900}
QUIET_MS = 600
ANSWER = ".st-key-classify_answer [class*=st-key-answer_of_] h3"
MATRIX = "[class*=st-key-compare_matrix_] .nsewdrag"
RUNS, VIEW = "Finished runs", "View"
WATCH = """() => {
    const watch = window.interactionWatch = { began: null, last: 0 };
    const changed = () => { watch.last = performance.now(); };
    new MutationObserver(changed).observe(document, {
        subtree: true, childList: true, characterData: true,
        attributes: true,
        attributeFilter: ['src', 'href', 'd', 'transform', 'data-stale', 'data-test-script-state'],
    });
    document.addEventListener('load', changed, true);
    const begin = () => { watch.began ??= watch.last = performance.now(); };
    for (const name of ['pointerdown', 'keydown']) document.addEventListener(name, begin, true);
}"""
FILM = """() => {
    const shown = document.querySelector('.st-key-classify_answer h2');
    window.interactionWatch.film = shown.textContent;
}"""
SETTLED = f"""() => {{
    const watch = window.interactionWatch;
    if (watch.began === null || performance.now() - watch.last < {QUIET_MS}) return null;
    const app = document.querySelector('[data-testid=stApp]');
    if (app?.getAttribute('data-test-script-state') !== 'notRunning'
        || document.querySelector('[data-testid=stSkeleton], [data-stale=true]')) return null;
    // Of Classify: the answer to another film than the one before, and not that it is asked for.
    const film = document.querySelector('.st-key-classify_answer h2')?.textContent;
    if (watch.film && (film === watch.film || !document.querySelector({ANSWER!r}))) return null;
    return {{ ms: watch.last - watch.began }};
}}"""

# Moves something in the open viewer once a frame; returns the milliseconds from frame to frame.
FRAMES = """async (what) => {
    const stage = [...document.querySelectorAll('.viewer-root canvas, [role=application] canvas')]
        .at(-1) ?? deep(document);
    function deep(root) {
        for (const one of root.querySelectorAll('*')) {
            const found = one.shadowRoot
                && (one.shadowRoot.querySelector('canvas') ?? deep(one.shadowRoot));
            if (found) return found;
        }
        return null;
    }
    const box = stage.getBoundingClientRect();
    const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
    const send = (type, kind, more) => stage.dispatchEvent(new kind(type, {
        bubbles: true, composed: true, cancelable: true, pointerId: 1, pointerType: 'mouse',
        ...at, ...more,
    }));
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const acts = {
        zoom: (k) => send('wheel', WheelEvent, { deltaY: k % 40 < 20 ? -60 : 60 }),
        window: (k) => send('pointermove', PointerEvent, {
            clientX: at.clientX + 80 * Math.sin(k / 9), clientY: at.clientY + 80 * Math.cos(k / 7),
        }),
    };
    if (what === 'window') {
        stage.setPointerCapture = () => {};
        send('pointerdown', PointerEvent, { button: 2 });
    }
    const each = [];
    let before = await frame();
    for (let k = 0; k < 120; k += 1) {
        acts[what](k);
        const now = await frame();
        each.push(now - before);
        before = now;
    }
    if (what === 'window') send('pointerup', PointerEvent, {});
    return each;
}"""


@dataclass(frozen=True)
class Action:
    """What somebody does on ``page``: ``prepare`` brings it to where it can be done, ``turns``
    do it, one after the other and over again; ``wanted`` seconds."""

    title: str
    wanted: float
    page: str
    prepare: Callable[[Any], None]
    turns: Sequence[Callable[[Any], None]]


def table(settings: Settings, folder: Path) -> Iterator[str]:
    if not there_is_a_browser():
        yield "No browser here (Playwright and chromium are needed): nothing was timed."
        return
    data = folder / "data"
    films = study_films(data, folder / "tree", phantoms=settings.phantoms, size=settings.image_size)
    runs = _train(data, settings)
    yield f"{films}\n"
    yield head("what", "click to settled", "wanted")
    with opened() as browser, server(APP, data, free_port()) as (_, address, _):
        answered(address)
        page = browser.new_context(viewport=WIDE).new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.add_init_script(f"({WATCH})()")
        for name, found in page_changes(page, address, settings.clicks):
            yield row(name, spread(found, "s", 2), "0.60 s")
        for action in _actions(runs):
            draw(page, f"{address}/{action.page}")
            action.prepare(page)
            settle(page)
            each = [
                timed(page, turn)
                for turn, _ in zip(
                    itertools.cycle(action.turns), range(settings.clicks + 1), strict=False
                )
            ]
            yield row(action.title, spread(each[1:], "s", 2), f"{action.wanted:.2f} s")
        for what, seconds in _frames(page, address, runs[0]):
            yield row(
                f"Film viewer: {what}, a frame", spread(seconds, "ms", 1), "one of 60 a second"
            )


def _frames(page: Any, address: str, run: str) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds from frame to frame while a film is moved in the viewer; 5 of 100 at both
    ends are left out."""
    draw(page, f"{address}/compare?runs={run}")
    page.locator(".st-key-compare_strip").get_by_role("button").first.click()
    page.get_by_role("dialog").get_by_role("application").first.wait_for()
    page.wait_for_timeout(3000)
    for what in ("zoom", "window"):  # a wheel, and a right drag
        each = sorted(page.evaluate(FRAMES, what))
        yield what, each[len(each) // 20 : -len(each) // 20]


def _train(data: Path, settings: Settings) -> list[str]:
    store = open_store(open_workspace(data))
    ids = []
    for model, epochs in ((BASELINE.name, 1), (FROZEN, settings.epochs)):
        run = wait(
            store, launch(store, RunSpec(dataset=DATASET, model=model, epochs=epochs)).run_id
        )
        assert run.state == RunState.DONE, run.reason
        ids.append(run.run_id)
    return ids


def page_changes(page: Any, address: str, times: int) -> Iterator[tuple[str, list[float]]]:
    """All pages in the navigation, in turn: first of them all, then of each."""
    draw(page, address)
    settle(page)
    links = page.get_by_test_id("stSidebar").get_by_role("link")
    names = [name.strip() for name in links.all_inner_texts()]
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(times + 1):
        for place in [*range(1, len(names)), 0]:
            seconds = timed(page, partial(_follow, links, place))
            if turn:
                found[names[place]].append(seconds)
    yield "another page", [one for each in found.values() for one in each]
    for name, each in found.items():
        yield f"– {name.splitlines()[-1]}", each


def _follow(links: Any, place: int, _: Any) -> None:
    links.nth(place).click()


def timed(page: Any, act: Callable[[Any], None]) -> float:
    """Seconds from the click or key in ``act`` to the last change that came of it."""
    _begin(page)
    act(page)
    found = page.wait_for_function(SETTLED)
    return float(found.json_value()["ms"]) / 1000


def settle(page: Any) -> None:
    page.evaluate("() => { window.interactionWatch.began = performance.now(); }")
    page.wait_for_function(SETTLED)


def _actions(runs: Sequence[str]) -> list[Action]:
    both = f"compare?runs={','.join(runs)}"
    return [
        Action(
            "Compare: a threshold's step",
            0.3,
            both,
            lambda page: _radio(page, "A threshold"),
            [lambda page: page.get_by_role("slider").first.press("ArrowRight")],
        ),
        Action(
            "Compare: a cell of a matrix",
            0.4,
            both,
            _matrix,
            [_cell(0.25, 0.25), _cell(0.75, 0.75)],
        ),
        Action(
            "Compare: another run",
            1.0,
            f"compare?runs={runs[0]}",
            _nothing,
            [choose(RUNS), drop(RUNS)],
        ),
        Action("Explore: a filter", 0.4, "explore", _nothing, [choose(VIEW), drop(VIEW)]),
        Action(
            "Classify: one film, the network loaded",
            0.5,
            f"classify?run={runs[1]}",
            partial(_classified, 0),
            [partial(_one_more, place) for place in range(1, 11)],
        ),
    ]


def _nothing(page: Any) -> None:
    """The page is as it should be."""


def _classified(place: int, page: Any) -> None:
    """Have the film at ``place`` of those to try answered."""
    page.locator("[class*=st-key-sample_]").get_by_role("button").nth(place).click()
    page.locator(ANSWER).wait_for()


def _one_more(place: int, page: Any) -> None:
    page.get_by_role("button", name="Add films").click()
    film = page.locator("[class*=st-key-sample_]").get_by_role("button").nth(place)
    film.wait_for()
    _begin(page)
    page.evaluate(FILM)
    film.click()


def _radio(page: Any, name: str) -> None:
    page.get_by_role("radio", name=name).click()


def _matrix(page: Any) -> None:
    page.locator(MATRIX).first.scroll_into_view_if_needed()


def _cell(right: float, down: float) -> Callable[[Any], None]:
    def click(page: Any) -> None:
        area = page.locator(MATRIX).first
        box = area.bounding_box()
        area.click(position={"x": right * box["width"], "y": down * box["height"]})

    return click


def _begin(page: Any) -> None:
    """Forget what was clicked until now: the next click or key is the one that is timed."""
    page.evaluate("() => { window.interactionWatch.began = null; }")


def choose(label: str, place: int = 0) -> Callable[[Any], None]:
    """Choose an entry of a multiple choice."""

    def click(page: Any) -> None:
        page.get_by_role("combobox", name=label).click()
        option = page.get_by_role("option").nth(place)
        option.wait_for()
        _begin(page)
        option.click()

    return click


def drop(label: str) -> Callable[[Any], None]:
    """Take back the entry of a multiple choice that was chosen last."""

    def press(page: Any) -> None:
        box = page.get_by_role("combobox", name=label)
        box.click()
        _begin(page)
        box.press("Backspace")

    return press
