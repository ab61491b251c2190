"""The tab Slices of a run's page, and ``slices``, over phantom films of known people."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.__main__ import main
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.store import Run, Store
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.runs import make_dataset, make_run


@pytest.fixture
def blind(phantom_store: Store) -> Run:
    """A run tested on all phantom films: it calls none of women covid, and all of men that are."""
    make_dataset(phantom_store)
    run = make_run(phantom_store, "done")
    frame = phantom_store.catalogue.frame()
    truth = (frame["finding"] == "No finding").to_numpy()
    covid = np.where(~truth & (frame["sex"] == "M"), 0.9, 0.1)
    predictions = Predictions(
        ("covid", "healthy"),
        frame["film_id"].to_numpy(str),
        np.full(len(frame), "test"),
        truth.astype(int),
        np.column_stack([covid, 1 - covid]),
    )
    files = RunFiles(phantom_store.workspace.run_folder(run.run_id)).create()
    predictions.save(files.predictions)
    return run


def test_the_worst_group_is_named_and_stands_in_the_table(phantom_store: Store, blind: Run) -> None:
    app = open_app("run", run=blind.run_id, tab="slices")
    assert not app.exception
    [worst] = app.warning
    frame = phantom_store.catalogue.frame()
    women = int(((frame["sex"] == "F") & (frame["finding"] != "No finding")).sum())
    assert women
    assert f"Sensitivity is lowest in women: 0 of {women} covid films are found" in worst.value
    said = as_read(everything_said(app))
    assert "In every group that can be compared, all healthy films are" in said
    assert "By source, nothing can be compared: all films are from Phantom films" in said
    [table] = [one.proto.body for one in app.get("html") if "run-slices" in one.proto.body]
    assert table.count("</span> lowest</span>") == 1
    [row] = [one for one in table.split("<tr>") if ">women<" in one]
    assert f"0 of {women}</small> <span" in row
    assert 'aria-label="sensitivity of women: 0.0 %, 95 % interval 0.0–' in row
    assert 'class="guess" style="left:calc(0.' in row, "the run over all films"
    # Another threshold, other answers: nothing is found any more, in no group.
    files = RunFiles(phantom_store.workspace.run_folder(blind.run_id))
    predictions = Predictions.load(files.predictions)
    Predictions(
        predictions.classes, predictions.film_ids, predictions.split, predictions.y_true,
        np.tile([0.1, 0.9], (len(predictions), 1)),
    ).save(files.predictions)  # fmt: skip
    app = open_app("run", run=blind.run_id, tab="slices")
    assert not app.warning
    assert "In no group that is large enough is sensitivity lower" in everything_said(app)


def test_the_command_counts_as_the_catalogue_does(
    phantom_store: Store, blind: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["slices", blind.run_id, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    frame = phantom_store.catalogue.frame()
    groups = {(one["aspect"], one["value"]): one for one in told["slices"]}
    for sex, films in frame.groupby("sex", observed=True):
        one = groups["sex", sex]
        assert (one["films"], one["patients"]) == (len(films), films["patient"].nunique())
        assert one["sensitivity"] == float(sex == "M")
    for low, high in ((18, 39), (40, 59), (60, 79)):
        expected = int(frame["age"].between(low, high).sum())
        assert groups["age", f"{low}–{high}"]["films"] == expected
    [lowest] = told["lowest"]
    assert (lowest["aspect"], lowest["value"], lowest["clear"]) == ("sex", "F", True)
    assert lowest["difference"] == 1
    assert told["decision"]["rule"] == "most_probable"
    assert told["sentences"][0].startswith("Sensitivity is lowest in women")
    assert main(["slices", blind.run_id]) == 0
    assert "women" in capsys.readouterr().out
    waiting = make_run(phantom_store, "queued")
    assert main(["slices", waiting.run_id]) == 2
    assert "only a finished run has slices" in capsys.readouterr().err
