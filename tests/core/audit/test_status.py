"""An audit is held against what its run and its films are now."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.__main__ import main
from core.audit.report import AuditReport, Verdict, audit_folder
from core.audit.status import NOT_AUDITED, AuditStatus, audit_basis, audit_status, worst_verdict
from core.evaluation.predictions import Predictions
from core.runs import results
from core.runs.files import RunFiles
from core.runs.results import digest, digest_of_rows
from core.store import Run, Store
from tests.pages.runs import make_dataset, make_run


@pytest.fixture
def run(phantom_store: Store) -> Run:
    """A finished run with saved predictions."""
    make_dataset(phantom_store, size=32)
    made = make_run(phantom_store, "done")
    predict(phantom_store, made, right=1.0)
    return made


def predict(store: Store, run: Run, right: float) -> None:
    """Save predictions that give the true class the probability ``right``."""
    members = store.datasets.members("tiny")
    truth = members["class_index"].to_numpy(int)
    shares = np.where(np.eye(2, dtype=bool)[truth], right, 1 - right)
    ids, split = (members[column].to_numpy(str) for column in ("film_id", "split"))
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    Predictions(("covid", "healthy"), ids, split, truth, shares).save(files.predictions)


def audited(store: Store, run: Run, verdict: Verdict = "caution", *, basis: bool = True) -> None:
    rests = audit_basis(store, run) if basis else {}
    report = AuditReport(
        run=run.run_id,
        dataset="tiny",
        verdict=verdict,
        sentence="Be careful.",
        findings=(),
        basis=rests,
    )
    report.save_in(audit_folder(store.workspace.run_folder(run.run_id)))


def test_an_audit_holds_while_nothing_changes(phantom_store: Store, run: Run) -> None:
    assert audit_status(phantom_store, run).short == NOT_AUDITED
    audited(phantom_store, run)
    found = audit_status(phantom_store, run)
    assert (found.stale, found.short) == ("", "be careful")


def test_a_run_that_was_trained_again_is_not_what_was_audited(
    phantom_store: Store, run: Run
) -> None:
    audited(phantom_store, run)
    predict(phantom_store, run, right=0.8)
    found = audit_status(phantom_store, run)
    assert found.stale == "This audit is old: since then the run has been trained again."
    assert found.short == "be careful (old)"


@pytest.mark.parametrize("change", ["removed", "imported anew", "deleted"])
def test_films_that_changed_are_not_what_was_audited(
    phantom_store: Store, run: Run, change: str
) -> None:
    audited(phantom_store, run)
    catalogue = phantom_store.catalogue
    [source] = catalogue.sources()
    films = catalogue.films(phantom_store.datasets.members("tiny")["film_id"].tolist())
    if change == "deleted":
        phantom_store.datasets.delete("tiny")
    else:
        catalogue.remove_source(source.name)
    if change == "imported anew":
        catalogue.save_source(source, [replace(one, age=(one.age or 0) + 1) for one in films])
    said = audit_status(phantom_store, run).stale
    assert ("data set has been deleted" if change == "deleted" else "films, or what") in said


def test_films_are_noted_as_they_always_were(
    phantom_store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or every audit of an earlier version would be called old."""
    members = phantom_store.datasets.members("tiny")
    known = phantom_store.catalogue.films(members["film_id"].tolist())
    rows: list[object] = [
        [film.film_id, int(place), split, [film.source, film.patient, film.finding, film.view,
                                           film.sex, film.age, sorted(film.masks)]]
        for film, place, split in zip(known, members["class_index"], members["split"], strict=True)
    ]  # fmt: skip
    assert any(film.masks for film in known)
    assert audit_basis(phantom_store, run)["films"] == digest(rows)
    monkeypatch.setattr(results, "_AT_ONCE", 7)
    assert audit_basis(phantom_store, run)["films"] == digest(rows)
    [source] = phantom_store.catalogue.sources()
    phantom_store.catalogue.remove_source(source.name)
    gone = [[*row[:3], None] for row in rows if isinstance(row, list)]
    assert audit_basis(phantom_store, run)["films"] == digest(gone)
    assert digest_of_rows([]) == digest([])


def test_an_audit_that_did_not_note_what_it_rested_on_is_not_trusted(
    phantom_store: Store, run: Run
) -> None:
    audited(phantom_store, run, basis=False)
    assert "earlier version" in audit_status(phantom_store, run).stale


def test_the_shell_says_so_too(
    phantom_store: Store, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    audited(phantom_store, run)
    command = ["audit", run.run_id, "--data", str(phantom_store.workspace.root)]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stale"] is None
    predict(phantom_store, run, right=0.8)
    assert main([*command, "--json"]) == 0
    assert "trained again" in json.loads(capsys.readouterr().out)["stale"]
    assert main(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "trained again. Audit it again with --again." in said
    assert main(["compare", run.run_id, "--json", *command[2:]]) == 0
    assert json.loads(capsys.readouterr().out)[0]["audit"] == "be careful (old)"


def test_of_repeats_the_gravest_verdict_stands_for_all() -> None:
    def one(verdict: Verdict) -> AuditStatus:
        return AuditStatus(
            AuditReport(run="r", dataset="d", verdict=verdict, sentence="", findings=())
        )

    clean, grave = one("no_shortcut_found"), one("do_not_believe")
    assert worst_verdict([clean, grave]) == "do not believe"
    assert worst_verdict([clean, AuditStatus(None)]) == "no shortcut found (1 of 2 audited)"
    assert worst_verdict([AuditStatus(None)]) == NOT_AUDITED
