"""Leaks: patients and pictures that are in training and among the test films."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from core.audit import leaks as leaks_module
from core.audit.leak_findings import inflation
from core.audit.leaks import find_leaks, near_duplicates
from core.evaluation.predictions import Predictions
from tests.core.audit.conftest import CLASSES, Make, pictures


def altered(film: np.ndarray) -> np.ndarray:
    """The same film, made smaller, compressed hard, and brought back."""
    small = cv2.resize(film, (64, 64), interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 50])
    return cv2.resize(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), (96, 96))


def test_an_altered_copy_is_found_and_other_patients_are_not() -> None:
    films = pictures(20, np.random.default_rng(1))
    films[30] = altered(films[4])
    assert near_duplicates(films, np.arange(20, 40), np.arange(20)) == [(30, 4)]


def test_no_pair_is_missed_by_the_first_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against looking at each pair; with copies from nearly alike to hardly."""
    rng = np.random.default_rng(4)
    drawn = pictures(6, rng)
    films = np.concatenate([drawn, *(noisy(drawn, rng, by) for by in (2, 8, 14, 20, 40))])
    films[3] = 90  # a film of one grey correlates with nothing
    monkeypatch.setattr(leaks_module, "MOST_BITS", 256)
    for least in (0.999, 0.985, 0.95, 0.8):
        monkeypatch.setattr(leaks_module, "LEAST_CORRELATION", least)
        rows = [cv2.resize(one, (64, 64), interpolation=cv2.INTER_AREA).ravel() for one in films]
        with np.errstate(invalid="ignore"):  # of one grey
            alike = np.corrcoef(rows)
        expected = [(a, b) for a in range(12, 72) for b in range(12) if alike[a, b] >= least]
        assert 0 < len(expected) < 720
        assert near_duplicates(films, np.arange(12, 72), np.arange(12)) == expected


def noisy(films: np.ndarray, rng: np.random.Generator, by: float) -> np.ndarray:
    """The same films with grain in coarse fields."""
    grain = rng.normal(0, by, (len(films), 24, 24)).repeat(4, axis=1).repeat(4, axis=2)
    return np.clip(films + grain, 0, 255).astype(np.uint8)


def test_a_copy_in_training_is_a_leak_unless_it_teaches_another_class(make: Make) -> None:
    films = pictures(40, np.random.default_rng(1))
    films[50] = altered(films[4])  # both covid
    films[61] = altered(films[6])  # healthy, and covid in training
    leaks = find_leaks(make(films=films))
    assert np.flatnonzero(leaks.duplicate).tolist() == [10]
    [pair] = leaks.pairs
    assert (pair.kind, pair.test_film, pair.train_film) == ("duplicate", "p0050", "p0004")
    assert pair.likeness > 0.97
    assert not leaks.patient.any()


def test_another_film_of_the_patient_is_a_leak(make: Make) -> None:
    names = [f"p{place}" for place in range(80)]
    names[44] = names[2]
    leaks = find_leaks(make(patient=names))
    assert np.flatnonzero(leaks.any).tolist() == [4]
    assert [one.kind for one in leaks.pairs] == ["patient"]


def test_leaks_among_many_films_take_little_memory() -> None:
    """All pictures at once would be 16 kB a film, and all pairs of films far more."""
    held = []
    for count in (100, 800):
        films = pictures(count, np.random.default_rng(1))
        rows = np.arange(2 * count)
        tracemalloc.start()
        near_duplicates(films, rows[count:], rows[:count])
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (held[1] - held[0]) / 1400 < 8_000


def test_the_likest_of_many_pairs_are_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"p{place % 40}" for place in range(80)]
    material = make(patient=names)
    every = find_leaks(material).pairs
    assert len(every) == 40
    assert [one.likeness for one in every] == sorted((one.likeness for one in every), reverse=True)
    monkeypatch.setattr(leaks_module, "_SHOWN", 7)
    assert find_leaks(material).pairs == every[:7]
    monkeypatch.setattr(leaks_module, "_LOOKS", 1)  # what is forgotten is looked at again
    monkeypatch.setattr(leaks_module, "_CELLS", 1)
    assert find_leaks(material).pairs == every[:7]


def test_inflation_compares_test_films_with_and_without_a_leak(make: Make) -> None:
    names = [f"p{place}" for place in range(80)]
    names[40:60] = names[:20]
    material = make(patient=names)
    leaks = find_leaks(material)
    rows = material.rows("test")
    right = leaks.any | (np.arange(40) % 2 == 0)
    truth = material.labels[rows]
    said = np.where(right, truth, 1 - truth)
    predictions = Predictions(
        CLASSES, material.table["film_id"].to_numpy()[rows], np.full(40, "test"), truth,
        np.eye(2)[said],
    )  # fmt: skip
    one = inflation(material, leaks, predictions)
    assert one.value == 0.5
    assert one.interval is not None
    assert one.interval[0] > 0.2
    assert one.level == "caution"
    assert "20 of 20 are right, of those without 10 of 20" in one.say("caution", 0)[0]
