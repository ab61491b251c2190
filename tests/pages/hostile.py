"""A data folder in which every name is Markdown, HTML and formulas at once."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np

from core.audit.report import AuditReport, Finding, audit_folder
from core.audit.status import audit_basis
from core.datasets import prepare
from core.datasets.ingest import import_folder
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.specs import ClassSpec, DatasetSpec
from core.store import Run, Store, open_store
from core.workspace import open_workspace
from tests.pages.runs import RESULT, make_run

SOURCE = "**b** ![x](http://evil.example/x.png) <b>i</b> $y$"
FINDING = "%{f} <b>i _f_ [l](javascript) $x$ `c` :red[r]"
CLASS = "k _k_ [m](n) $z$ `d`"
DATASET = "n _n_ [o](p) $q$ `e`"


def make_hostile(root: Path, films: Path, top: Path) -> None:
    """Into the data folder ``root`` a source, a data set, its classes, its films and runs, all of
    them so named. ``films``: a folder of phantoms; ``top``: where their copies go."""
    store = open_store(open_workspace(root))
    (root / "phantoms.json").write_text("{}")
    for number, path in enumerate(sorted(films.rglob("*.png"))[:40]):
        finding = FINDING if number % 2 else "No finding"
        (top / finding).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, top / finding / f"{number}_f_ [l](m) $x$ `c`.png")
    (top / FINDING / "_f_ [l](m).txt").write_text("left out")
    (top / FINDING / "_f_ [l](m) $x$.png").write_bytes(b"no film")
    import_folder(store, top, name=SOURCE)
    findings = {one.finding for one in store.catalogue.films(ids(store))}
    classes = tuple(
        ClassSpec.build(name=CLASS if place else f"{CLASS} 2", findings=(finding,))
        for place, finding in enumerate(sorted(findings))
    )
    spec = DatasetSpec.build(
        name=DATASET, classes=classes, image_size=64, balance="none", split_by="study"
    )
    prepare.save_dataset(store, prepare.plan(store.catalogue.frame(), spec))
    run = make_run(store, "done", epochs=3, result=RESULT, spec={"dataset": DATASET})
    members = store.datasets.members(DATASET)
    positive = np.random.default_rng(0).uniform(0.05, 0.95, len(members)).astype(np.float32)
    Predictions(
        classes=spec.class_names,
        film_ids=members["film_id"].to_numpy(str),
        split=members["split"].to_numpy(str),
        y_true=members["class_index"].to_numpy(int),
        probabilities=np.stack([positive, 1 - positive], axis=1),
    ).save(RunFiles(store.workspace.run_folder(run.run_id)).create().predictions)
    make_run(store, "failed", reason=f"{FINDING} {SOURCE}", spec={"dataset": DATASET})
    _audit(store, run)


def ids(store: Store) -> list[str]:
    return list(store.catalogue.frame()["film_id"])


def _audit(store: Store, run: Run) -> None:
    folder = audit_folder(store.workspace.run_folder(run.run_id))
    counts = {CLASS: {SOURCE: 40, FINDING: 0}, f"{CLASS} 2": {SOURCE: 0, FINDING: 40}}
    finding = Finding(
        check="class_by_source",
        title="Class and source",
        value=1.0,
        interval=(0.97, 1.0),
        level="do_not_believe",
        sentence=f"Each class comes from {SOURCE}.",
        clause=f"{CLASS} has one",
        details={"counts": counts},
    )
    report = AuditReport(
        run=run.run_id,
        dataset=DATASET,
        verdict="do_not_believe",
        sentence=f"Do not believe this result: each class comes from {SOURCE}.",
        findings=(finding,),
        pairs=(),
        made_at=time.time(),
        basis=audit_basis(store, run),
    )
    folder.mkdir(parents=True, exist_ok=True)
    report.save_in(folder)
