"""Ask the network that Home should show about films that it should show, when that has changed.

Takes seconds, and a network: not for a page's own script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.audit.lungs import lung_greys
from core.errors import FilmError, ThoraxLensError
from core.evaluation.predictions import Predictions
from core.images.decode import grey_values, read_imported
from core.models.learnt import learnt_short
from core.models.registry import network_title
from core.prediction.client import FilmResult, PredictionClient
from core.runs.default_run import default_run
from core.runs.files import RunFiles
from core.showcase.kept import MOST, Answered, keep_showcase, kept
from core.starter import first_asked
from core.store import UNFINISHED, Film, Run, RunState, Store

SHOWN = 6  # films
CANDIDATES = 4 * SHOWN  # of each class that are looked up: some may be gone from the catalogue
FRONTAL = ("PA", "AP", "unknown")


@dataclass(frozen=True)
class Wanted:
    """What Home should show. ``truths``: what each of ``films`` is, by film id; may be empty."""

    run: Run
    films: tuple[Film, ...]
    truths: dict[str, str]
    of: str


def renew(store: Store, client: PredictionClient) -> bool:
    """Bring what Home shows up to date; whether it has changed. Nothing while work is under way:
    it would be in its way. Raises ThoraxLensError, OSError."""
    if store.runs.all(UNFINISHED) or store.queue.unfinished():
        return False
    asked = wanted(store)
    shown = kept(store)
    if asked is None or (shown is not None and shown.of == asked.of):
        return False
    contents: list[tuple[Film, bytes]] = []
    for film in asked.films:
        try:
            contents.append((film, read_imported(film.path, film.film_id)))
        except FilmError:  # it has vanished, or another one has taken its place
            continue
    results = client.classify(
        [asked.run.run_id],
        [(Path(film.path).name, data) for film, data in contents],
        every_class=True,
    )
    answered = [
        _answered(film, data, result, asked.truths.get(film.film_id, ""))
        for (film, data), result in zip(contents, results, strict=True)
        if result.probabilities and result.heats and result.gate == "frontal"
    ]
    if not answered:
        return False
    drawn = {one.name for one in store.catalogue.sources() if one.artificial}
    keep_showcase(
        store,
        answered,
        run_id=asked.run.run_id,
        network=called(asked.run),
        of=asked.of,
        artificial=any(one.source in drawn for one in asked.films),
    )
    return True


def called(run: Run) -> str:
    """The run's title, else its network and what that had learnt before."""
    return run.called or f"{network_title(run.spec.model)} ({learnt_short(run.spec)})"


def wanted(store: Store) -> Wanted | None:
    """A person's own starred or best result on its test films; else the starter for people's own
    films, where real ones are here; else the example. None where there is nothing of all that.

    Which films is not chosen by their answers: of each class in turn, in the order of their ids,
    which are as good as drawn by lot.
    """
    done = store.runs.all([RunState.DONE])
    drawn = {one.name for one in store.catalogue.sources() if one.artificial}
    for run in _in_turn(store, done):
        if not RunFiles(store.workspace.run_folder(run.run_id)).weights.is_file():
            continue
        truths, films = _tested(store, run)
        if not films and run.origin.is_from_elsewhere:
            truths, films = _real(store, run, drawn)
        if films:
            return Wanted(run, films, truths, _stands_for(store, run, films))
    return None


def _in_turn(store: Store, done: Sequence[Run]) -> Iterable[Run]:
    own = [run for run in done if run.origin.kind in ("trained", "imported")]
    if (best := default_run(own)) is not None:
        yield best
    by_id = {run.run_id: run for run in done}
    if (starter := first_asked(store, by_id)) is not None:
        yield by_id[starter]
    if (example := default_run([run for run in done if run.origin.kind == "example"])) is not None:
        yield example


def _tested(store: Store, run: Run) -> tuple[dict[str, str], tuple[Film, ...]]:
    """The run's own test films, as far as they are here, with the class of each."""
    try:
        files = RunFiles(store.workspace.run_folder(run.run_id))
        tested = Predictions.load(files.predictions).of("test")
    except ThoraxLensError:
        return {}, ()
    by_class = [
        sorted(tested.film_ids[tested.y_true == index].tolist())[:CANDIDATES]
        for index in range(len(tested.classes))
    ]
    here = {one.film_id: one for ids in by_class for one in store.catalogue.films(ids)}
    rows = [[here[one] for one in ids if one in here] for ids in by_class]
    truths = {
        one.film_id: name for name, films in zip(tested.classes, rows, strict=True) for one in films
    }
    return truths, _by_turns(rows)


def _real(store: Store, run: Run, drawn: set[str]) -> tuple[dict[str, str], tuple[Film, ...]]:
    """Films of the catalogue that are no drawings and that the run has not learnt from, by finding
    in turn. What they are called elsewhere need not be a class of the run's."""
    try:
        files = RunFiles(store.workspace.run_folder(run.run_id))
        seen = set(Predictions.load(files.predictions).film_ids.tolist())
    except ThoraxLensError:
        seen = set()
    frame = store.catalogue.frame()
    frame = frame[
        ~frame["source"].isin(drawn)
        & ~frame["film_id"].isin(seen)
        & frame["view"].astype(str).isin(FRONTAL)
    ]
    rows = []
    for _, part in frame.groupby(frame["finding"].astype(str), sort=True):
        ids = sorted(part["film_id"].tolist())[:CANDIDATES]
        rows.append([one for one in store.catalogue.films(ids) if not one.set_apart])
    films = _by_turns(rows)
    return {one.film_id: one.finding for one in films if one.finding != "unknown"}, films


def _by_turns(rows: Sequence[Sequence[Film]]) -> tuple[Film, ...]:
    turns = [row[at] for at in range(SHOWN) for row in rows if at < len(row)]
    return tuple(turns[:SHOWN])


def _stands_for(store: Store, run: Run, films: Sequence[Film]) -> str:
    """Changes when the answers would."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    changed = [
        one.stat().st_mtime_ns if one.is_file() else 0
        for one in (files.weights, files.operating_point)
    ]
    return " ".join(map(str, (run.run_id, called(run), *changed, *(one.film_id for one in films))))


def _answered(film: Film, data: bytes, result: FilmResult, truth: str) -> Answered:
    greys = grey_values(data, Path(film.path).name, MOST)
    return Answered(
        film=greys,
        lungs=lung_greys(greys),
        truth=truth,
        answer=result.answer,
        probabilities=dict(result.probabilities),
        heat_class=result.heat_class or "",
        heats={name: np.asarray(heat) for name, heat in result.heats.items()},
        blank=dict(result.blank),
        film_id=film.film_id,
    )
