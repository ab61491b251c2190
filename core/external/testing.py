"""Classify a source's films with a finished run, and hold what comes out against its own test."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import FilmError, InputError, ThoraxLensError
from core.evaluation.bootstrap import patients_of
from core.evaluation.decision import Decision
from core.evaluation.predictions import Predictions
from core.external.films import ExternalFilms, choose_films, finding_texts
from core.external.report import (
    Comparison,
    FindingRow,
    answers_by_finding,
    compare_sides,
    judge_side,
)
from core.external.result_file import (
    ExternalResult,
    folder_of,
    hash_of,
    load_result,
    result_file,
    save_result,
)
from core.images.decode import read_imported
from core.people.asking import asks
from core.people.roles import Deed
from core.prediction.client import PredictionClient
from core.progress import Progress
from core.runs import results
from core.runs.files import RunFiles
from core.runs.jobs import Job
from core.runs.kinds import EXTERNAL_TEST
from core.runs.learnt_films import dataset_of, patients_by_film
from core.runs.results import Ground, StoredResult
from core.store import Catalogue, Run, Store

SPLIT = "external"
AT_ONCE = 32  # films in memory, and a batch of the worker that classifies

# (films done, films in all)


def external_job(store: Store, run_id: str, source: str) -> Job:
    """The job that tests a run on a source; it may never have been started."""
    return Job(store, EXTERNAL_TEST, folder_of(store.workspace, run_id, source))


@asks(Deed.JUDGE)
def start_external(store: Store, run_id: str, source: str) -> Job:
    """Test in a process of its own; a test that is under way goes on. Raises InputError."""
    job = external_job(store, run_id, source)
    job.start(run=run_id, source=source)
    store.deeds.note(f"started the external test of run {run_id} on “{source}”")
    return job


def internal_predictions(store: Store, run: Run) -> Predictions:
    """What the run said about its own films, all splits. Raises NotFoundError, InputError."""
    return Predictions.load(RunFiles(store.workspace.run_folder(run.run_id)).predictions)


def films_for(
    store: Store, run: Run, source: str, frame: pd.DataFrame | None = None
) -> ExternalFilms:
    """What a test of ``run`` on ``source`` would take; raises what ``choose_films`` raises, and
    NotFoundError when the run's data set was deleted. ``frame``: the catalogue's, if at hand."""
    artificial = [one.name for one in store.catalogue.sources() if one.artificial]
    return choose_films(
        store.catalogue.frame() if frame is None else frame,
        dataset_of(store, run).spec,
        internal_predictions(store, run),
        source,
        artificial,
        look_up=store.catalogue.films,
        was_artificial=run.origin.artificial,
    )


def run_external(
    store: Store, run_id: str, source: str, progress: Progress | None = None
) -> ExternalResult:
    """Classify the films of ``source`` that can test the run; minutes. Keeps the result.

    Raises InputError when no film can be used, PredictionError when classifying failed.
    """
    run = results.finished_run(store, run_id, to_be="tested")
    chosen = films_for(store, run, source)
    if chosen.films.empty:
        raise InputError(nothing_to_test(chosen))
    grounds = results.of_predictions(store, run), Ground("films", hash_of(chosen.films), "")
    basis = results.basis_of(grounds)
    rows, probabilities, unreadable = _classified(store, run, chosen, progress)
    if not rows:
        raise InputError(
            f"None of the {len(chosen.films):,} films of {source} could be classified. "
            f"The first: {next(iter(unreadable))}"
        )
    films = chosen.films.iloc[rows]
    result = ExternalResult(
        run=run.run_id,
        source=source,
        tested_at=time.time(),
        mapped=chosen.mapped,
        left_out=(
            *chosen.left_out,
            *({"reason": why, "films": count} for why, count in unreadable.items()),
        ),
        warnings=chosen.warnings,
        learnt_from=chosen.learnt_from,
        predictions=Predictions(
            chosen.classes,
            films["film_id"].to_numpy(),
            np.full(len(films), SPLIT),
            films["truth"].to_numpy(),
            np.array(probabilities),
        ),
        basis=basis,
    )
    save_result(store.workspace, result)
    return result


def external_status(
    store: Store, run: Run, source: str, frame: pd.DataFrame | None = None
) -> StoredResult[ExternalResult]:
    """The last test of ``run`` on ``source``, held against what run and films are now.

    ``frame``: the catalogue's, if at hand.
    """
    return results.stored(
        result_file(store.workspace, run.run_id, source),
        lambda: load_result(store.workspace, run.run_id, source),
        lambda found: results.stale_sentence(
            "test", found.basis, _grounds(store, run, source, frame)
        ),
    )


def _grounds(
    store: Store, run: Run, source: str, frame: pd.DataFrame | None
) -> tuple[Ground, Ground]:
    try:
        films = hash_of(films_for(store, run, source, frame).films)
    except ThoraxLensError:  # it cannot be made again, which makes it no less true
        films = None
    changed = f"the films of {source} that can test it have changed"
    return results.of_predictions(store, run), Ground("films", films, changed)


def nothing_to_test(chosen: ExternalFilms) -> str:
    """Why none of a source's films can be used, and what to do."""
    reasons = "; ".join(f"{one['films']:,} because {one['reason']}" for one in chosen.left_out)
    return (
        f"No film of {chosen.source} can test this run: {reasons}. Choose another source, or a "
        "run whose classes have these findings."
    )


