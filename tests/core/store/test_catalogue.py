"""What is known of films and of where they come from."""

from __future__ import annotations

import json

import pytest

from core.errors import InputError, NotFoundError
from core.store import LeftOut, Source, Store
from tests.core.store.made import fill_catalogue, film_numbered


def test_a_film_comes_back_as_it_went_in(store: Store) -> None:
    fill_catalogue(store)
    assert store.catalogue.film(film_numbered(1).film_id) == film_numbered(1)
    asked = [film_numbered(3).film_id, "gone", film_numbered(0).film_id]
    assert store.catalogue.films(asked) == [film_numbered(3), film_numbered(0)]
    with pytest.raises(NotFoundError):
        store.catalogue.film("gone")


def test_saving_twice_adds_nothing_and_moves_the_version(store: Store) -> None:
    before = store.catalogue.version()
    source = Source("hospital", "folders", "/films")
    assert store.catalogue.save_source(source, [film_numbered(1), film_numbered(2)]) == 2
    assert (
        store.catalogue.save_source(source, [film_numbered(1), film_numbered(2), film_numbered(3)])
        == 1
    )
    assert store.catalogue.count() == 3
    assert store.catalogue.version() > before


def test_a_name_stands_for_one_folder(store: Store) -> None:
    fill_catalogue(store)
    with pytest.raises(InputError, match="another name"):
        store.catalogue.save_source(Source("hospital", "folders", "/elsewhere"), [])
    assert store.catalogue.source_at("/elsewhere") is None


def test_removing_a_source_takes_its_films(store: Store) -> None:
    fill_catalogue(store)
    assert store.catalogue.remove_source("hospital") == 4
    assert store.catalogue.count() == 0
    with pytest.raises(NotFoundError):
        store.catalogue.remove_source("hospital")


def test_the_frame_has_categories_and_missing_ages(store: Store) -> None:
    fill_catalogue(store)
    frame = store.catalogue.frame()
    assert len(frame) == 4
    assert str(frame["finding"].dtype) == "category"
    assert frame["age"].isna().sum() == 1


def test_a_sample_is_from_all_sources_and_stays_the_same(store: Store) -> None:
    assert store.catalogue.sample(3) == []
    assert store.catalogue.count_by_source() == {}
    fill_catalogue(store)
    clinic = Source("clinic", "folders", "/clinic")
    empty = Source("empty", "folders", "/empty")
    store.catalogue.save_source(clinic, [film_numbered(number, "clinic") for number in (10, 11)])
    store.catalogue.save_source(empty, [])
    assert store.catalogue.count_by_source() == {"hospital": 4, "clinic": 2}
    drawn = store.catalogue.sample(5)
    assert [film.source for film in drawn] == ["hospital"] * 4 + ["clinic"]
    assert store.catalogue.sample(5) == drawn
    assert len(store.catalogue.sample(99)) == 6


def test_an_empty_frame_still_has_its_columns(store: Store) -> None:
    frame = store.catalogue.frame()
    assert frame.empty
    assert {"film_id", "finding", "view", "age"} <= set(frame.columns)


def test_one_folder_imported_under_two_names_at_once(store: Store) -> None:
    store.catalogue.save_source(Source("one", "folders", "/films"), [])
    with pytest.raises(InputError, match="has just been imported as “one”"):
        store.catalogue.save_source(Source("two", "folders", "/films"), [])


def test_an_import_report_of_an_earlier_version_is_read_by_field(store: Store) -> None:
    kept = {
        "source": "hospital", "layout": "folders", "records": 3, "added": 1, "known": 1,
        "by_finding": {"COVID-19": 2}, "by_view": {"PA": 2}, "unlisted": ["b.png"],
        "left_out": [{"file": "a.png", "reason": "no film"}], "left_out_count": 1,
        "choices": {"uncertain": "left out", "table": "", "columns": None}, "of_long_ago": 9,
    }  # fmt: skip
    store.catalogue.save_source(Source("hospital", "folders", "/films"), [])
    assert store.catalogue.sources()[0].report is None
    with store.database.work(write=True) as work:
        work.execute("UPDATE sources SET report = ?", (json.dumps(kept),))
    report = store.catalogue.sources()[0].report
    assert report is not None
    assert (report.records, report.unlisted, report.remarks) == (3, ("b.png",), ())
    assert report.left_out == (LeftOut("a.png", "no film"),)
    assert report.choices == kept["choices"]
    assert store.catalogue.damaged() == []
