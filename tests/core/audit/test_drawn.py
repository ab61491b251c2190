"""Of many films an audit draws some by lot for its classifiers, and says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.audit import audit_data, some_films
from core.audit.audit_data import gather_audit_data
from core.audit.checks import data_checks
from core.audit.lungs import lung_region
from core.audit.probes import PROBES
from tests.core.audit.conftest import CLASSES, Make, facts, pictures


def test_few_films_are_taken_as_they_are(make: Make) -> None:
    material = make()
    assert material.drawn() is material


def test_whole_patients_are_drawn_and_the_same_ones_each_time(make: Make) -> None:
    material = make(patient=[f"p{place // 4}" for place in range(80)])
    some = material.drawn(12)
    assert (len(some.rows("train")), len(some.rows("test")), some.tested) == (12, 12, 40)
    films, counts = np.unique(some.table["patient"], return_counts=True)
    assert set(counts) == {4}
    assert films.tolist() == np.unique(material.drawn(12).table["patient"]).tolist()
    rows = [material.table["film_id"].tolist().index(one) for one in some.table["film_id"]]
    assert np.array_equal(some.films[:], material.films[rows])
    assert np.array_equal(some.lungs[:], material.lungs[rows])
    assert np.array_equal(some.labels, material.labels[rows])


def test_what_classifiers_get_is_told_of_those_that_were_drawn(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_data.AuditData.drawn, "__defaults__", (30,))
    found, leaks = data_checks(make())
    assert len(leaks.any) == 40
    probes = [one for one in found if "test_films" in one.details and "chance" in one.details]
    assert {one.details["test_films"] for one in probes} == {30}
    said = [one.say("no_shortcut_found", 0.5)[0] for one in probes]
    assert all("of 30 test films, drawn by lot from 40, right" in one for one in said), said


def test_films_are_mapped_from_a_folder_and_are_the_same(tmp_path: Path, make: Make) -> None:
    rng = np.random.default_rng(3)
    table = facts(40, rng)
    mapped = gather_audit_data(CLASSES, table, pictures(40, rng), [""] * 80, folder=tmp_path)
    within = make()
    assert isinstance(mapped.films, np.memmap)
    assert isinstance(mapped.lungs, np.memmap)
    for one in ("films", "lungs", "own_mask", "region"):
        assert np.array_equal(getattr(mapped, one), getattr(within, one)), one


def test_lungs_are_looked_for_where_somebody_looks(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = make()
    looked = every.looked(12)
    monkeypatch.setattr(audit_data.AuditData.looked, "__defaults__", (12,))
    some = make()
    assert some.looked().tolist() == looked.tolist()
    assert some.lungs[looked].any(axis=(1, 2)).all()
    assert np.array_equal(some.lungs[looked], every.lungs[looked])
    assert not np.delete(some.lungs[:], looked, axis=0).any()
    assert np.array_equal(some.region, lung_region(every.lungs[looked]))
    assert np.array_equal(some.films, every.films)


def test_what_classifiers_see_does_not_depend_on_how_many_films_are_read_at_a_time(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = make()
    whole = [one.features(material) for one in PROBES]
    monkeypatch.setattr(some_films, "AT_ONCE", 7)
    for one, expected in zip(PROBES, whole, strict=True):
        assert np.array_equal(one.features(material), expected), one.check
    assert np.array_equal(lung_region(material.lungs), material.region)
