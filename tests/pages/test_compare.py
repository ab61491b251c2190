"""The Compare page over runs written straight into the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import figures
from core.datasets.phantom import draw
from core.evaluation.predictions import Predictions
from core.prediction.client import FilmResult
from core.runs.files import RunFiles
from core.specs import RepeatKind, RepeatSpec, RunSpec
from core.store import (
    Epoch,
    Film,
    Run,
    RunOrigin,
    RunResult,
    RunState,
    Source,
    SplitNumbers,
    Store,
)
from pages.components.downloads import safe_name
from tests.core.prediction.conftest import saved
from tests.pages.opening import APP, PATIENCE, as_read, table_read
from tests.pages.shown_films import shown_films


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def quiet_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of this test, without the artificial films of a first start."""
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda *_, **__: None)
    return store


def finished_run(
    store: Store,
    model: str = "vgg16",
    *,
    scores: tuple[float, ...] = (0.9, 0.8, 0.45, 0.6, 0.1, 0.2),
    prefix: str = "a",
    classes: tuple[str, ...] = ("covid", "healthy"),
    repeat: RepeatSpec | None = None,
    origin: RunOrigin | None = None,
) -> Run:
    """Three covid and three healthy test films with these probabilities of covid."""
    run = store.runs.create(RunSpec(dataset="study", model=model, repeat=repeat), origin)
    films = len(scores)
    half = films // 2
    rest = len(classes) - 1
    table = [[score, *[(1 - score) / rest] * rest] for score in scores]
    predictions = Predictions(
        classes,
        [f"{prefix}{index:031x}" for index in range(2 * films)],
        ["test"] * films + ["validation"] * films,
        ([0] * half + [1] * (films - half)) * 2,
        np.array(table + [[1.0] + [0.0] * rest] * films),
    )
    predictions.save(RunFiles(store.workspace.run_folder(run.run_id)).create().predictions)
    for epoch in (1, 2):
        store.runs.save_epoch(run.run_id, Epoch(epoch, 0.5, 0.8, 0.6, 0.7, 1e-3, 1.5))
    store.runs.transition(
        run.run_id,
        RunState.DONE,
        finished_at=1_780_000_000.0,
        result=RunResult(
            trainable_params=32_962,
            seconds_per_epoch=1.5,
            train=SplitNumbers(accuracy=0.95, loss=0.15),
        ),
    )
    return store.runs.get(run.run_id)


def finished_group(store: Store, kind: RepeatKind, *, count: int = 3, finished: int = 2) -> str:
    """A group of repeats of which so many are done: all right, then one film wrong …"""
    group = f"group-{kind}"
    for index in range(finished):
        repeat = RepeatSpec(group=group, kind=kind, index=index, count=count)
        scores = (0.9, 0.8, 0.9 - 0.5 * index, 0.1, 0.1, 0.2)
        prefix = chr(ord("a") + index) if kind == "folds" else "a"
        finished_run(store, scores=scores, prefix=prefix, repeat=repeat)
    return group


