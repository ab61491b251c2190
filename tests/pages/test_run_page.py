"""The page of one run, over runs written straight into the store."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.audit.report import AuditReport
from core.audit.status import audit_basis
from core.evaluation.operating_point import OperatingPoint, choose_operating_point
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import Run, RunState, Store
from tests.pages.opening import APP, PATIENCE, table_read

pytestmark = pytest.mark.usefixtures("fresh_caches")


@pytest.fixture
def quiet_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of this test, without the artificial films of a first start."""
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda *_, **__: None)
    return store


def finished(store: Store, missed: int = 2, alarms: int = 0, classes: int = 2) -> Run:
    """40 covid and 40 other test films, some of them wrong, and a validation split in order."""
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    rng = np.random.default_rng(0)
    score = np.concatenate([rng.uniform(0.7, 0.99, 40), rng.uniform(0.01, 0.3, 40)])
    tested = score.copy()
    tested[:missed] = 0.2
    tested[40 : 40 + alarms] = 0.9
    both = np.concatenate([score, tested])
    rest = np.repeat((1 - both)[:, None] / (classes - 1), classes - 1, axis=1)
    Predictions(
        ("covid", "healthy", "viral")[:classes],
        np.array([f"{number:032x}" for number in range(160)]),
        np.array(["validation"] * 80 + ["test"] * 80),
        np.array(([0] * 40 + [1 + place % (classes - 1) for place in range(40)]) * 2),
        np.column_stack([both, rest]),
    ).save(files_of(store, run).create().predictions)
    store.runs.transition(run.run_id, RunState.DONE, finished_at=1_780_000_000.0)
    return store.runs.get(run.run_id)


