"""Classify a source's films with a finished run, keep what comes out, and read it again."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import FilmError, InputError, NotFoundError
from core.evaluation.operating_point import OperatingPoint, apply
from core.evaluation.predictions import Predictions
from core.external.films import ExternalFilms, choose, findings_of, patients_of
from core.external.report import Comparison, by_finding, compare, judge
from core.files import written_whole
from core.images.decode import read_film
from core.prediction.client import PredictionClient
from core.store import Catalogue, Run, Store
from core.training.artefacts import RunFiles
from core.workspace import Workspace

SPLIT = "external"
AT_ONCE = 32  # films in memory, and a batch of the worker that classifies

# (films done, films in all)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ExternalResult:
    """What was tested, in words and numbers; ``predictions`` has the films themselves.

    ``mapped``, ``left_out``, ``warnings`` as in ``ExternalFilms``. ``tested_at``: seconds
    since 1970.
    """

    run: str
    source: str
    tested_at: float
    mapped: tuple[dict[str, Any], ...]
    left_out: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    learnt_from: bool
    predictions: Predictions


def folder_of(workspace: Workspace, run_id: str, source: str) -> Path:
    """Where the result for one source lies: a readable name, made unique by a hash."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", source).strip("-.")[:40] or "source"
    mark = hashlib.sha256(source.encode()).hexdigest()[:8]
    return workspace.run_folder(run_id) / "external" / f"{plain}-{mark}"


def finished_run(store: Store, run_id: str) -> Run:
    """The run. Raises NotFoundError, or InputError when it is not done."""
    run = store.runs.get(run_id)
    if run.state != "done":
        raise InputError(f"{run.run_id} is {run.state}; only a finished run can be tested.")
    return run


def internal_predictions(store: Store, run: Run) -> Predictions:
    """What the run said about its own films, all splits. Raises NotFoundError, InputError."""
    return Predictions.load(RunFiles(store.workspace.run_folder(run.run_id)).predictions)


def films_for(
    store: Store, run: Run, source: str, frame: pd.DataFrame | None = None
) -> ExternalFilms:
    """What a test of ``run`` on ``source`` would take; raises what ``choose`` raises, and
    NotFoundError when the run's data set was deleted. ``frame``: the catalogue's, if at hand."""
    artificial = [one.name for one in store.catalogue.sources() if one.artificial]
    return choose(
        store.catalogue.frame() if frame is None else frame,
        store.datasets.get(run.spec.dataset).spec,
        internal_predictions(store, run),
        source,
        artificial,
    )


def run_external(
    store: Store, run_id: str, source: str, progress: Progress | None = None
) -> ExternalResult:
    """Classify the films of ``source`` that can test the run; minutes. Keeps the result.

    Raises InputError when no film can be used, PredictionError when classifying failed.
    """
    run = finished_run(store, run_id)
    chosen = films_for(store, run, source)
    if chosen.films.empty:
        raise InputError(nothing_to_test(chosen))
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
    )
    _save(folder_of(store.workspace, run.run_id, source), result)
    return result


def nothing_to_test(chosen: ExternalFilms) -> str:
    """Why none of a source's films can be used, and what to do."""
    reasons = "; ".join(f"{one['films']:,} because {one['reason']}" for one in chosen.left_out)
    return (
        f"No film of {chosen.source} can test this run: {reasons}. Choose another source, or a "
        "run whose classes have these findings."
    )


def load_result(workspace: Workspace, run_id: str, source: str) -> ExternalResult | None:
    """The result kept for a run and a source, None where there is none that can be read."""
    folder = folder_of(workspace, run_id, source)
    try:
        kept = json.loads((folder / "external.json").read_text(encoding="utf-8"))
        return ExternalResult(
            run=kept["run"],
            source=kept["source"],
            tested_at=float(kept["tested_at"]),
            mapped=tuple(kept["mapped"]),
            left_out=tuple(kept["left_out"]),
            warnings=tuple(kept["warnings"]),
            learnt_from=bool(kept["learnt_from"]),
            predictions=Predictions.load(folder / "predictions.npz"),
        )
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None


def compared(
    result: ExternalResult,
    internal: Predictions,
    catalogue: Catalogue,
    threshold: float | None = None,
    point: OperatingPoint | None = None,
) -> Comparison:
    """Internal beside external. ``internal``: the run's own predictions, all splits, of which
    the test films count; ``catalogue`` knows the patients. ``point``: the run's threshold for its
    aim, in place of ``threshold``.

    Raises InputError for a threshold outside 0 to 1.
    """
    sides = []
    for films in (internal.of("test"), result.predictions):
        if point:
            films = replace(films, probabilities=apply(point, films.probabilities))
        limit = point.threshold if point else threshold
        known = catalogue.patients(films.film_ids.tolist())
        sides.append(judge(films, patients_of(known, films.film_ids), limit))
    return compare(result.source, *sides)


def alarms_by_finding(found: Comparison, catalogue: Catalogue) -> list[dict[str, Any]]:
    """``by_finding`` of the external side, with the findings that the catalogue has now."""
    film_ids = found.external.predictions.film_ids
    return by_finding(found.external, findings_of(catalogue.films(film_ids.tolist()), film_ids))


def _classified(
    store: Store, run: Run, chosen: ExternalFilms, progress: Progress | None
) -> tuple[list[int], list[list[float]], dict[str, int]]:
    """Positions of the films that have an answer, their probabilities in the run's order of
    classes, and for the others reason → films."""
    paths = chosen.films["path"].tolist()
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
                    contents[row] = read_film(paths[row])
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


def _save(folder: Path, result: ExternalResult) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotFoundError(f"The result cannot be kept in {folder} ({error}).") from error
    result.predictions.save(folder / "predictions.npz")
    words = [one.name for one in fields(ExternalResult) if one.name != "predictions"]
    bare = {name: getattr(result, name) for name in words}
    with written_whole(folder / "external.json") as temporary:
        temporary.write_text(json.dumps(bare, indent=2, ensure_ascii=False), encoding="utf-8")
