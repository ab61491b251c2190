"""Compare: its tables, matrices and curves, and what a threshold changes in them."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from core import figures
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import Epoch, RunState, Store
from pages.components.comparing.comparison_state import compare_entries
from pages.components.comparing.summary import _frame
from pages.components.downloads import safe_name
from tests.pages.compare_page.compared_runs import (
    class_report,
    counts,
    finished_run,
    opened,
    summary,
)
from tests.pages.opening import as_read, table_read


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


def test_intervals_follow_when_films_are_given_to_other_patients(quiet_store: Store) -> None:
    run = finished_run(quiet_store, scores=(0.9, 0.8, 0.4, 0.6, 0.1, 0.2) * 4)
    films = Predictions.load(RunFiles(quiet_store.workspace.run_folder(run.run_id)).predictions)
    compared = compare_entries([(run, films)], "test", None)
    own = {film: film for film in films.film_ids.tolist()}
    few = {film: str(place % 3) for place, film in enumerate(own)}
    asked = (compared, None, "test")
    before, after = (_frame(*asked, whose, published=False) for whose in (own, few))
    ends = ["roc_auc_low", "roc_auc_high"]
    assert before[ends].notna().all(axis=None)
    assert before[ends].values.tolist() != after[ends].values.tolist()
