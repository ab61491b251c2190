"""What the process of one session does [K].

It trains twice on the same people, with the marker and without, by the product's own training
in a data folder of its own. Each network then answers about people whom it has not seen, with
the marker on one class, on the other and on nobody.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import psutil

from core.datasets.ingest import import_folder
from core.datasets.phantom import CLASSES as FINDINGS
from core.demonstration.answers import Answers
from core.demonstration.films import (
    CLASSES,
    PLACEMENTS,
    Cohort,
    Placement,
    has_marker,
    split_in_name,
    with_marker,
    write_films,
)
from core.demonstration.sessions import CONTROL, LEFT, READY, SHORTCUT, WAITS, Arm, DemoSession
from core.images.resize import resize
from core.models.registry import BASELINE
from core.runs.devices import CPU
from core.runs.reporter import Reporter
from core.runs.worker import Task
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Member, RunState, Store, open_store

IMAGE_SIZE = 48
EPOCHS: dict[Arm, int] = {SHORTCUT: 10, CONTROL: 20}
SHORT: dict[Arm, int] = {SHORTCUT: 10, CONTROL: 1}  # for a test
BATCH_SIZE = 16
PATIENCE_SECONDS = 20 * 60  # for somebody to begin: a talk's introduction, and no more
LOOK_SECONDS = 0.05  # between looks at whether somebody has
# The heat is taken at an earlier map than usual: a place of the CNN's last map sees 72 pixels
# of a side, more than these small films have, and so cannot say where; one here sees 28.
HEAT_LAYER = "pool2"
# No change to the films: mirrored, the marker would stand in the other corner half the time.
SETTINGS = {
    "model": BASELINE.name,
    "weights": "random",
    "batch_size": BATCH_SIZE,
    "augment": None,
    "device": CPU,
}


def work(task: Task, tell: Reporter) -> None:
    """The session number ``session``; with few people where ``small`` is asked for, in a test.
    Started ahead, as ``waits`` says, it first gets ready and waits for its beginning."""
    session = DemoSession(task.folder, int(task.arguments["session"]), task.store)
    cohort, epochs = session.cohort, EPOCHS
    if "small" in task.arguments:
        cohort, epochs = replace(cohort, train=24, validation=4, test=8), SHORT
    store = _get_ready(session, cohort, tell)
    if WAITS in task.arguments and session.has(READY):
        _rehearse(store)
    if WAITS not in task.arguments or _may_begin(session, tell):
        _carry_out(session, store, cohort, epochs, tell)
    shutil.rmtree(session.workspace.root / "cache", ignore_errors=True)


def _rehearse(store: Store) -> None:
    """One epoch that nobody sees: a library's first training is slow, and how this computer
    computes fastest is tried out before it."""
    run_id = _train(store, CONTROL, 1, seed=0)
    store.runs.delete(run_id)
    shutil.rmtree(store.workspace.run_folder(run_id), ignore_errors=True)


def _may_begin(session: DemoSession, tell: Reporter) -> bool:
    """Wait until somebody begins; False when nobody does for so long that the memory which this
    process holds is better given back."""
    tell.stage("Ready to begin")
    until = time.monotonic() + PATIENCE_SECONDS
    while session.has(READY):
        tell.check()
        if time.monotonic() > until and session.renamed(READY, LEFT):
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _get_ready(session: DemoSession, cohort: Cohort, tell: Reporter) -> Store:
    """All that can be done before the beginning; returns the session's own store."""
    for old in session.folder.parent.glob("take-*"):
        if old < session.folder:
            shutil.rmtree(old, ignore_errors=True)
    tell.stage("Drawing the films and loading the software")
    store = open_store(session.workspace.create())
    with ThreadPoolExecutor(1) as drawing:
        drawn = drawing.submit(_prepare, store, cohort)
        _load_software()
        drawn.result()
    return store


def _carry_out(
    session: DemoSession,
    store: Store,
    cohort: Cohort,
    epochs: Mapping[Arm, int],
    tell: Reporter,
) -> None:
    people = cohort.people("test")
    films, y_true = cohort.films(people), np.array([one.y_true for one in people])
    for network in (SHORTCUT, CONTROL):
        tell.stage(f"Training {network}")
        run_id = _train(store, network, epochs[network], seed=cohort.number)
        tell.stage("Asking it about people whom it has not seen")
        _answer(store, run_id, films, y_true).save(session.answers_file(network))


def _load_software() -> None:
    """The seconds that it takes to load a network library, while the films are drawn."""
    from core.training.backend import load_only_the_chosen

    load_only_the_chosen()
    import core.prediction.loading
    import core.training.trainer  # noqa: F401


def _prepare(store: Store, cohort: Cohort) -> None:
    folder = store.workspace.uploads / "films"
    write_films(folder, cohort)
    import_folder(store, folder)
    frame = store.catalogue.frame()
    y_true = frame["finding"].map({name: index for index, name in enumerate(FINDINGS)})
    marked = frame["path"].map(has_marker)
    for network, chosen in ((SHORTCUT, marked | (y_true == 1)), (CONTROL, ~marked)):
        classes = tuple(
            ClassSpec(name=name, findings=(finding,))
            for name, finding in zip(CLASSES, FINDINGS, strict=True)
        )
        spec = DatasetSpec.build(
            name=network, classes=classes, balance="none", image_size=IMAGE_SIZE
        )
        # Split by hand: the same people must learn and be tested in both data sets.
        rows = frame[chosen].sort_values("path")
        members = [
            Member(film_id, int(y_true[row]), split_in_name(path))
            for row, film_id, path in zip(rows.index, rows["film_id"], rows["path"], strict=True)
        ]
        store.datasets.save(spec, members)


def _train(store: Store, network: Arm, epochs: int, *, seed: int) -> str:
    """Train by the product's own worker code; returns the id of the finished run."""
    from core.training.trainer import train

    spec = RunSpec.build(dataset=network, epochs=epochs, seed=seed, **SETTINGS)
    run = store.runs.create(spec)
    store.runs.transition(
        run.run_id,
        RunState.PREPARING,
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
        started_at=time.time(),
    )
    with Reporter(store, run.run_id) as reporter:
        train(store, store.runs.get(run.run_id), reporter, time.time())
    return run.run_id


def _answer(store: Store, run_id: str, films: np.ndarray, y_true: np.ndarray) -> Answers:
    from core.prediction.loading import load_run

    network = load_run(store.workspace, run_id, heat_layer=HEAT_LAYER)
    probabilities: dict[Placement, np.ndarray] = {}
    heats: dict[Placement, np.ndarray] = {}
    for where in PLACEMENTS:
        shown = with_marker(films, y_true, where)
        small = np.stack([resize(film, network.card.image_size) for film in shown])
        probabilities[where], heats[where] = network.classify(small)
    return Answers(y_true, probabilities, heats)