def files_of(store: Store, run: Run) -> RunFiles:
    return RunFiles(store.workspace.run_folder(run.run_id))


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    app.switch_page("run.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert not app.error
    return app


def said(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "success")
    text = "\n".join(str(getattr(one, "value", "")) for kind in kinds for one in app.get(kind))
    return text.replace("\u00a0", " ")


def test_without_a_finished_run_the_page_says_what_to_do(quiet_store: Store) -> None:
    assert "No run has finished yet" in said(opened())


def test_the_first_thing_is_the_result_with_its_interval(quiet_store: Store) -> None:
    run = finished(quiet_store)
    page = opened(run=run.run_id)
    assert page.title[0].value == "CNN (from scratch) on study"
    assert "#### 78 of 80 test films right: 97.5 %, between 91.3 and 99.3 %" in said(page)
    assert "**38 of 40** covid films are found (95.0 %, between 83.5 and 98.6 %)" in said(page)
    assert "**0 of 40** healthy films are called covid by mistake" in said(page)
    assert "Not audited yet" in said(page)
    assert {one.label for one in page.metric} == {"Sensitivity", "Specificity", "F1", "ROC area"}


def test_a_first_run_that_still_trains_is_not_no_run(
    quiet_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.run.chosen_run.refresh", lambda store: None)
    run = quiet_store.runs.create(RunSpec(dataset="study", model="cnn"))
    quiet_store.runs.transition(run.run_id, RunState.TRAINING)
    page = opened(run=run.run_id)
    assert "has not finished. Its result will stand here." in said(page)
    assert "No run has finished yet" in said(opened(run="")), "an address without a run"
    quiet_store.runs.transition(run.run_id, RunState.FAILED)
    finished(quiet_store)
    assert "78 of 80 test films right" in said(opened(run=""))


def test_only_the_open_tab_is_worked_out(
    quiet_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished(quiet_store)
    files_of(quiet_store, run).predictions.write_bytes(b"rot")
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    page.switch_page("run.py")
    page.query_params.update({"run": run.run_id, "tab": "audit"})
    page.run()
    assert not page.error, "the audit's tab needs no predictions"
    assert "Nobody knows yet" in page.subheader[0].value
    page.query_params["tab"] = "threshold"
    page.run()
    assert "is damaged" in page.error[0].value
    assert page.title[0].value == "CNN (from scratch) on study", "the header stays"


@pytest.mark.parametrize(
    ("state", "said_of_it", "way_on"),
    [
        (RunState.TRAINING, "has not finished. Its result will stand here.", "Watch it train"),
        (RunState.FAILED, "has no result: it could not be trained to its end.", "See what"),
        (RunState.CANCELLED, "has no result: it was stopped before its end.", "See what"),
        (RunState.INTERRUPTED, "has no result: its training was interrupted.", "See what"),
    ],
)
def test_a_run_without_a_result_says_why_and_where_to_go(
    quiet_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    state: RunState,
    said_of_it: str,
    way_on: str,
) -> None:
    monkeypatch.setattr("pages.components.run.chosen_run.refresh", lambda store: None)
    other = finished(quiet_store)
    run = quiet_store.runs.create(RunSpec(dataset="study", model="cnn"))
    quiet_store.runs.transition(run.run_id, state)
    page = opened(run=run.run_id)
    assert said_of_it in said(page)
    link, results = page.get("page_link")
    assert (way_on in link.proto.label, link.proto.page) == (True, "train")
    assert f"run={run.run_id}" in link.proto.query_string
    assert results.proto.page == "results"
    page.selectbox(key="run_page_other").set_value(other.run_id).run()
    assert "78 of 80 test films right" in said(page), "another one can be opened instead"


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [("do_not_believe", "error"), ("caution", "warning"), ("no_shortcut_found", "success")],
)
def test_an_audit_speaks_at_the_top(quiet_store: Store, verdict: str, kind: str) -> None:
    run = finished(quiet_store)
    audited(quiet_store, run, verdict)
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    page.switch_page("run.py").run()
    boxes = [str(getattr(one, "value", "")) for one in page.get(kind)]
    assert any("**Mind it:** each class has its source." in one for one in boxes)
    assert "Not audited yet" not in said(page)


def audited(store: Store, run: Run, verdict: str) -> None:
    AuditReport(
        run=run.run_id,
        dataset="study",
        verdict=verdict,
        sentence="Mind it: each class has its source.",
        findings=(),
        basis=audit_basis(store, run),
    ).save_in(files_of(store, run).folder / "audit")


def test_an_audit_of_what_the_run_no_longer_is_gives_no_verdict(quiet_store: Store) -> None:
    run = finished(quiet_store)
    audited(quiet_store, run, "no_shortcut_found")
    assert "audit is old" not in said(opened())
    file = files_of(quiet_store, run).predictions
    kept = Predictions.load(file)
    answers = kept.probabilities[:, ::-1]
    Predictions(kept.classes, kept.film_ids, kept.split, kept.y_true, answers).save(file)
    page = opened()
    assert "This audit is old: since then the run has been trained again." in said(page).replace(
        "\\", ""
    )
    assert "#### 2 of 80 test films right: 2.5 %, between 0.7 and" in said(page)
    assert not page.success


def test_of_several_classes_each_is_told(quiet_store: Store) -> None:
    run = finished(quiet_store, classes=3)
    page = opened()
    names = Predictions.load(files_of(quiet_store, run).predictions).classes
    assert f"films; guessing would get 1 in {len(names)}." in said(page)
    assert all(name in said(page) for name in names)
    assert page.metric[0].label == f"Sensitivity of {names[0]}"


def test_a_threshold_is_chosen_shown_and_stored_on_the_button(quiet_store: Store) -> None:
    run = finished(quiet_store)
    files = files_of(quiet_store, run)
    page = opened(run=run.run_id, tab="threshold")
    assert not files.operating_point.exists(), "nobody chooses by looking"
    assert "Not stored: the run goes by the most probable class" in said(page)
    assert "too few films to promise 95 %" in said(page)
    assert "it takes at least 73, all of them found" in said(page)
    choose_operating_point(Predictions.load(files.predictions), by="program").save(
        files.operating_point
    )
    page = opened(run=run.run_id, tab="threshold")
    assert "(chosen by the program when the training ended)" in said(page)
    assert not page.button(key=f"store_aim_{run.run_id}").disabled, "a person may confirm it"
    page.number_input(key=f"aim_{run.run_id}").set_value(80.0).run()
    page.button(key=f"store_aim_{run.run_id}").click().run()
    stored = OperatingPoint.load_if_readable(files.operating_point)
    assert stored is not None
    assert (stored.target_sensitivity, stored.chosen_by) == (0.8, "person")
    assert "(chosen by a person)" in said(page)
    assert page.button(key=f"store_aim_{run.run_id}").disabled
    tested = table_read(page, 0)["Test"]
    assert (tested["Sensitivity"], tested["Missed"]) == ("95.0 % (83.5–98.6)", "2")
    page.button(key=f"forget_aim_{run.run_id}").click().run()
    assert not files.operating_point.exists()
    assert "Not stored: the run goes by the most probable class" in said(page)


def test_without_validation_films_there_is_a_result_and_a_sentence(quiet_store: Store) -> None:
    run = finished(quiet_store)
    file = files_of(quiet_store, run).predictions
    Predictions.load(file).of("test").save(file)
    assert "78 of 80 test films right" in said(opened(run=run.run_id))
    page = opened(run=run.run_id, tab="threshold")
    assert "No validation film of this run shows covid" in said(page)
    assert not page.number_input


def test_the_prevalence_moves_what_an_answer_is_worth(quiet_store: Store) -> None:
    run = finished(quiet_store, alarms=4)
    page = opened(run=run.run_id, tab="threshold")
    slider = page.select_slider(key=f"prevalence_{run.run_id}")
    slider.set_value(1).run()
    assert "Of **1,000 people like this**, 10 have covid" in said(page)
    rare = {one.label: one.value for one in page.metric}
    page.select_slider(key=f"prevalence_{run.run_id}").set_value(50).run()
    often = {one.label: one.value for one in page.metric}
    assert "500 have covid" in said(page)
    assert float(rare["PPV"].split()[0]) < 15 < 80 < float(often["PPV"].split()[0])
    assert float(rare["NPV"].split()[0]) > float(often["NPV"].split()[0])


def test_three_classes_are_one_against_the_others(quiet_store: Store) -> None:
    run = finished(quiet_store, classes=3)
    assert "other films are called covid by mistake" in said(opened(run=run.run_id))


def test_an_unknown_run_in_the_address_is_named(quiet_store: Store) -> None:
    run = finished(quiet_store)
    page = opened(run="gone")
    assert "There is no run gone. It may have been deleted." in page.warning[0].value
    page.selectbox(key="run_page_other").set_value(run.run_id).run()
    assert page.query_params["run"] in (run.run_id, [run.run_id])
    assert "78 of 80 test films right" in said(page)


def test_a_run_without_predictions_is_one_plain_sentence(quiet_store: Store) -> None:
    run = finished(quiet_store)
    files_of(quiet_store, run).predictions.unlink()
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    page.switch_page("run.py").run()
    assert not page.exception
    assert "Train the run again" in page.error[0].value


def test_the_stored_file_is_plain_json(quiet_store: Store) -> None:
    run = finished(quiet_store)
    choose_operating_point(Predictions.load(files_of(quiet_store, run).predictions)).save(
        files_of(quiet_store, run).operating_point
    )
    kept = json.loads(files_of(quiet_store, run).operating_point.read_text())
    assert set(kept) == {
        "positive", "target_sensitivity", "wanted_sensitivity", "threshold", "not_sure",
        "temperature", "chosen_by", "band_target", "version", "thoraxlens",
    }  # fmt: skip
