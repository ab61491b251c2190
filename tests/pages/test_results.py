"""The table of all results: what its rows say, and what is done when the browser asks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import streamlit as st

from core.audit.report import AuditReport, audit_folder
from core.errors import InputError, NotFoundError
from core.evaluation.predictions import Predictions
from core.external.result_file import ExternalResult, save_result
from core.runs.files import RunFiles
from core.store import RunRemarks, RunState, Store
from pages.components.results import table
from pages.components.results.rows import result_rows, results_frame
from pages.components.run_labels import when
from tests.pages.compare_page.compared_runs import finished_group, finished_run
from tests.pages.opening import everything_said, open_app

pytestmark = pytest.mark.usefixtures("fresh_caches")


@pytest.fixture
def quiet(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of this test, without the artificial films of a first start."""
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda *_, **__: None)
    return store


def rows(store: Store) -> list[dict[str, Any]]:
    return result_rows(store, store.runs.all([RunState.DONE]))


def said(row: dict[str, Any]) -> dict[str, str]:
    return {name: cell["said"] for name, cell in row["cells"].items()}


def audited(store: Store, run_id: str, verdict: Any) -> None:
    report = AuditReport(
        run=run_id, dataset="study", verdict=verdict, sentence="So.", findings=(), made_at=5.0
    )
    folder = audit_folder(store.workspace.run_folder(run_id))
    folder.mkdir()
    report.save_in(folder)


def elsewhere(store: Store, run_id: str, source: str, scores: list[float], *, seen: bool) -> None:
    """Of two covid films and two healthy ones from elsewhere the run said this."""
    positive = np.array(scores)
    away = Predictions(
        ("covid", "healthy"),
        np.array([f"{number:032x}" for number in range(4)]),
        np.array(["external"] * 4),
        np.array([0, 0, 1, 1]),
        np.column_stack([positive, 1 - positive]),
    )
    save_result(store.workspace, ExternalResult(run_id, source, 5.0, (), (), (), seen, away))


def test_a_row_says_what_a_run_reached(quiet: Store) -> None:
    run = finished_run(quiet)
    audited(quiet, run.run_id, "do_not_believe")
    elsewhere(quiet, run.run_id, "Away", [0.9, 0.9, 0.1, 0.9], seen=False)
    elsewhere(quiet, run.run_id, "Home", [0.1, 0.1, 0.9, 0.9], seen=True)
    [row] = rows(quiet)
    # Covid at 0.9, 0.8, 0.45 and healthy at 0.6, 0.1, 0.2: one of each is wrong, and of nine pairs
    # one, 0.45 and 0.6, is the wrong way round.
    assert said(row) == {
        "dataset": "study", "network": "VGG16", "weights": "photographs", "accuracy": "66.7 %",
        "sensitivity": "66.7 %", "specificity": "66.7 %", "roc_auc": "0.889",
        "audit": "do not believe (old)", "external": "75.0 %", "took": "–",
        "finished": when(run.finished_at),
    }  # fmt: skip
    # Its data set is gone, so nobody can say whether the verdict still holds: no colour vouches.
    assert (row["cells"]["audit"]["sign"], row["cells"]["audit"]["colour"]) == ("✕", "#808080")
    assert row["cells"]["external"]["below"] == "Away"
    assert (row["name"], row["short"], row["repeats"]) == ("VGG16", "", "")
    assert row["members"] == []


def test_seeds_are_one_row_that_opens_with_mean_and_spread(quiet: Store) -> None:
    group = finished_group(quiet, "seeds")  # all right, then one of six wrong
    audited(quiet, quiet.runs.group(group)[1].run_id, "caution")
    [row] = rows(quiet)
    accuracy = row["cells"]["accuracy"]
    assert (accuracy["said"], accuracy["below"]) == ("91.7 %", "± 11.8 %")
    assert row["key"] == group
    assert row["repeats"] == "3 seeds (2 of 3 finished)"
    assert row["cells"]["audit"]["said"] == "be careful (old) (1 of 2 audited)"
    assert [one["name"] for one in row["members"]] == ["seed 1 of 3", "seed 2 of 3"]
    assert [said(one)["accuracy"] for one in row["members"]] == ["100.0 %", "83.3 %"]


