"""Make the starter networks again, and measure them: ``python -m tools.starters FILMS``.

FILMS is a folder with the three public collections (``shared/data``). Each network is trained,
audited and tested elsewhere as anybody could from the pages, and written to ``data/starter/``
with ``--write``, where the list of its films and what was measured lie beside. Without it, what
comes out is compared with what is shipped: the exit code is 1 where a ROC area differs by more
than 0.01.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.audit.status import start_audit
from core.datasets.ingest import import_folder
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import preset
from core.documents import Json
from core.evaluation.decision import decision_of
from core.evaluation.metrics import evaluate
from core.evaluation.operating_point import choose_operating_point
from core.evaluation.predictions import Predictions
from core.external.testing import external_status, run_external
from core.images.identity import film_id_of
from core.runs import launcher
from core.runs.files import RunFiles
from core.runs.upkeep import refresh
from core.specs import AugmentSpec, DatasetSpec, RunSpec
from core.starter import STARTER_FOLDER, STARTERS, Starter
from core.store import FINISHED, Run, RunState, Store, open_store
from core.travel.exporting import export_run
from core.travel.manifest import PREDICTIONS
from core.travel.run_file import opened_run_file
from core.workspace import Workspace
from tools.starter_films import (
    ELSEWHERE,
    Choice,
    PublicFilm,
    choose_films,
    collections_of,
    lay_out,
)  # fmt: skip

MEASURED = STARTER_FOLDER / "measured.json"
FILMS = STARTER_FOLDER / "films.csv"
WITHIN = 0.01
FOLDS = 5
# Chosen on folds by patient: docs/adr/0040-starter-networks.md.
_REGRESSION = {
    "model": "efficientnetlite0",
    "head": "linear",
    "vector_blocks": 4,
    "l2": 0.5,
    "dropout": 0.0,
    "augment": AugmentSpec(rotation=0, zoom=0, shift=0),
    "augmented_copies": 2,
    "schedule": "cosine",
    "epochs": 60,
}


@dataclass(frozen=True)
class Recipe:
    """How a starter is made. ``band``: of *not sure*, with the sensitivity that is aimed at."""

    starter: Starter
    dataset: DatasetSpec
    run: RunSpec
    aim: float | None = None
    band: tuple[float, float] | None = None


def recipes(store: Store) -> list[Recipe]:
    """From a catalogue that ``lay_out`` filled."""
    starters = {one.name: one for one in STARTERS}
    adults = preset("adult-negatives", store.catalogue, "COVID-19 or not, adults", 0)
    covid, others = adults.classes
    # Films taken in bed are like those of many wards, and there are four times as many licences
    # for the positive class with them; their patients stay together.
    views = ("PA", "AP", "AP supine")
    adults = adults.changed(
        classes=(
            covid.changed(alone=False, views=views),
            others.changed(views=(*views, "unknown")),
        ),
        image_size=288,
        validation_fraction=1 / 3,
        preset="custom",
    )
    study = preset("study", store.catalogue, "The study's set", 0)
    four = _taught_only(preset("four-classes", store.catalogue, "Four classes", 0))
    return [
        Recipe(
            starters["a"],
            adults,
            RunSpec.build(dataset=adults.name, **_REGRESSION),
            aim=0.9,
            band=(0.98, 0.85),
        ),
        Recipe(
            starters["b"],
            study,
            RunSpec.build(dataset=study.name, model="efficientnetlite0"),
        ),
        Recipe(
            starters["c"],
            four,
            RunSpec.build(dataset=four.name, **_REGRESSION),
        ),
    ]


def _taught_only(spec: DatasetSpec) -> DatasetSpec:
    """The same without the films from elsewhere, which may not teach."""
    return spec.changed(
        classes=tuple(
            one.changed(sources=tuple(name for name in one.sources if name != ELSEWHERE))
            for one in spec.classes
        )
    )


def make(store: Store, recipe: Recipe) -> Run:
    """Train, audit and test one network. Raises RuntimeError where that does not come to an end."""
    if recipe.dataset.name not in {one.name for one in store.datasets.all()}:  # of a kept folder
        save_dataset(store, plan(store.catalogue.frame(), recipe.dataset))
    # Trained here: it becomes a starter where it is installed.
    origin = recipe.starter.origin.model_copy(update={"kind": "trained"})
    run = _finished(store, launcher.launch(store, recipe.run, origin))
    if recipe.aim is not None:
        files = RunFiles(store.workspace.run_folder(run.run_id))
        predictions = Predictions.load(files.predictions)
        choose_operating_point(predictions, recipe.aim, by="program", band=recipe.band).save(
            files.operating_point
        )
    run_external(store, run.run_id, ELSEWHERE)
    job = start_audit(store, run.run_id)
    while (status := job.status()).is_running:
        time.sleep(1)
    if status.reason:
        raise RuntimeError(f"The audit of {recipe.starter.title} failed: {status.reason}")
    return store.runs.get(run.run_id)


def measure(store: Store, run: Run) -> Json:
    """What is written beside the networks: the ROC area of the own test and elsewhere, and what
    films from elsewhere are called, by finding and view."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    predictions = Predictions.load(files.predictions)
    decision = decision_of(files, predictions.classes)
    own = evaluate(decision.apply(predictions).of("test"))
    frame = store.catalogue.frame()
    result = external_status(store, run, ELSEWHERE, frame).result
    assert result is not None
    there = result.predictions
    answers = np.array(decision.answers(decision.probabilities(there.probabilities)))
    known = frame.set_index("film_id").loc[there.film_ids.tolist()]
    groups = known["finding"].astype(str) + ", " + known["view"].astype(str)
    called: dict[str, Json] = {}
    for name in sorted(set(groups)):
        rows = (groups == name).to_numpy()
        shares = {one: float((answers[rows] == one).mean()) for one in sorted(set(answers))}
        called[name] = {"films": int(rows.sum()), **shares}
    return {
        "roc_area": own.roc_auc,
        "sensitivity": own.sensitivity,
        "specificity": own.specificity,
        "test_films": own.films,
        "elsewhere_roc_area": evaluate(there).roc_auc,
        "elsewhere": called,
    }


