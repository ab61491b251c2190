"""The list of runs, and what is kept for speed."""

from __future__ import annotations

import time

import pytest

from core.cache import clear
from core.runs.whereabouts import went_away
from core.specs import RepeatSpec
from core.store import RunState, Store
from core.workspace import RAY_VARIABLE
from pages.components.training import warm_note
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import RESULT, make_run
from tests.pages.train_page.clicking import click


def test_opening_another_run_changes_the_address(tiny: Store) -> None:
    first, second = make_run(tiny, "done", result=RESULT), make_run(tiny, "failed")
    app = open_app("train", run=first.run_id)
    assert f"run `{first.run_id}`" in everything_said(app)
    click(app, f"open_{second.run_id}")
    assert f"run `{second.run_id}`" in everything_said(app)
    assert app.query_params["run"] == second.run_id


def test_a_run_that_is_gone_is_said_so(tiny: Store) -> None:
    make_run(tiny, "done", result=RESULT)
    app = open_app("train", run="nonsense")
    assert "There is no run nonsense" in app.warning[0].value


def test_stopping_asks_the_launcher_once(tiny: Store) -> None:
    run = make_run(tiny, "training", epochs=1, progress={"stage": "training", "epoch": 2})
    app = click(open_app("train", run=run.run_id), f"stop_{run.run_id}")
    assert tiny.runs.cancel_requested(run.run_id)
    assert app.button(f"stop_{run.run_id}").disabled
    assert f"delete_{run.run_id}" not in [one.key for one in app.button]


def test_a_stopped_run_shows_its_reason_and_can_be_resumed(tiny: Store) -> None:
    reason = "The training process was killed (signal 9). Resume goes on from epoch 2."
    run = make_run(tiny, "interrupted", epochs=1, reason=reason)
    app = open_app("train", run=run.run_id)
    assert app.error[0].value.replace("\\", "") == reason
    click(app, f"resume_{run.run_id}")
    assert tiny.runs.get(run.run_id).state == "queued"


def test_a_run_on_a_cluster_says_where_it_is_and_what_became_of_its_machine(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RAY_VARIABLE, "127.0.0.1:1")
    never, lost = make_run(tiny, "queued"), make_run(tiny, "training", node="attic", device="CPU")
    said = everything_said(app := open_app("train", run=never.run_id))
    assert "This run waits until a machine of the cluster is free." in said
    click(app, f"open_{lost.run_id}")
    assert f"run `{lost.run_id}` · on attic, CPU" in everything_said(app)
    why = f"{went_away('attic')} It goes on elsewhere from epoch 7."
    tiny.queue.lost_node(lost.run_id, why)
    said = everything_said(app.run())
    assert f"{why} That begins by itself, as soon as a machine is free." in said
    assert "· on attic" not in said
    tiny.queue.transition(lost.run_id, RunState.PREPARING, node="cellar", started_at=time.time())
    said = everything_said(app.run())
    assert "· on cellar, CPU" in said
    assert why in said


def test_deleting_asks_first(tiny: Store) -> None:
    run = make_run(tiny, "done", result=RESULT)
    app = click(open_app("train", run=run.run_id), f"delete_{run.run_id}")
    assert "cannot be undone" in everything_said(app)
    click(app, f"keep_{run.run_id}")
    assert tiny.runs.get(run.run_id).state == "done"
    click(click(app, f"delete_{run.run_id}"), f"really_{run.run_id}")
    assert tiny.runs.all() == []
    assert "No runs yet" in everything_said(app)


def test_a_finished_repeat_leads_to_the_common_result(tiny: Store) -> None:
    repeat = RepeatSpec(group="g", kind="folds", index=0, count=2)
    run = make_run(tiny, "done", result=RESULT, spec={"repeat": repeat})
    app = open_app("train", run=run.run_id)
    assert "Fold 1 of 2: 1 of 2 finished." in everything_said(app)


def test_what_is_kept_for_speed_is_told_limited_and_cleared(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THORAXLENS_CACHE_GB", raising=False)
    clear(tiny.workspace)
    app = open_app("train")
    assert "Saved for faster training" not in everything_said(app)
    kept = tiny.workspace.film_cache / "a.npy"
    kept.write_bytes(b"x" * 2_500_000)
    assert "Saved for faster training: 2.5 MB of 10 GB" in everything_said(app.run())
    app.number_input("cache_limit_gb").set_value(3.0).run()
    click(app, "cache_set")
    assert "Saved for faster training: 2.5 MB of 3 GB" in everything_said(app)
    click(app, "cache_clear")
    assert not kept.exists()
    assert "Saved for faster training" not in everything_said(app)


def test_the_software_is_loaded_while_the_form_is_filled_in_and_its_time_is_set(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished: list[Store] = []
    monkeypatch.setattr(warm_note, "keep_warm", wished.append)
    assert open_app("train").number_input(warm_note.MINUTES).disabled, "the environment decides"
    monkeypatch.delenv("THORAXLENS_WARM_MINUTES")
    app = open_app("train")
    assert "stays loaded for 5 minutes after a run" in everything_said(app)
    assert len(wished) == 2
    app.number_input(warm_note.MINUTES).set_value(1).run()
    click(app, "warm_set")
    assert "stays loaded for 1 minute after a run" in everything_said(app)
    app.number_input(warm_note.MINUTES).set_value(0).run()
    click(app, "warm_set")
    assert "Each run loads its own software" in everything_said(app)
    wished.clear()
    app.segmented_control(key="train_view").set_value("Runs").run()
    assert not wished, "nobody is about to start a run"


def test_where_nothing_can_be_kept_loaded_nothing_is_said_of_it(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_note, "can_be_warm", lambda: False)
    assert "oftware" not in everything_said(open_app("train"))
