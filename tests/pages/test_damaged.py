"""One damaged thing of each kind at once: every page works with what is whole, and names the
rest."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from threading import Event

import numpy as np
import pytest

from core.audit.report import audit_folder
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.store import Run, Store, open_store
from core.store.records import keep_records
from core.workspace import Workspace
from pages.components import session
from pages.components.run_links import TABS
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.runs import RESULT, make_dataset, make_run

UNFORESEEN = "did not foresee"


def files_of(store: Store, run: Run) -> RunFiles:
    return RunFiles(store.workspace.run_folder(run.run_id))


def finished(store: Store) -> Run:
    run = make_run(store, "done", epochs=3, result=RESULT)
    members = store.datasets.members("tiny")
    positive = np.random.default_rng(0).uniform(0.05, 0.95, len(members)).astype(np.float32)
    Predictions(
        ("covid", "healthy"),
        members["film_id"].to_numpy(str),
        members["split"].to_numpy(str),
        members["class_index"].to_numpy(int),
        np.stack([positive, 1 - positive], axis=1),
    ).save(files_of(store, run).create().predictions)
    return run


@pytest.fixture
def damaged(phantom_store: Store) -> dict[str, Run]:
    """Runs by what is damaged of them, one of them “nothing”."""
    store = phantom_store
    make_dataset(store, "tiny")
    make_dataset(store, "bad data set")
    kinds = ("nothing", "spec", "result", "predictions", "no predictions", "point", "audit", "card")
    runs = {kind: finished(store) for kind in kinds}
    keep_records(store)
    with closing(sqlite3.connect(store.workspace.database)) as work:
        for column, text in (("spec", '{"warp": 9}'), ("result", "[]")):
            work.execute(
                f"UPDATE runs SET {column} = ? WHERE run_id = ?", (text, runs[column].run_id)
            )
        work.execute("UPDATE datasets SET spec = '{' WHERE name = 'bad data set'")
        work.execute("UPDATE sources SET report = '{'")
        work.commit()
    files = {kind: files_of(store, run) for kind, run in runs.items()}
    files["predictions"].predictions.write_bytes(b"rot")
    files["no predictions"].predictions.unlink()
    files["point"].operating_point.write_text('{"threshold": "high"}')
    files["card"].config.write_text("{")
    folder = audit_folder(files["audit"].folder)
    folder.mkdir()
    (folder / "audit.json").write_text("{half")
    return runs


PAGES = ("explore", "prepare", "train", "compare", "run", "classify")
# What is damaged of a run, and on which tab of its page somebody looks.
OF_A_RUN = [
    *(("predictions", tab) for tab in TABS),
    ("no predictions", "result"),
    ("no predictions", "external"),
    ("point", "result"),
    ("point", "threshold"),
    ("card", "card"),
    ("spec", "result"),
]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_works_with_what_is_whole(damaged: dict[str, Run], page: str) -> None:
    queries = {
        "compare": [{"runs": f"{damaged['nothing'].run_id},{damaged['card'].run_id}"}],
        "explore": [{"tab": "Sources"}],
        "prepare": [{"part": "Saved data sets"}],
        "train": [{"run": damaged["spec"].run_id}],
        "run": [{"run": damaged[kind].run_id, "tab": tab} for kind, tab in OF_A_RUN],
    }.get(page, [])
    for query in queries or [{}]:
        app = open_app(page, **query)
        assert not app.exception
        assert UNFORESEEN not in everything_said(app), query


def test_compare_leaves_out_the_damaged_ones_by_name(damaged: dict[str, Run]) -> None:
    kinds = ("predictions", "no predictions")
    chosen = ",".join(damaged[kind].run_id for kind in ("nothing", *kinds))
    said = everything_said(open_app("compare", runs=chosen))
    for kind in kinds:
        assert f"{damaged[kind].run_id[-4:]} is left out" in as_read(said)


def test_a_damaged_audit_is_not_an_audit_that_was_never_made(damaged: dict[str, Run]) -> None:
    said = everything_said(open_app("run", tab="audit", run=damaged["audit"].run_id))
    assert "The report of the last audit of this run cannot be read" in said


def test_what_cannot_be_read_is_named_and_goes_by_a_button(
    damaged: dict[str, Run], phantom_store: Store
) -> None:
    for page in ("home", "train"):
        said = as_read(everything_said(open_app(page, run=damaged["nothing"].run_id)))
        for kind in ("spec", "result"):
            assert f"The run {damaged[kind].run_id} cannot be read." in said
    app = open_app("home")
    assert "The data set “bad data set” cannot be read." in everything_said(app)
    for key in ("delete_damaged_run_0", "delete_damaged_run_0", "delete_damaged_dat_0"):
        app.button(key=key).click().run()
    assert "cannot be read" not in everything_said(app)
    assert len(phantom_store.runs.all()) == 6
    assert phantom_store.runs.damaged() == phantom_store.datasets.damaged() == []
    said = everything_said(open_app("explore", tab="Sources"))
    assert "The import report of “Phantom films” cannot be read any more" in said


def test_a_lost_store_is_told_until_somebody_has_read_it(
    phantom_store: Store, workspace: Workspace
) -> None:
    make_dataset(phantom_store, "tiny")
    run = finished(phantom_store)
    keep_records(phantom_store)
    for file in workspace.root.glob("thoraxlens.sqlite3*"):
        file.unlink()
    open_store(workspace)
    app = open_app("home")
    said = as_read(everything_said(app))
    assert "1 run and 1 data set were found again" in said
    assert "Films must be imported again" in said
    assert not app.exception
    app.button(key="recovery_read").click().run()
    assert "found again" not in everything_said(app)
    app = open_app("run", tab="result", run=run.run_id)
    assert UNFORESEEN not in everything_said(app)


def test_rot_in_the_store_is_told_on_the_first_page(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.session.time.sleep", lambda seconds: None)
    monkeypatch.setattr(type(phantom_store.database), "check", lambda self: "It has *rotten*.")
    root = str(phantom_store.workspace.root)
    open_app()
    until = time.monotonic() + 120
    while not session.store_trouble(root) and time.monotonic() < until:
        Event().wait(0.02)
    assert "It has *rotten*." in as_read(everything_said(open_app()))
