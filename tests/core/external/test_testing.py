"""From a run and a source to a kept result, without a network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.__main__ import main
from core.datasets.ingest import import_folder
from core.datasets.phantom import make_phantoms
from core.errors import InputError, PredictionError
from core.external.result_file import folder_of, load_result, save_result
from core.external.testing import (
    external_comparison,
    external_job,
    external_status,
    films_for,
    internal_predictions,
    run_external,
)
from core.runs.files import RunFiles
from core.store import Run, Store
from core.workspace import Workspace
from tests.core.external.conftest import AWAY, FakeClient
from tests.core.runs.jobs_at_hand import at_once, carried_out, no_dispatcher


def test_a_result_is_kept_and_read_back(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient]
) -> None:
    seen: list[tuple[int, int]] = []
    result = run_external(
        phantom_store, finished.run_id, AWAY, lambda done, total: seen.append((done, total))
    )
    assert fake_client.asked == [([finished.run_id], 12, False, True)], "one bare batch"
    assert seen == [(0, 12), (12, 12)]
    folder = folder_of(phantom_store.workspace, finished.run_id, AWAY)
    assert folder.parent.name == "external"
    assert sorted(one.name for one in folder.iterdir()) == ["external.json", "predictions.npz"]
    again = load_result(phantom_store.workspace, finished.run_id, AWAY)
    assert again is not None
    assert again.predictions.film_ids.tolist() == result.predictions.film_ids.tolist()
    assert again.predictions.probabilities[:, 0].tolist() == [0.75] * 12
    assert (again.mapped, again.left_out) == (result.mapped, ())
    internal = internal_predictions(phantom_store, finished)
    found = external_comparison(phantom_store, finished, again, internal)
    assert (found.internal.sensitivity.value, found.internal.false_positive_rate.value) == (1, 0)
    assert (found.external.sensitivity.value, found.external.false_positive_rate.value) == (1, 1)
    strict = external_comparison(phantom_store, finished, again, internal, 0.8)
    assert strict.external.false_positive_rate.value == 0
    assert strict.internal.sensitivity.value == 1


def test_a_film_without_an_answer_is_left_out_with_its_reason(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient]
) -> None:
    films = films_for(phantom_store, finished, AWAY).films
    Path(films["path"].iloc[3]).write_bytes(b"")
    Path(films["path"].iloc[5]).unlink()
    result = run_external(phantom_store, finished.run_id, AWAY)
    assert len(result.predictions) == 10
    kept = films.drop(films.index[[3, 5]])
    assert result.predictions.film_ids.tolist() == kept["film_id"].tolist()
    assert result.predictions.y_true.tolist() == kept["truth"].tolist()
    assert [one["films"] for one in result.left_out] == [1, 1]
    assert any("not the file that was imported" in one["reason"] for one in result.left_out)


def test_a_result_that_rests_on_what_is_no_more_is_old(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient], tmp_path: Path
) -> None:
    result = run_external(phantom_store, finished.run_id, AWAY)

    def stale() -> str:
        return external_status(phantom_store, finished, AWAY).stale

    assert stale() == ""
    make_phantoms(tmp_path / AWAY, per_class=7, size=128, seed=7)
    import_folder(phantom_store, tmp_path / AWAY, name=AWAY)
    assert stale() == (
        f"This test is old: since then the films of {AWAY} that can test it have changed."
    )
    own = internal_predictions(phantom_store, finished)
    file = RunFiles(phantom_store.workspace.run_folder(finished.run_id)).predictions
    replace(own, probabilities=own.probabilities[:, ::-1]).save(file)
    assert "the run has been trained again and the films" in stale()
    own.save(file)
    phantom_store.datasets.delete("study")
    assert stale() == "", "no less true for that"
    save_result(phantom_store.workspace, replace(result, basis={}))
    assert "earlier version" in stale()


def test_what_cannot_be_tested_is_refused_before_the_network_is_asked(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient]
) -> None:
    with pytest.raises(InputError, match="There are no films of a source “nowhere”"):
        run_external(phantom_store, finished.run_id, "nowhere")
    waiting = phantom_store.runs.create(finished.spec)
    with pytest.raises(InputError, match="is queued; only a finished run"):
        run_external(phantom_store, waiting.run_id, AWAY)
    assert not fake_client.asked
    assert load_result(phantom_store.workspace, finished.run_id, AWAY) is None


def test_two_sources_never_share_a_folder(workspace: Workspace) -> None:
    names = ["a/b", "a-b", "../a", "ü" * 80, "ü" * 81]
    folders = {folder_of(workspace, "run", one) for one in names}
    assert len(folders) == len(names)
    assert {one.parent for one in folders} == {workspace.run_folder("run") / "external"}


def test_the_process_of_a_test_tells_how_it_went(
    phantom_store: Store, finished: Run, fake_client: type[FakeClient]
) -> None:
    job = external_job(phantom_store, finished.run_id, AWAY)
    assert carried_out(job, run=finished.run_id, source=AWAY) == 0
    status = job.status()
    assert (status.state, status.stage, status.done, status.total) == (
        "done", "Classifying films", 12, 12,
    )  # fmt: skip
    job = external_job(phantom_store, finished.run_id, "nowhere")
    carried_out(job, run=finished.run_id, source="nowhere")
    assert job.status().state == "failed"
    assert "There are no films" in job.status().reason


def test_the_command_prints_both_sides(
    phantom_store: Store,
    finished: Run,
    fake_client: type[FakeClient],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = at_once(monkeypatch)
    words = ["external", finished.run_id, "--source", AWAY, "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    internal, external = told["internal"], told["external"]
    assert (internal["sensitivity"], internal["false_positive_rate"], internal["auc"]) == (1, 0, 1)
    assert (external["sensitivity"], external["false_positive_rate"]) == (1, 1)
    assert external["auc"] == 0.5
    assert external["intervals"]["false_positive_rate"] == pytest.approx([0.6097, 1], abs=5e-4)
    assert (external["positives"], external["negatives"]) == (6, 6)
    assert told["level"] == "worse"
    assert told["sentence"].startswith(f"On healthy films from {AWAY} it calls 100 of 100 covid")
    assert {one["class"]: one["films"] for one in told["mapped"]} == {"covid": 6, "healthy": 6}

    assert {one["finding"]: one["called"] for one in told["by_finding"]} == {
        "COVID-19": 6,
        "No finding": 6,
    }

    assert main([*words, "--threshold", "0.8"]) == 0
    assert json.loads(capsys.readouterr().out)["external"]["false_positive_rate"] == 0
    assert main([*words, "--aim", "0.9"]) == 0
    assert 0 < json.loads(capsys.readouterr().out)["threshold"] < 1
    assert main([*words[:3], AWAY]) == 0
    shown = capsys.readouterr().out
    assert "false positive rate" in shown
    assert "100.0 % (61.0 to 100.0 %)" in shown
    assert main([*words, "--threshold", "2"]) == 2
    assert started == ["external_test"] * 4
    assert main(["external", finished.run_id, "--source", "nowhere", "--json"]) == 2
    assert "There are no films" in capsys.readouterr().out
    assert len(started) == 4, "nothing is queued that cannot work"


def test_a_test_that_breaks_off_ends_the_command_with_its_reason_and_code(
    phantom_store: Store,
    finished: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once(monkeypatch)

    def broken(*_: object) -> None:
        raise PredictionError("The process that classifies films was killed. Try again.")

    monkeypatch.setattr("core.external.testing._classified", broken)
    words = ["external", finished.run_id, "--source", AWAY, "--json"]
    assert main(words) == PredictionError.exit_code != InputError.exit_code
    told = json.loads(capsys.readouterr().out)
    assert told["error"] == "The process that classifies films was killed. Try again."


def test_ctrl_c_ends_the_test(
    phantom_store: Store, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_dispatcher(monkeypatch)

    def pressed(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.commands.following.time.sleep", pressed)
    assert main(["external", finished.run_id, "--source", AWAY]) == 130
    assert external_job(phantom_store, finished.run_id, AWAY).status().state == "cancelled"


def test_films_that_were_left_out_since_are_still_known_to_the_run(
    phantom_store: Store, finished: Run
) -> None:
    seen = phantom_store.datasets.members("study")
    gone = seen.loc[seen["split"] == "train", "film_id"].iloc[0]
    phantom_store.catalogue.set_apart({str(gone): "Left out by A."})
    assert films_for(phantom_store, finished, AWAY).warnings == ()