def test_what_is_called_the_same_has_the_end_of_its_id(quiet: Store) -> None:
    first, second, third = finished_run(quiet), finished_run(quiet), finished_run(quiet, "cnn")
    quiet.runs.remark([third.run_id], title="Mine")
    assert {row["key"]: (row["name"], row["short"]) for row in rows(quiet)} == {
        first.run_id: ("VGG16", first.run_id[-4:]),
        second.run_id: ("VGG16", second.run_id[-4:]),
        third.run_id: ("Mine", ""),
    }


def test_what_is_not_known_sorts_last_and_is_a_dash(quiet: Store) -> None:
    run = finished_run(quiet)
    RunFiles(quiet.workspace.run_folder(run.run_id)).predictions.unlink()
    [row] = rows(quiet)
    for name in ("accuracy", "sensitivity", "roc_auc", "external", "took"):
        assert row["cells"][name]["value"] is None, name
        assert row["cells"][name]["said"] == "–", name
    assert (row["cells"]["audit"]["value"], row["cells"]["audit"]["said"]) == (None, "not audited")
    frame = results_frame([row])
    assert frame.loc[0, "result"] == run.run_id
    assert frame["accuracy"].isna().all()


def test_what_the_browser_asks_for_is_kept_for_all_of_a_result(quiet: Store) -> None:
    run, group = finished_run(quiet), finished_group(quiet, "folds")
    for asked in (
        {"what": "title", "key": run.run_id, "value": " Mine "},
        {"what": "tags", "key": run.run_id, "value": ["paper", "Paper"]},
        # Others have taken “old” away and given “paper” since this browser drew the row.
        {"what": "tags", "key": run.run_id, "value": ["old", "mine"], "seen": ["old"]},
        {"what": "notes", "key": run.run_id, "value": "Once.", "seen": ""},
        {"what": "star", "key": group, "value": True},
        # None of these says what to change.
        {"what": "star", "key": run.run_id, "value": "yes"},
        {"what": "delete", "key": run.run_id, "value": True},
        {"what": "open", "key": run.run_id},
    ):
        table.keep_asked(quiet, asked)
    assert quiet.runs.get(run.run_id).remarks == RunRemarks(
        title="Mine", tags=("paper", "mine"), notes="Once."
    )
    with pytest.raises(InputError, match="changed the notes meanwhile"):
        table.keep_asked(quiet, {"what": "notes", "key": run.run_id, "value": "Twice.", "seen": ""})
    assert [one.remarks.star for one in quiet.runs.group(group)] == [True, True]
    assert {row["key"]: row["star"] for row in rows(quiet)} == {run.run_id: False, group: True}
    with pytest.raises(InputError, match="Another run is called"):
        table.keep_asked(quiet, {"what": "title", "key": group, "value": "mine"})
    with pytest.raises(NotFoundError, match="no run gone"):
        table.keep_asked(quiet, {"what": "star", "key": "gone", "value": True})


def test_open_and_compare_lead_to_what_is_there(
    quiet: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, group = finished_run(quiet), finished_group(quiet, "folds")
    fold = quiet.runs.group(group)[0].run_id
    went: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(
        st, "switch_page", lambda page, query_params: went.append((page, query_params))
    )
    known = rows(quiet)
    for asked in (
        {"what": "open", "key": fold},
        {"what": "compare", "keys": [group, "gone", run.run_id]},
        {"what": "open", "key": "gone"},
        {"what": "compare", "keys": ["gone"]},
        {"what": "compare", "keys": "gone"},
        {"what": "star", "key": run.run_id, "value": True},
    ):
        table.lead(asked, known)
    assert went == [
        ("run.py", {"run": fold, "tab": "result"}),
        ("compare.py", {"runs": f"{group},{run.run_id}"}),
    ]


def test_the_page_hands_its_rows_to_the_browser_as_they_are(quiet: Store) -> None:
    assert "No run has finished yet" in everything_said(open_app("results"))
    run = finished_run(quiet)
    quiet.runs.remark([run.run_id], title="<b>*Mine*</b>", tags=("[x](y)",))
    page = open_app("results")
    assert not page.exception
    [shown] = page.get("bidi_component")
    [row] = json.loads(shown.proto.json)["rows"]
    assert (row["name"], row["tags"]) == ("<b>*Mine*</b>", ["[x](y)"])
