"""Whom Home asks about which films, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest

from core.evaluation.predictions import Predictions
from core.prediction.client import FilmResult, PredictionClient
from core.runs.files import RunFiles
from core.showcase.kept import kept
from core.showcase.renewing import SHOWN, renew, wanted
from core.store import Run, RunOrigin, RunState, Store
from tests.pages.runs import RESULT, make_dataset, make_run


class Asked:
    """Stands for the worker; notes what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[Sequence[str], list[str]]] = []

    def classify(
        self, runs: Sequence[str], films: Sequence[tuple[str, bytes]], **_: Any
    ) -> list[FilmResult]:
        self.requests.append((runs, [name for name, _ in films]))
        heat = np.ones((3, 3), np.float32)
        return [
            FilmResult(
                name, runs[0], "covid", {"covid": 0.8, "healthy": 0.2}, heat, None, "covid",
                "frontal", answer="not_sure", heats={"covid": heat, "healthy": heat * 0},
            )
            for name, _ in films
        ]  # fmt: skip


@pytest.fixture
def client() -> Asked:
    return Asked()


def asked(store: Store, client: Asked) -> bool:
    return renew(store, cast("PredictionClient", client))


def finished(store: Store, **fields: Any) -> Run:
    """A run that has predictions of the data set “tiny”, and weights."""
    run = make_run(store, RunState.DONE, result=RESULT, **fields)
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    members = store.datasets.members("tiny")
    chances = np.full(len(members), 0.5, np.float32)
    Predictions(
        classes=store.datasets.get("tiny").spec.class_names,
        film_ids=members["film_id"].to_numpy(str),
        split=members["split"].to_numpy(str),
        y_true=members["class_index"].to_numpy(int),
        probabilities=np.stack([chances, chances], axis=1),
    ).save(files.predictions)
    files.weights.write_bytes(b"weights")
    return run


@pytest.fixture
def store(phantom_store: Store) -> Store:
    make_dataset(phantom_store)
    return phantom_store


def test_without_a_run_nobody_is_asked(store: Store, client: Asked) -> None:
    assert not asked(store, client)
    assert kept(store) is None


def test_a_run_answers_its_own_test_films_of_each_class_in_turn(
    store: Store, client: Asked
) -> None:
    run = finished(store)
    assert asked(store, client)
    shown = kept(store)
    assert shown is not None
    assert shown.run_id == run.run_id
    assert shown.artificial
    members = store.datasets.members("tiny").set_index("film_id")
    ids = [one.film_id for one in shown.films]
    assert 2 <= len(ids) <= SHOWN
    assert len(set(ids)) == len(ids)
    assert set(members.loc[ids, "split"]) == {"test"}
    names = members.loc[ids, "class_name"].tolist()
    assert [one.truth for one in shown.films] == names
    assert names[0] != names[1]
    assert {one.answer for one in shown.films} == {"not_sure"}


def test_it_is_asked_once_and_again_when_its_rule_changes(store: Store, client: Asked) -> None:
    run = finished(store)
    assert asked(store, client)
    assert not asked(store, client)
    files = RunFiles(store.workspace.run_folder(run.run_id))
    files.operating_point.write_text("{}")
    assert asked(store, client)
    assert len(client.requests) == 2


def test_nobody_is_asked_while_something_trains(store: Store, client: Asked) -> None:
    finished(store)
    make_run(store, RunState.TRAINING)
    assert not asked(store, client)
    assert client.requests == []


def test_a_run_without_weights_or_films_is_not_asked(store: Store, client: Asked) -> None:
    run = finished(store)
    RunFiles(store.workspace.run_folder(run.run_id)).weights.unlink()
    assert wanted(store) is None
    finished(store)
    for source in store.catalogue.sources():
        store.catalogue.remove_source(source.name)
    assert wanted(store) is None


def test_what_somebody_starred_comes_before_the_newest(store: Store) -> None:
    first = finished(store)
    finished(store)
    store.runs.remark([first.run_id], star=True)
    found = wanted(store)
    assert found is not None
    assert found.run.run_id == first.run_id


def test_an_example_waits_behind_a_persons_own(store: Store) -> None:
    own = finished(store)
    finished(store, origin=RunOrigin(kind="example", artificial=True))
    found = wanted(store)
    assert found is not None
    assert found.run.run_id == own.run_id


def test_a_film_that_was_replaced_is_left_out(store: Store, client: Asked) -> None:
    finished(store)
    found = wanted(store)
    assert found is not None
    gone = found.films[0]
    store.catalogue.move_films({gone.film_id: f"{gone.path}.gone"})
    assert asked(store, client)
    shown = kept(store)
    assert shown is not None
    assert gone.film_id not in {one.film_id for one in shown.films}
