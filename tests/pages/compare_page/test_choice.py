"""Which runs Compare shows: by the address, by their star, or by itself."""

from __future__ import annotations

from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import RunOrigin, RunState, Store
from tests.pages.compare_page.compared_runs import address, finished_run, opened, summary


def test_without_a_finished_run_the_page_says_what_to_do(quiet_store: Store) -> None:
    quiet_store.runs.create(RunSpec(dataset="study", model="cnn"))
    page = opened()
    assert any("No run has finished yet" in one.value for one in page.markdown)
    assert not page.multiselect


def test_the_starred_run_is_chosen_else_the_newer_of_two_alike(quiet_store: Store) -> None:
    older = finished_run(quiet_store)
    finished_run(quiet_store, "cnn")
    newest = quiet_store.runs.all([RunState.DONE])[0]
    page = opened()
    assert page.multiselect(key="run_picker").value == [newest.run_id]
    assert address(page) == newest.run_id
    quiet_store.runs.remark([older.run_id], title="My *first*", star=True)
    page = opened()
    assert page.multiselect(key="run_picker").value == [older.run_id]
    assert any(one.startswith("My *first*, ") for one in page.multiselect(key="run_picker").options)


def test_of_the_example_both_networks_stand_side_by_side_until_one_of_ones_own_has_finished(
    quiet_store: Store,
) -> None:
    example = RunOrigin(kind="example", title="A network", artificial=True)
    runs = [finished_run(quiet_store, origin=example) for _ in range(2)]
    assert opened().multiselect(key="run_picker").value == [run.run_id for run in reversed(runs)]
    own = finished_run(quiet_store)
    assert opened().multiselect(key="run_picker").value == [own.run_id]


def test_the_address_chooses_several_runs_and_keeps_up_with_the_choice(
    quiet_store: Store,
) -> None:
    first, second = finished_run(quiet_store), finished_run(quiet_store, "cnn")
    page = opened(runs=f"{second.run_id},{first.run_id}")
    assert page.multiselect(key="run_picker").value == [second.run_id, first.run_id]
    assert not page.warning
    page.multiselect(key="run_picker").set_value([first.run_id]).run()
    assert address(page) == first.run_id
    page.multiselect(key="run_picker").set_value([]).run()
    assert "at least one run" in page.info[0].value


def test_an_unknown_run_in_the_address_is_named_and_the_others_are_shown(
    quiet_store: Store,
) -> None:
    run = finished_run(quiet_store)
    page = opened(runs=f"gone,{run.run_id}")
    assert "gone (deleted, or never there)" in page.warning[0].value
    assert page.multiselect(key="run_picker").value == [run.run_id]


def test_a_run_whose_predictions_are_gone_is_left_out_with_a_reason(quiet_store: Store) -> None:
    good, bad = finished_run(quiet_store), finished_run(quiet_store, "cnn")
    RunFiles(quiet_store.workspace.run_folder(bad.run_id)).predictions.unlink()
    page = opened(runs=f"{good.run_id},{bad.run_id}")
    assert "is left out" in page.error[0].value
    assert len(summary(page)) == 5
