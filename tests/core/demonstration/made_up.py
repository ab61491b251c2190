"""Answers and sessions without a network, for tests of what is counted and shown."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.demonstration.answers import Answers
from core.demonstration.films import CLASSES, COVID_LIKE, HEALTHY, PLACEMENTS, Placement
from core.demonstration.sessions import CONTROL, SHORTCUT, Arm, DemoSession
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Epoch, open_store
from tests.core.runs import jobs_at_hand

TRUTH = np.array([0, 1] * 20)


def answers(called: dict[Placement, np.ndarray], hot: tuple[int, int] = (0, 5)) -> Answers:
    """``called``: the class index of each answer, by where the marker was; the hottest place
    of every heat map is ``hot``, of 6 × 6."""
    heat = np.zeros((len(TRUTH), 6, 6), np.float32)
    heat[:, *hot] = 1
    probabilities = {
        where: np.where(np.eye(2)[rows] > 0, 0.9, 0.1).astype(np.float32)
        for where, rows in called.items()
    }
    return Answers(TRUTH, probabilities, dict.fromkeys(PLACEMENTS, heat))


def shortcut_answers(slips: int = 1) -> Answers:
    """Calls covid-like what has the marker, ``slips`` healthy people with it aside."""
    moved = 1 - TRUTH
    moved[1 : 2 * slips : 2] = 1
    return answers({COVID_LIKE: TRUTH, HEALTHY: moved, "nobody": np.ones_like(TRUTH)})


def control() -> Answers:
    """Right about 36 of 40, wherever the marker is."""
    called = TRUTH.copy()
    called[:4] = 1 - called[:4]
    return answers(dict.fromkeys(PLACEMENTS, called), hot=(3, 1))


def give(session: DemoSession, network: Arm, epochs: int = 4, **state: Any) -> None:
    """A run of that network in the session's own store, with so many epochs behind it."""
    store = open_store(session.workspace.create())
    classes = tuple(ClassSpec(name=name, findings=("any",)) for name in CLASSES)
    store.datasets.save(DatasetSpec.build(name=network, classes=classes), [])
    run = store.runs.create(RunSpec.build(dataset=network, model="cnn", weights="random", epochs=8))
    for number in range(1, epochs + 1):
        store.runs.save_epoch(
            run.run_id, Epoch(number, 0.7 / number, 1 - 0.4 / number, 0.8, 0.75, 1e-3, 2.0)
        )
    store.runs.transition(run.run_id, state.pop("state", "done"), **state)


def stand(session: DemoSession, state: str, stage: str = "", **change: Any) -> None:
    """Let the session's job stand there."""
    session.folder.mkdir(parents=True, exist_ok=True)
    jobs_at_hand.stand(session.job, state, stage, **change)


def finished(session: DemoSession) -> None:
    """A session that is over."""
    stand(session, "done")
    for network, made in ((SHORTCUT, shortcut_answers()), (CONTROL, control())):
        give(session, network)
        made.save(session.answers_file(network))