def over_folds(store: Store, recipe: Recipe) -> Json:
    """The same training on folds by patient: mean ROC area, and mean specificity where 90 % of
    the positive test films are found."""
    areas, specificities = [], []
    for run in launcher.launch_repeats(store, recipe.run, "folds", FOLDS):
        files = RunFiles(store.workspace.run_folder(_finished(store, run).run_id))
        films = Predictions.load(files.predictions).of("test")
        areas.append(evaluate(films).roc_auc)
        score, is_positive = films.probabilities[:, 0], films.y_true == 0
        threshold = np.quantile(score[is_positive], 0.1, method="lower")
        specificities.append(float((score[~is_positive] < threshold).mean()))
    return {
        "folds": FOLDS,
        "roc_area": float(np.mean([one for one in areas if one is not None])),
        "specificity_at_90": float(np.mean(specificities)),
    }


def write_films(path: Path, collections: Path, choice: Choice, workspace: Workspace) -> None:
    """The list of films: collection, file, licence, source, and what each network that is shipped
    did with it. Raises KeyError for a film that may not teach."""
    roles: dict[str, dict[str, str]] = {}
    runs = [one.name for one in STARTERS]
    for one in STARTERS:
        with opened_run_file(one.file, one.file.name, workspace) as file:
            parts = file.arrays(PREDICTIONS)
        for film_id, split in zip(parts["film_ids"], parts["split"], strict=True):
            roles.setdefault(str(film_id), {})[one.name] = str(split)
    named = {
        film_id_of((collections / one.collection / one.file).read_bytes()): one
        for one in reversed(choice.teaching)
    }
    rows = [(named[film_id], role) for film_id, role in roles.items()]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["collection", "file", "licence", "source", *sorted(runs)])
        for film, role in sorted(rows, key=lambda one: (one[0].collection, one[0].file)):
            writer.writerow(_row(film, [role.get(name, "") for name in sorted(runs)]))


def _row(film: PublicFilm, roles: Iterable[str]) -> list[str]:
    return [film.collection, film.file, film.licence, film.address, *roles]


def _finished(store: Store, run: Run) -> Run:
    while run.state not in FINISHED:
        time.sleep(0.5)
        refresh(store)
        run = store.runs.get(run.run_id)
    if run.state is not RunState.DONE:
        raise RuntimeError(f"{run.run_id} {run.state}: {run.reason}")
    return run


def _differences(found: Mapping[str, Json], shipped: Mapping[str, Json]) -> list[str]:
    said = []
    for name, numbers in found.items():
        for key in ("roc_area", "elsewhere_roc_area"):
            now, before = numbers[key], shipped.get(name, {}).get(key)
            if not (isinstance(now, float) and isinstance(before, float)):
                said.append(f"{name}: {key} is {now} and was {before}")
            elif abs(now - before) > WITHIN:
                said.append(f"{name}: {key} is {now:.3f} and was {before:.3f}")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", type=Path, help="folder with the three collections")
    parser.add_argument("--write", action="store_true", help="replace what is shipped")
    parser.add_argument("--work", type=Path, help="folder to work in and to keep")
    parser.add_argument("--only", default="abc", help="which of the networks: letters")
    options = parser.parse_args()
    choice = choose_films(options.films)
    with tempfile.TemporaryDirectory() as lent:
        work = options.work or Path(lent)
        lay_out(options.films, choice, work / "films")
        store = open_store(Workspace(work / "data").create())
        for one in collections_of(work / "films"):
            import_folder(store, one)
        found: dict[str, Json] = {}
        for recipe in recipes(store):
            name = recipe.starter.name
            if name not in options.only:
                continue
            run = make(store, recipe)
            found[name] = measure(store, run)
            if name == "a":
                found[name] |= {"over_folds": over_folds(store, recipe)}
            target = recipe.starter.file if options.write else work / f"{name}.zip"
            exported = export_run(store, run.run_id, target)
            print(f"{target}: {exported.bytes / 1e6:.2f} MB", flush=True)
            print(json.dumps(found[name], indent=1), flush=True)
        if options.write:
            write_films(FILMS, options.films, choice, store.workspace)
            known = json.loads(MEASURED.read_text()) if MEASURED.is_file() else {}
            MEASURED.write_text(json.dumps({**known, **found}, indent=1) + "\n")
            return 0
    shipped = json.loads(MEASURED.read_text())
    problems = _differences(found, shipped)
    print("\n".join(problems) or f"As shipped, within {WITHIN}.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
