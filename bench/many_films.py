"""what each step costs with 1,000, 10,000 and 112,120 films, killed in the middle and gone on with

Phantoms of 96 pixels, each moved, turned and lit anew (``--films`` says how many). Import, prepare
(decoding included), a map of the films, EfficientNetLite0's features and a head on them for 5
epochs, another head on the same features, an audit, and pages in a browser. All processes are
killed (SIGKILL) in the middle of each step, by the time that a film took with the number before,
and the same is asked for again: the smallest number is never killed. Memory: what the largest
process of each kind holds for itself, looked at twice a second; files that are mapped are left
out, for the system takes them back when it needs the room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.browsing import PATIENCE, answered, draw, free_port, opened, server, there_is_a_browser
from bench.films import CLASSES, DATASET, changed_phantoms
from bench.holding import Cost, run_command, together
from bench.interaction import APP, WATCH, WIDE, choose, drop, page_changes, settle, timed
from bench.report import head, row
from bench.settings import Settings
from core.film_map.document import MOST
from core.store import open_store
from core.workspace import open_workspace

SIZE, EPOCHS, NETWORK = 96, 5, "efficientnetlite0"
HEAD = ("--epochs", str(EPOCHS), "--no-augment")
KINDS = ("command", "decoder", "dispatcher", "worker", "prediction", "server")


def table(settings: Settings, folder: Path) -> Iterator[str]:
    kept = Path(settings.films_folder) if settings.films_folder else folder
    yield head(
        "films", "step", "seconds", "films a second", "killed after, rest took",
        "memory, most (at the end), MiB",
    )  # fmt: skip
    seconds_a_film: dict[str, float] = {}
    for count in sorted(settings.films):
        films, data = kept / f"films {count}", kept / f"data {count}"
        changed_phantoms(films, count, SIZE)
        for step, cost, done in _steps(data, films, count, seconds_a_film):
            yield _line(count, step, cost, done)
        for line in _pages(data, settings):
            yield row(f"{count:,}", *line)
        audit = ("audit", _newest(data))
        yield _line(count, "audit", _step(data, "audit", count, seconds_a_film, audit), count)


def _line(count: int, step: str, cost: Cost, done: int) -> str:
    rate = f"{done / cost.seconds:,.0f}"
    return row(f"{count:,}", step, f"{cost.seconds:,.1f}", rate, _killed(cost), _memory(cost))


def _step(
    data: Path,
    name: str,
    done: int,
    before: dict[str, float],
    asked: tuple[str, ...],
    again: Callable[[], tuple[str, ...]] | None = None,
) -> Cost:
    """What a command costs that sees so many films. Where ``before`` says what one took, all is
    killed at half of that, and ``again``, or the same, goes on."""
    cost = run_command(data, *asked, kill_after=before.get(name, 0.0) * done / 2)
    if cost.killed:
        cost = together(cost, run_command(data, *(again() if again else asked)))
    before[name] = cost.seconds / done
    return cost


def _steps(
    data: Path, films: Path, count: int, before: dict[str, float]
) -> Iterator[tuple[str, Cost, int]]:
    """Each step with what it cost and how many films it saw; ``before``: seconds a film of each
    step with the last number, 0 of them for the first; brought up to date."""
    imported = ("import", str(films))
    yield "import", _step(data, "import", count, before, imported), count
    positive, negative = CLASSES.values()
    prepared = ("prepare", DATASET, "--positive", positive, "--negative", negative,
                "--image-size", str(SIZE))  # fmt: skip
    yield "prepare", _step(data, "prepare", count, before, prepared), count

    def resumed() -> tuple[str, ...]:
        return "resume", _newest(data)

    train = ("train", DATASET, "--model", NETWORK, *HEAD)
    cost = _step(data, "features and head", count, before, train, resumed)
    yield f"features and head ({_parts(cost)})", cost, count
    other = (*train, "--learning-rate", "0.002")
    cost = _step(data, "another head", count, before, other, resumed)
    yield f"another head ({_parts(cost)})", cost, count
    on_map = min(count, MOST)
    yield f"map of {on_map:,}", _step(data, "map", on_map, before, ("map",)), on_map


def _newest(data: Path) -> str:
    runs = open_store(open_workspace(data)).runs.all()
    return max(runs, key=lambda one: one.created_at).run_id


def _parts(cost: Cost) -> str:
    told = cost.answer["seconds"]
    return ", ".join(f"{part} {told[part]:,.0f} s" for part in ("features", "train", "evaluate"))


def _killed(cost: Cost) -> str:
    return f"{cost.killed:,.0f} s, {cost.rest:,.0f} s" if cost.killed else "–"


def _memory(cost: Cost) -> str:
    return ", ".join(
        f"{kind} {cost.held[kind].peak / 2**20:,.0f} ({cost.held[kind].end / 2**20:,.0f})"
        for kind in KINDS
        if kind in cost.held
    )


def _pages(data: Path, settings: Settings) -> Iterator[tuple[str, ...]]:
    """Clicks in a browser, and what server and prediction hold after them."""
    if not there_is_a_browser():
        yield "no browser here", "–", "–", "–", "–"
        return
    cost = Cost()
    with opened() as browser, server(APP, data, free_port()) as (process, address, _):
        answered(address)
        page = browser.new_context(viewport=WIDE).new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.add_init_script(f"({WATCH})()")
        for name, found in page_changes(page, address, settings.clicks):
            yield f"page: {name}", _spread(found), "–", "–", "–"
        draw(page, f"{address}/explore")
        settle(page)
        turns = (choose("Finding"), drop("Finding"))
        found = [timed(page, turns[turn % 2]) for turn in range(settings.clicks + 1)][1:]
        yield "page: Explore, a filter", _spread(found), "–", "–", "–"
        cost.look([process, *process.children(recursive=True)])
        yield "pages: after all of them", "–", "–", "–", _memory(cost)


def _spread(found: list[float]) -> str:
    middle = sorted(found)[len(found) // 2]
    return f"{middle:.2f} ({min(found):.2f}–{max(found):.2f})"