def opened(**address: str) -> AppTest:
    """The page inside the app, whose links to other pages work only there."""
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    app.switch_page("compare.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def address(app: AppTest) -> str:
    """The runs in the address; AppTest gives what it was given as text, else a list."""
    value = app.query_params["runs"]
    return value if isinstance(value, str) else value[0]


def summary(page: AppTest) -> dict[str, dict[str, str]]:
    """The three tables of the summary in one: results, precision, and how each was trained."""
    first = next(
        place for place, one in enumerate(page.table) if "Specificity" in one.value.columns
    )
    results, precision, trained = (table_read(page, first + place) for place in range(3))
    return {name: row | precision[name] | trained[name] for name, row in results.items()}


def class_report(page: AppTest) -> dict[str, dict[str, str]]:
    """The first classification report."""
    place = next(place for place, one in enumerate(page.table) if "Recall (%)" in one.value.columns)
    return table_read(page, place)


def counts(row: dict[str, str]) -> tuple[str, str]:
    return row["Missed"], row["False alarms"]


def test_without_a_finished_run_the_page_says_what_to_do(quiet_store: Store) -> None:
    quiet_store.runs.create(RunSpec(dataset="study", model="cnn"))
    page = opened()
    assert any("No run has finished yet" in one.value for one in page.markdown)
    assert not page.multiselect


def test_the_starred_run_is_chosen_else_the_newer_of_two_alike(quiet_store: Store) -> None:
    older = finished_run(quiet_store)
    finished_run(quiet_store, "cnn")
    newest = quiet_store.runs.all([RunState.DONE])[0]
    page = opened()
    assert page.multiselect(key="run_picker").value == [newest.run_id]
    assert address(page) == newest.run_id
    quiet_store.runs.remark([older.run_id], title="My *first*", star=True)
    page = opened()
    assert page.multiselect(key="run_picker").value == [older.run_id]
    assert any(one.startswith("My *first*, ") for one in page.multiselect(key="run_picker").options)


def test_of_the_example_both_networks_stand_side_by_side_until_one_of_ones_own_has_finished(
    quiet_store: Store,
) -> None:
    example = RunOrigin(kind="example", title="A network", artificial=True)
    runs = [finished_run(quiet_store, origin=example) for _ in range(2)]
    assert opened().multiselect(key="run_picker").value == [run.run_id for run in reversed(runs)]
    own = finished_run(quiet_store)
    assert opened().multiselect(key="run_picker").value == [own.run_id]


def test_the_address_chooses_several_runs_and_keeps_up_with_the_choice(
    quiet_store: Store,
) -> None:
    first, second = finished_run(quiet_store), finished_run(quiet_store, "cnn")
    page = opened(runs=f"{second.run_id},{first.run_id}")
    assert page.multiselect(key="run_picker").value == [second.run_id, first.run_id]
    assert not page.warning
    page.multiselect(key="run_picker").set_value([first.run_id]).run()
    assert address(page) == first.run_id
    page.multiselect(key="run_picker").set_value([]).run()
    assert "at least one run" in page.info[0].value


def test_an_unknown_run_in_the_address_is_named_and_the_others_are_shown(
    quiet_store: Store,
) -> None:
    run = finished_run(quiet_store)
    page = opened(runs=f"gone,{run.run_id}")
    assert "gone (deleted, or never there)" in page.warning[0].value
    assert page.multiselect(key="run_picker").value == [run.run_id]


def test_the_summary_holds_the_runs_and_the_published_rows(quiet_store: Store) -> None:
    finished_run(quiet_store)
    page = opened()
    rows = summary(page)
    assert len(rows) == 5
    own = next(row for name, row in rows.items() if name.startswith("VGG16 (photographs) · "))
    assert own["Accuracy"] == "66.7 % (30.0–90.3)"
    assert counts(own) == ("1", "1")
    assert own["Train loss"] == "0.150"
    assert own["Trainable"] == "32,962"
    assert rows["CNN (published)"]["Precision healthy"] == "77.0 %"
    page.toggle(key="compare_intervals").set_value(False).run()
    assert next(iter(summary(page).values()))["Accuracy"] == "66.7 %"
    page.toggle(key="compare_published").set_value(False).run()
    assert len(summary(page)) == 1


def test_a_random_backbone_beside_the_published_rows_is_said(quiet_store: Store) -> None:
    pretrained = finished_run(quiet_store)
    run = quiet_store.runs.create(RunSpec(dataset="study", model="vgg16", weights="random"))
    folder = quiet_store.workspace.run_folder
    Predictions.load(RunFiles(folder(pretrained.run_id)).predictions).save(
        RunFiles(folder(run.run_id)).create().predictions
    )
    quiet_store.runs.transition(run.run_id, RunState.DONE, finished_at=1_780_000_000.0)
    name = f"VGG16 (random weights) · {run.run_id[-4:]}"
    page = opened(runs=f"{run.run_id},{pretrained.run_id}")
    assert {name, "VGG16 (published)"} < set(summary(page))
    [warning] = [one.value for one in page.warning if "random weights" in one.value]
    assert as_read(warning).startswith(f"{name} has a frozen part with random weights")
    assert "the two rows are not about the same network" in warning
    page.toggle(key="compare_published").set_value(False).run()
    [warning] = [one.value for one in page.warning if "random weights" in one.value]
    assert "published" not in warning
    assert "same network" not in warning
    assert not any("random" in one.value for one in opened(runs=pretrained.run_id).warning)


def test_what_photographs_were_worth_is_said_where_runs_differ_in_them(quiet_store: Store) -> None:
    right = tuple([0.9] * 20 + [0.1] * 20)
    pretrained = finished_run(quiet_store, scores=right)
    random = finished_run(quiet_store, scores=tuple([0.9] * 20 + [0.9] * 10 + [0.1] * 10))
    quiet_store.runs.delete(random.run_id)
    run = quiet_store.runs.create(random.spec.changed(weights="random"))
    folder = quiet_store.workspace.run_folder
    RunFiles(folder(run.run_id)).create()
    shutil.copy(
        RunFiles(folder(random.run_id)).predictions, RunFiles(folder(run.run_id)).predictions
    )
    quiet_store.runs.transition(run.run_id, RunState.DONE, finished_at=1_780_000_000.0)
    page = opened(runs=f"{run.run_id},{pretrained.run_id}")
    [said] = [as_read(one.value) for one in page.info if "Having seen" in one.value]
    assert said.startswith("Having seen photographs before was worth 25.0 points of accuracy here")
    assert "on these 40 films, VGG16 is right more often than with random weights" in said
    alone = opened(runs=pretrained.run_id)
    assert not any("Having seen" in one.value for one in alone.info)


def test_the_threshold_moves_tables_matrices_and_films_at_once(quiet_store: Store) -> None:
    finished_run(quiet_store)
    page = opened()
    page.toggle(key="compare_published").set_value(False).run()
    page.segmented_control(key="compare_rule").set_value("threshold").run()
    page.slider(key="compare_threshold").set_value(0.4).run()
    (row,) = summary(page).values()
    assert counts(row) == ("0", "1")
    assert class_report(page)["covid"]["Recall (%)"].startswith("100 (")
    page.slider(key="compare_threshold").set_value(0.7).run()
    (row,) = summary(page).values()
    assert counts(row) == ("1", "0")
    assert page.selectbox(key="compare_cell").value == (0, 1)


def test_charts_are_built_once_and_again_when_they_show_something_else(
    quiet_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def counted(name: str) -> None:
        real = getattr(figures, name)

        def draw(*args: Any, **options: Any) -> Any:
            built.append(name)
            return real(*args, **options)

        monkeypatch.setattr(figures, name, draw)

    for name in ("roc_figure", "distribution_figure", "confusion_figure", "curves_figure"):
        counted(name)
    run = finished_run(quiet_store)
    page = opened()
    page.segmented_control(key="compare_rule").set_value("threshold").run()
    assert not page.error
    built.clear()
    page.slider(key="compare_threshold").set_value(0.51).run()
    assert not page.error
    assert built == [], "no film is called otherwise, and the rest is moved in the browser"
    page.slider(key="compare_threshold").set_value(0.4).run()
    assert built == ["confusion_figure"]
    built.clear()
    page.segmented_control(key="compare_split").set_value("validation").run()
    assert {"roc_figure", "distribution_figure"} <= set(built)
    assert "curves_figure" not in built
    built.clear()
    quiet_store.runs.save_epoch(run.run_id, Epoch(9, 0.5, 0.9, None, None, 0.01, 1.0))
    page.run()
    assert built == ["curves_figure"] * 2, "another epoch is another curve"


def test_other_splits_can_be_looked_at(quiet_store: Store) -> None:
    finished_run(quiet_store)
    page = opened()
    page.segmented_control(key="compare_split").set_value("validation").run()
    row = next(iter(summary(page).values()))
    assert row["Sensitivity"].startswith("100.0 % (")
    assert row["Specificity"].startswith("0.0 % (")


def test_runs_with_other_test_films_are_called_so(quiet_store: Store) -> None:
    first = finished_run(quiet_store)
    other = finished_run(quiet_store, "cnn", prefix="b")
    same = finished_run(quiet_store, "cnn")
    page = opened(runs=f"{first.run_id},{other.run_id}")
    assert "tested on different films" in page.warning[0].value
    page.multiselect(key="run_picker").set_value([first.run_id, same.run_id]).run()
    assert not page.warning
    assert "cannot be told apart" in page.info[0].value, "before the tables"
    [row] = table_read(page, 0).values()
    assert row["Told apart"] == "no"
    assert row["Difference"].startswith("0.0 points")


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
    page.run()
    assert len(asked) == 1, "the answers are kept while the same film is looked at"


def test_a_cell_without_films_says_so(quiet_store: Store) -> None:
    finished_run(quiet_store, scores=(0.9, 0.9, 0.1, 0.1))
    page = opened()
    assert page.selectbox(key="compare_cell").value == (0, 0)
    page.selectbox(key="compare_cell").set_value((1, 0)).run()
    assert "healthy, but called covid: none" in page.info[0].value


def test_repeats_are_one_entry_with_mean_and_spread(quiet_store: Store) -> None:
    group = finished_group(quiet_store, "seeds")
    page = opened()
    assert page.multiselect(key="run_picker").value == [group], "the newest entry"
    assert address(page) == group
    labels = page.multiselect(key="run_picker").options
    assert labels[0].startswith("VGG16 (photographs) on study · 3 seeds (2 of 3 finished)")
    assert labels[1].startswith("VGG16 (photographs) on study · seed 2 of 3 · ")
    rows = summary(page)
    row = rows["VGG16 (photographs) · 3 seeds (2 of 3 finished) · eeds"]
    assert row["Sensitivity"].startswith("83.3 ± 23.6 %")  # of 1 and 2 in 3
    assert row["Missed"] == "0.5 ± 0.7"
    assert class_report(page)["covid"]["Recall (%)"] == "83.3 ± 23.6"
    said = [one.value for one in page.caption]
    assert any("Mean counts of 2 runs" in one for one in said)
    assert "Choose a single run" in page.info[0].value
    assert not page.selectbox
    page.segmented_control(key="compare_rule").set_value("threshold").run()
    page.slider(key="compare_threshold").set_value(0.3).run()
    assert not page.exception
    row = summary(page)["VGG16 (photographs) · 3 seeds (2 of 3 finished) · eeds"]
    assert row["Sensitivity"].startswith("100.0 ± 0.0 %")


def test_folds_add_up_and_their_films_can_be_seen(quiet_store: Store) -> None:
    group = finished_group(quiet_store, "folds", count=2)
    page = opened(runs=group)
    row = summary(page)["VGG16 (photographs) · 2 folds · olds"]
    assert counts(row) == ("1", "0")
    assert [one for one in row if one.startswith("Precision")] == [
        "Precision covid",
        "Precision healthy",
    ]
    assert any("each was tested once" in one.value for one in page.caption)
    assert any("covid, but called healthy: 1 film," in one.value for one in page.caption)
    page.segmented_control(key="compare_split").set_value("validation").run()
    assert not page.exception
    assert any("Mean counts" in one.value for one in page.caption)


def test_repeats_stand_beside_runs_and_their_own_members(quiet_store: Store) -> None:
    alone = finished_run(quiet_store, "cnn")
    group = finished_group(quiet_store, "seeds", count=2)
    first = quiet_store.runs.group(group)[0]
    page = opened(runs=f"{alone.run_id},{group},{first.run_id}")
    assert not page.warning
    own = [name for name in summary(page) if "published" not in name]
    assert [name.rsplit(" · ", 1)[0] for name in own] == [
        "CNN (from scratch)",
        "VGG16 (photographs) · 2 seeds",
        "VGG16 (photographs) · seed 1 of 2",
    ]
    assert page.selectbox(key="compare_cell_run").options == [
        f"CNN (from scratch) on study · {alone.run_id[-4:]}",
        f"VGG16 (photographs) on study · seed 1 of 2 · {first.run_id[-4:]}",
    ]
    files = [one.label for one in page.download_button]
    assert files.count("Matrix (PNG)") == 3


def test_three_classes_go_by_the_most_probable_until_a_threshold_is_set(
    quiet_store: Store,
) -> None:
    finished_run(
        quiet_store, scores=(0.9, 0.8, 0.45, 0.2), classes=("covid", "bacterial", "healthy")
    )
    page = opened()
    assert not page.slider
    page.selectbox(key="compare_cell").set_value((1, 0)).run()
    said = [one.value for one in page.caption]
    assert any(one.startswith("covid 45.0 %") for one in said), "of the class that it was called"
    page.segmented_control(key="compare_rule").set_value("threshold").run()
    page.slider(key="compare_threshold").set_value(0.95).run()
    assert next(iter(summary(page).values()))["Sensitivity"].startswith("0.0 %")


def test_a_run_whose_predictions_are_gone_is_left_out_with_a_reason(quiet_store: Store) -> None:
    good, bad = finished_run(quiet_store), finished_run(quiet_store, "cnn")
    RunFiles(quiet_store.workspace.run_folder(bad.run_id)).predictions.unlink()
    page = opened(runs=f"{good.run_id},{bad.run_id}")
    assert "is left out" in page.error[0].value
    assert len(summary(page)) == 5


def test_downloads_are_offered_for_tables_and_for_each_matrix(quiet_store: Store) -> None:
    first, second = finished_run(quiet_store), finished_run(quiet_store, "cnn")
    labels = [one.label for one in opened(runs=f"{first.run_id},{second.run_id}").download_button]
    assert labels == ["Summary (CSV)", "Reports (CSV)", "Predictions (CSV)", *["Matrix (PNG)"] * 2]


@pytest.mark.parametrize(
    ("text", "name"),
    [("VGG16 on study · ab12", "VGG16-on-study-ab12"), ("../x", "x"), ("…", "thoraxlens")],
)
def test_file_names_fit_every_system(text: str, name: str) -> None:
    assert safe_name(text) == name
