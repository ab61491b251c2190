"""Compare: the films behind a cell of a matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.datasets.phantom import draw
from core.evaluation.operating_point import OperatingPoint
from core.prediction.client import FilmResult
from core.runs.files import RunFiles
from core.store import Film, Source, Store
from tests.core.prediction.conftest import saved
from tests.pages.compare_page.compared_runs import finished_run, opened
from tests.pages.shown_films import shown_films


def test_the_films_of_a_cell_come_with_their_probability(quiet_store: Store) -> None:
    finished_run(quiet_store)
    quiet_store.catalogue.save_source(
        Source("Films", "folders", "/films"),
        [Film(f"a{2:031x}", "Films", "/films/2.png", "Films/p", "COVID-19", view="PA")],
    )
    page = opened()
    box = page.selectbox(key="compare_cell")
    assert box.value == (0, 1)  # the missed films come first
    assert "covid, but called healthy" in box.options
    assert any("covid, but called healthy: 1 film," in one.value for one in page.caption)
    assert page.button(key=f"compare_open_a{2:031x}").label == "covid 45.0 %"
    # The false alarm is not in the catalogue: said, and nothing to open.
    box.set_value((1, 0)).run()
    assert any("Not in the catalogue" in one.value for one in page.caption)


def test_an_opened_film_shows_where_the_compared_networks_looked(
    quiet_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    heat = np.ones((7, 7), np.float32)

    class Client:
        def classify(self, runs: list[str], films: object, **_: object) -> list[FilmResult]:
            asked.append(runs)
            shares = {"covid": 0.4, "healthy": 0.6}
            heats = {"covid": heat, "healthy": heat}
            said = FilmResult("2.png", runs[0], "healthy", shares, heat, None, "healthy")
            lost = FilmResult("2.png", runs[1], None, {}, None, "Its weights are gone.")
            return [replace(said, answer="healthy", heats=heats), lost]

    first, second = finished_run(quiet_store), finished_run(quiet_store, "cnn")
    film = Film(f"a{2:031x}", "Films", "/films/2.png", "Films/p", "COVID-19", view="PA")
    quiet_store.catalogue.save_source(Source("Films", "folders", "/films"), [film])
    content = saved(draw(2, covid_like=True, size=80).pixels)
    monkeypatch.setattr("pages.components.films.detail.read_imported", lambda *_: content)
    monkeypatch.setattr("pages.components.films.film_heat.get_client", Client)
    page = opened(runs=f"{first.run_id},{second.run_id}")
    page.button(key=f"compare_open_{film.film_id}").click().run()
    assert shown_films(page)[0]["layers"] == []
    assert not asked, "nobody is asked before somebody wants to know"
    page.toggle(key="film_heat").set_value(True).run()
    assert not page.exception
    assert sorted(asked[0]) == sorted([first.run_id, second.run_id])
    [viewer] = shown_films(page)
    assert len(viewer["networks"]) == 1
    assert [(one["class"], one["answered"]) for one in viewer["layers"]] == [
        ("covid", False),
        ("healthy", True),
    ]
    assert any("Its weights are gone." in one.value for one in page.caption)

    def look_again() -> None:
        page.run()
        page.button(key=f"compare_open_{film.film_id}").click().run()
        page.toggle(key="film_heat").set_value(True).run()
        assert shown_films(page)[0]["layers"]

    look_again()
    assert len(asked) == 1, "the answers are kept while the same film is looked at"
    OperatingPoint(
        positive="covid", target_sensitivity=0.95, threshold=0.5, not_sure=(0.5, 0.5), temperature=1
    ).save(RunFiles(quiet_store.workspace.run_folder(first.run_id)).operating_point)
    look_again()
    assert len(asked) == 2, "by another threshold the film may be called something else"


def test_a_cell_without_films_says_so(quiet_store: Store) -> None:
    finished_run(quiet_store, scores=(0.9, 0.9, 0.1, 0.1))
    page = opened()
    assert page.selectbox(key="compare_cell").value == (0, 0)
    page.selectbox(key="compare_cell").set_value((1, 0)).run()
    assert "healthy, but called covid: none" in page.info[0].value
