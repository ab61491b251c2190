"""Near to the training films, or unlike all of them."""

from __future__ import annotations

import errno

import cv2
import numpy as np
import pytest

from core.datasets.phantom import draw
from core.evaluation.predictions import Predictions
from core.gate import similarity
from core.gate.similarity import TrainingFilms, descriptor, training_films
from core.runs.files import RunFiles
from core.workspace import Workspace


def film(seed: int) -> np.ndarray:
    return draw(seed, covid_like=seed % 2 == 0, size=64).pixels


@pytest.fixture(scope="module")
def learnt() -> TrainingFilms:
    films = [film(seed) for seed in range(40)]
    ids = [f"film {seed}" for seed in range(40)]
    names = ["covid", "healthy"] * 20
    return TrainingFilms(ids, names, np.stack([descriptor(one) for one in films]))


def test_a_training_film_finds_itself(learnt: TrainingFilms) -> None:
    found = learnt.compare(film(12))
    assert (found.nearest[0].film_id, found.nearest[0].class_name) == ("film 12", "covid")
    assert found.nearest[0].distance == pytest.approx(0, abs=2e-3)
    assert found.seen
    assert not learnt.compare(film(400)).seen
    distances = [one.distance for one in found.nearest]
    assert distances == sorted(distances)
    assert len({one.film_id for one in found.nearest}) == 3


def test_new_films_of_the_kind_are_like_it_and_others_are_not(learnt: TrainingFilms) -> None:
    new = [learnt.compare(film(seed)).unlike for seed in range(200, 230)]
    assert sum(new) <= 3
    others = {
        "upside down": film(1)[::-1].copy(),
        "noise": np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8),
        "one half": np.tile(film(1)[:, :32], (1, 2)),
    }
    assert {name: learnt.compare(one).unlike for name, one in others.items()} == dict.fromkeys(
        others, True
    )


def test_distances_by_hand() -> None:
    """Three films in two dimensions: the mean of the two others' distances, 99th percentile."""
    places = np.zeros((3, 1536), np.float32)
    places[1, 0] = 3
    places[2, 1] = 4
    learnt = TrainingFilms(["a", "b", "c"], ["x", "y", "y"], places)
    # From a: (3 + 4) / 2, from b: (3 + 5) / 2, from c: (4 + 5) / 2.
    expected = float(np.quantile([3.5, 4.0, 4.5], 0.99))
    assert learnt.compare(film(0)).usual == pytest.approx(expected, abs=1e-5)


def test_neither_exposure_nor_size_matters() -> None:
    shown = film(3)
    large = cv2.resize(shown, (128, 128), interpolation=cv2.INTER_LINEAR)
    darker = (shown * 0.7).astype(np.uint8)
    base = descriptor(shown)
    assert np.linalg.norm(base) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(base - descriptor(darker)) < 0.2
    assert np.linalg.norm(base - descriptor(large)) < 0.4
    assert np.linalg.norm(base - descriptor(film(4))) > 0.4
    assert not descriptor(np.zeros((20, 20), np.uint8)).any()


def test_of_many_training_films_some_are_compared_and_it_is_said(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"{seed:02d}film" for seed in range(8)]
    for seed, film_id in enumerate(ids):
        place = workspace.thumbnail(film_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place), film(seed))
    files = RunFiles(workspace.run_folder("run")).create()
    shuffled = [ids[place] for place in (3, 7, 0, 5, 1, 6, 2, 4)]
    classes, truth = ("covid", "healthy"), np.array([0, 1] * 4)
    scores = np.full((8, 2), 0.5)
    Predictions(classes, np.array(shuffled), np.full(8, "train"), truth, scores).save(
        files.predictions
    )
    every = training_films(workspace, files)
    monkeypatch.setattr(similarity, "COMPARED", 4)
    some = training_films(workspace, files)
    assert every is not None
    assert some is not None
    assert every.compare(film(7)).learnt == 0
    found = some.compare(film(7))
    assert found.learnt == 8
    assert {one.film_id for one in found.nearest} <= {"00film", "01film", "02film", "03film"}


def test_descriptors_are_kept_and_made_again_when_damaged(workspace: Workspace) -> None:
    ids = [f"{seed:02d}film" for seed in range(6)]
    for seed, film_id in enumerate(ids):
        place = workspace.thumbnail(film_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place), film(seed))
    files = RunFiles(workspace.run_folder("run")).create()
    assert training_films(workspace, files) is None, "no predictions yet"
    split = np.array(["train"] * 5 + ["test"])
    Predictions(
        ("covid", "healthy"), np.array(ids), split, np.arange(6) % 2, np.full((6, 2), 0.5)
    ).save(files.predictions)
    for damage in (False, True):
        learnt = training_films(workspace, files)
        assert learnt is not None
        found = {one.film_id for seed in range(6) for one in learnt.compare(film(seed)).nearest}
        assert found == set(ids[:5]), "the test film is not among them"
        [kept] = workspace.feature_cache.glob("*.npy")
        if not damage:
            kept.write_bytes(kept.read_bytes()[:100])
    for film_id in ids[1:]:
        workspace.thumbnail(film_id).unlink()
    assert training_films(workspace, files) is None, "one film is not enough to compare with"


def test_a_full_disk_keeps_no_descriptors_and_nobody_from_an_answer(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = ["a", "b"]
    for seed, film_id in enumerate(ids):
        place = workspace.thumbnail(film_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place), film(seed))
    files = RunFiles(workspace.run_folder("run")).create()
    Predictions(
        ("covid", "healthy"), np.array(ids), np.full(2, "train"), np.array([0, 1]),
        np.full((2, 2), 0.5),
    ).save(files.predictions)  # fmt: skip

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    found = training_films(workspace, files)
    assert found is not None
    assert found.compare(film(1)).nearest[0].film_id == "b"
    assert not list(workspace.feature_cache.glob("*.npy"))
