"""The tab External test of a run's page over a result written straight into the run's folder."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.external.testing import external_job, run_external
from core.runs.files import RunFiles
from core.store import Run, Store
from tests.core.external.conftest import AWAY, FakeClient, fake_client, finished
from tests.core.runs.jobs_at_hand import noted, stand
from tests.pages.opening import everything_said, open_app, table_read

pytestmark = pytest.mark.usefixtures("fresh_caches")

__all__ = ["fake_client", "finished"]


def opened(run: Run, source: str = AWAY) -> AppTest:
    page = open_app("run", tab="external", run=run.run_id, source=source)
    assert not page.exception
    return page


def test_before_a_test_the_page_says_what_would_be_tested(
    phantom_store: Store, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = noted(monkeypatch)
    page = open_app("run", tab="external")
    assert page.selectbox("external_source").value == AWAY, "the one it has not learnt from"
    assert page.selectbox("external_source").options[1].endswith("(the run has learnt from it)")
    assert f"**12** films of {AWAY} can test this run" in everything_said(page)
    assert [one["Class of the run"] for one in table_read(page, 0).values()] == ["covid", "healthy"]
    page.button("external_start").click().run()
    folder = external_job(phantom_store, finished.run_id, AWAY).folder
    assert started == [(folder, "external_test", {"run": finished.run_id, "source": AWAY})]


def test_a_drop_is_said_first_and_both_sides_stand_below(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient]
) -> None:
    run_external(phantom_store, finished.run_id, AWAY)
    page = opened(finished)
    assert f"On healthy films from {AWAY} it calls 100 of 100 covid" in page.error[0].value
    assert "does not hold" in page.error[0].value
    values = [(one.label, one.value) for one in page.metric]
    assert values == [
        ("Sensitivity", "100.0 %"),
        ("False alarms", "0.0 %"),
        ("ROC area", "1.000"),
        ("Sensitivity", "100.0 %"),
        ("False alarms", "100.0 %"),
        ("ROC area", "0.500"),
    ]
    assert any("6 of 6  \n61.0–100.0 %" in one.value for one in page.caption)
    alarms = table_read(page, 0)["No finding"]
    assert (alarms["Called covid"], alarms["Share"]) == ("6", "100.0 % (61.0–100.0 %)")
    assert page.selectbox("compare_cell").value == (1, 0), "false alarms first"
    assert any("healthy, but called covid: 6 films" in one.value for one in page.caption)
    assert len([one for one in page.button if one.label == "covid 75.0 %"]) == 6
    assert any("Each film gets the most probable class" in one.value for one in page.caption)
    point = OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=0.8,
        not_sure=(0.8, 0.8),
        temperature=1.0,
        chosen_by="person",
    )
    files = RunFiles(phantom_store.workspace.run_folder(finished.run_id))
    point.save(files.operating_point)
    page = opened(finished)
    rule = "A film is called covid from 80.0 % on (chosen by a person)"
    assert any(rule in one.value for one in page.caption)
    assert [one.value for one in page.metric][3:5] == ["0.0 %", "0.0 %"]
    page.segmented_control("external_rule").set_value("probable").run()
    assert not page.exception
    assert [one.value for one in page.metric][3:5] == ["100.0 %", "100.0 %"]


def test_an_old_result_says_so_first(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient]
) -> None:
    run_external(phantom_store, finished.run_id, AWAY)
    assert not opened(finished).warning
    file = RunFiles(phantom_store.workspace.run_folder(finished.run_id)).predictions
    own = Predictions.load(file)
    replace(own, probabilities=own.probabilities[:, ::-1]).save(file)
    page = opened(finished)
    assert "since then the run has been trained again" in page.warning[0].value
    assert page.button("external_start").label == "Test again"


def test_the_source_of_the_training_is_called_that(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient]
) -> None:
    run_external(phantom_store, finished.run_id, "Phantom films")
    page = opened(finished, "Phantom films")
    assert "is not external to this run" in page.warning[0].value


def test_a_running_test_shows_how_far_it_is_and_a_failed_one_why(
    phantom_store: Store, finished: Run
) -> None:
    job = external_job(phantom_store, finished.run_id, AWAY)
    stand(job, "working", "Classifying films", 3, 12)
    page = opened(finished)
    assert "Stop" in [one.label for one in page.button]
    [bar] = page.get("progress")
    assert "Classifying films (3 of 12)" in bar.proto.text
    stand(job, "failed", reason="The process that classifies films was killed.")
    page = opened(finished)
    assert "was killed" in page.error[0].value
    assert page.button("external_start").label == "Test on these films"


def test_a_source_without_the_runs_findings_cannot_test_it(
    phantom_store: Store, finished: Run
) -> None:
    spec = phantom_store.datasets.get("study").spec
    other = spec.classes[1].changed(findings=("Pneumonia",))
    phantom_store.datasets.delete("study")
    phantom_store.datasets.save(
        spec.changed(classes=(spec.classes[0].changed(findings=("SARS",)), other)), []
    )
    page = opened(finished)
    assert "No film of Other hospital can test this run: 6 because" in page.warning[0].value
    assert "external_start" not in [one.key for one in page.button]