def external_comparison(
    store: Store,
    run: Run,
    result: ExternalResult,
    internal: Predictions,
    threshold: float | None = None,
    decision: Decision | None = None,
    *,
    most_probable: bool = False,
) -> Comparison:
    """Internal beside external. ``internal``: the run's own predictions, all splits, of which
    the test films count. ``decision``: how the run decides, which calls the films of both (None:
    each gets its most probable class); ``threshold`` (on the run's calibrated probabilities) or
    ``most_probable`` in its place, where somebody asks for it.

    Raises InputError for a threshold outside 0 to 1.
    """
    sides = []
    decision = decision or Decision(internal.classes)
    for films in (internal.of("test"), result.predictions):
        films = decision.apply(films, most_probable=most_probable)
        known = patients_by_film(store, [run], films.film_ids.tolist())
        sides.append(judge_side(films, patients_of(films, known), threshold))
    return compare_sides(result.source, *sides)


def alarms_by_finding(found: Comparison, catalogue: Catalogue) -> list[FindingRow]:
    """``answers_by_finding`` of the external side, with the findings that the catalogue has now."""
    film_ids = found.external.predictions.film_ids
    return answers_by_finding(
        found.external, finding_texts(catalogue.films(film_ids.tolist()), film_ids)
    )


def _classified(
    store: Store, run: Run, chosen: ExternalFilms, progress: Progress | None
) -> tuple[list[int], list[list[float]], dict[str, int]]:
    """Positions of the films that have an answer, their probabilities in the run's order of
    classes, and for the others reason → films."""
    paths, film_ids = chosen.films["path"].tolist(), chosen.films["film_id"].tolist()
    rows: list[int] = []
    answers: list[list[float]] = []
    failed: dict[str, int] = {}
    if progress:
        progress(0, len(paths))
    with PredictionClient(store.workspace) as client:
        for start in range(0, len(paths), AT_ONCE):
            contents: dict[int, bytes] = {}
            for row in range(start, min(start + AT_ONCE, len(paths))):
                try:
                    contents[row] = read_imported(paths[row], film_ids[row])
                except FilmError as error:
                    failed[str(error)] = failed.get(str(error), 0) + 1
            named = [(Path(paths[row]).name, content) for row, content in contents.items()]
            # The catalogue says what these are: leaving out what the gate does not like would
            # be a better test result than the network deserves.
            results = client.classify([run.run_id], named, cam=False, bare=True)
            for row, one in zip(contents, results, strict=True):
                if one.error or not one.probabilities:
                    why = one.error or "the network gave no answer"
                    failed[why] = failed.get(why, 0) + 1
                    continue
                rows.append(row)
                answers.append([one.probabilities[name] for name in chosen.classes])
            if progress:
                progress(min(start + AT_ONCE, len(paths)), len(paths))
    return rows, answers, failed
