"""What a run says of itself while it works and once it has ended."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from core.runs.files import RunFiles
from core.runs.lr_range import LRRangeTest
from core.specs import RunSpec
from core.store import Epoch, Run, RunProgress, RunResult, RunState, Store
from pages.components import run_labels
from pages.components.training import live_curves
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import RESULT, make_dataset, make_run


def a_run(state: str = "preparing", model: str = "vgg16", **progress: object) -> Run:
    spec = RunSpec(dataset="d", model=model, epochs=50)
    return Run(
        "20260101-000000-abcd", spec, RunState(state), progress=RunProgress.model_validate(progress)
    )


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (a_run(stage="films", done=12, total=396, unit="films"), "Reading films (12 of 396)"),
        (
            a_run(stage="features", done=120, total=396, unit="films"),
            "Looking at films through VGG16 (120 of 396)",
        ),
        (
            a_run(stage="weights", done=29_000_000, total=58_000_000, unit="bytes"),
            "Fetching pretrained weights (29 of 58 MB)",
        ),
        (a_run("training", stage="training", epoch=3, epochs=50), "Training: epoch 3 of 50"),
        (a_run("evaluating", stage="evaluating", done=0, total=0), "Testing"),
        (a_run("queued"), "Waiting for its turn"),
        (a_run("preparing"), "Getting ready"),
    ],
)
def test_stages_in_plain_words(run: Run, words: str) -> None:
    assert run_labels.stage(run) == words


def test_the_worker_says_no_stage_that_has_no_words() -> None:
    from core.runs.reporter import STAGES

    assert set(STAGES) == set(run_labels._STAGE_WORDS)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.0, "0 s"),
        (0.021, "0.02 s"),
        (4.21, "4.2 s"),
        (59.4, "59 s"),
        (200, "3 min 20 s"),
        (1260, "21 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert run_labels.duration(seconds) == words


def test_time_left_falls_back_on_the_epochs_so_far() -> None:
    epochs = pd.DataFrame({"epoch": [1, 2], "seconds": [4.0, 6.0]})
    assert run_labels.seconds_left(a_run("training"), epochs) == 48 * 5.0
    assert run_labels.seconds_left(a_run("training", eta_seconds=7), epochs) == 7
    assert run_labels.seconds_left(a_run("preparing"), epochs) is None


def test_a_gap_in_a_curve_stays_a_gap(store: Store) -> None:
    run = make_run(store, "training", epochs=2)
    spec: Any = live_curves._curve(run, store.runs.epochs(run.run_id), "accuracy", percent=True)
    training, validation = spec["series"]
    assert training["data"] == [[1, 60.0], [2, 60.0]]
    assert validation["data"] == [[1, None], [2, None]]
    assert spec["xAxis"]["max"] == 3
    assert "NaN" not in json.dumps(spec)


def test_an_active_run_shows_curves_and_progress(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    progress = {"stage": "training", "epoch": 3, "epochs": 3, "eta_seconds": 95, "done": 8}
    run = make_run(
        phantom_store, "training", epochs=2, device="GPU 0 (NVIDIA H200)", progress=progress
    )
    app = open_app("train", run=run.run_id)
    facts = {one.label: one.value for one in app.metric}
    assert facts["Epochs finished"] == "2 of 3"
    assert facts["Time left"] == "2 min"
    assert facts["Training accuracy"] == "60.0 %"
    assert facts["Validation accuracy"] == "–"
    [bar, *_] = [one.proto.text for one in app.get("progress") if one.proto.text]
    assert bar.endswith("2.0 s per epoch")
    assert "on GPU 0" in everything_said(app)
    assert len(app.get("echarts_chart")) == 2
    assert "This step: 2 min to go." in everything_said(app)
    # A second look at new data: the same charts, one epoch further, without a reload.
    told = progress | {"eta_seconds": 3, "left_seconds": 34}
    phantom_store.runs.beat(run.run_id, RunProgress.model_validate(told))
    app.run()
    assert {one.label: one.value for one in app.metric}["Time left"] == "35 s"
    assert "This step: under 10 s to go. What comes after it: 30 s." in everything_said(app)
    phantom_store.runs.beat(run.run_id, RunProgress.model_validate(told | {"left_seconds": 4}))
    app.run()
    assert {one.label: one.value for one in app.metric}["Time left"] == "< 10 s"


def test_the_curves_stand_there_before_there_is_anything_to_draw(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    for state, charts in (("queued", 2), ("preparing", 2), ("failed", 0)):
        run = make_run(phantom_store, state)
        app = open_app("train", run=run.run_id)
        assert len(app.get("echarts_chart")) == charts, state
        assert len(app.metric) == 4, state


def test_the_page_polls_only_while_something_is_going_on(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    intervals: list[float | None] = []
    real = st.fragment

    def fragment(func: object = None, *, run_every: float | None = None, **more: object) -> object:
        if func is None:
            intervals.append(run_every)
        return real(func, run_every=run_every, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(st, "fragment", fragment)
    make_dataset(phantom_store)
    run = make_run(phantom_store, "training", epochs=1, progress={"stage": "training"})
    app = open_app("train", run=run.run_id)
    assert intervals[-1] == 1.0
    phantom_store.runs.transition(
        run.run_id, RunState.DONE, result=RunResult.model_validate(RESULT)
    )
    app.run()
    assert intervals[-1] is None


def test_a_finished_run_shows_its_result_and_where_to_go(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    run = make_run(phantom_store, "done", epochs=3, device="CPU", result=RESULT)
    app = open_app("train", run=run.run_id)
    facts = {one.label: one.value for one in app.metric}
    assert facts["Test accuracy"] == "96.3 %"
    assert facts["Specificity"] == "–"
    assert facts["Time taken"] == "1 min 5 s"
    found: list[Any] = list(app.get("page_link"))
    links = {one.page.split("?")[0]: one.proto.query_string for one in found}
    assert any(f"runs={run.run_id}" in query for query in links.values())
    assert any(f"run={run.run_id}" in query for query in links.values())


def test_the_log_is_read_when_it_is_opened(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    run = make_run(phantom_store, "failed", reason="It broke.")
    folder = phantom_store.workspace.run_folder(run.run_id)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("first\nlast line\n")
    app = open_app("train", run=run.run_id)
    assert not app.code
    app.session_state[f"log_{run.run_id}"] = True
    app.run()
    assert app.code[0].value.endswith("last line")


def test_fine_tuning_is_a_second_phase_and_what_it_took_is_told(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    seconds = {"decode": 2.0, "features": 30.0, "train": 20.0, "evaluate": 1.0, "total": 65.0}
    result = RESULT | {"seconds": seconds, "fine_tuned": ["Block 5"],
              "fine_tune_seconds_per_epoch": 8.0}  # fmt: skip
    spec = {"model": "vgg16", "fine_tune": 1, "fine_tune_epochs": 2, "find_learning_rate": True}
    run = make_run(phantom_store, "done", epochs=3, result=result, spec=spec)
    for number in (4, 5):
        epoch = Epoch(number, 0.3, 0.8, 0.3, 0.8, 1e-5, 4.0, "fine-tuning")
        phantom_store.runs.save_epoch(run.run_id, epoch)
    frame = phantom_store.runs.epochs(run.run_id)
    training = live_curves._curve(run, frame, "loss", percent=False)["series"][0]
    assert training["markLine"]["data"] == [{"xAxis": 3.5}]
    before = live_curves._curve(run, frame.head(3), "loss", percent=False)["series"][0]
    assert "markLine" not in before

    rates = (1e-6, 1e-4, 1e-2)
    folder = RunFiles(phantom_store.workspace.run_folder(run.run_id)).create()
    LRRangeTest(rates=rates, losses=(0.7, 0.5, 0.9), suggested=1e-4).save(folder.rates)
    app = open_app("train", run=run.run_id)
    said = everything_said(app)
    assert "fine-tuned: Block 5, 8.0 s per epoch" in said
    assert "trained with the suggested rate, 0.0001" in said
    labels = [one.label for one in app.expander]
    assert "Where the time went: 1 min 5 s in all" in labels
    assert "Learning rates tried" in labels
    [tried, spent] = [json.loads(one.proto.spec) for one in app.get("plotly_chart")]
    assert tried["data"][0]["y"] == [0.7, 0.5, 0.9]
    assert spent["data"][0]["x"] == [2.0, 30.0, 20.0, 1.0, 12.0]
