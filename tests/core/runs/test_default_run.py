"""Which result is shown when nobody has said: starred, else the best whole one, never a fold."""

from __future__ import annotations

from core.runs.default_run import default_result, default_run, results_of, starred_run
from core.specs import RepeatSpec, RunSpec
from core.store import Run, RunOrigin, RunRemarks, RunResult, RunState, SplitNumbers


def run(
    name: str,
    right: float | None = 0.5,
    *,
    dataset: str = "study",
    kind: str = "trained",
    star: bool = False,
    fold: tuple[int, int] | None = None,
    state: RunState = RunState.DONE,
) -> Run:
    repeat = (
        RepeatSpec(group=name[:-1], kind="folds", index=fold[0], count=fold[1]) if fold else None
    )
    return Run(
        name,
        RunSpec.build(dataset=dataset, model="cnn", repeat=repeat),
        state,
        result=RunResult(test=SplitNumbers(accuracy=right)),
        origin=RunOrigin(kind=kind),
        remarks=RunRemarks(star=star),
    )


def name(found: Run | None) -> str:
    return found.run_id if found else ""


def names(found: tuple[Run, ...] | None) -> list[str]:
    return [one.run_id for one in found or ()]


# Newest first, as the store gives them.
FOLDS = [run("five2", 0.9, fold=(1, 2)), run("five1", 0.8, fold=(0, 2))]


def test_the_best_of_the_data_set_worked_on_last_and_the_newer_of_two_alike() -> None:
    mine = [run("c", 0.7), run("b", 0.9), run("a", 0.9), run("easy", 1.0, dataset="drawn")]
    assert name(default_run(mine)) == "b"
    assert name(default_run(mine, "DRAWN")) == "easy"
    assert default_run(mine, "gone") is None
    assert name(default_run([run("unknown", None), run("a", 0.1)])) == "a"


def test_what_is_starred_goes_before_what_is_better_or_newer() -> None:
    mine = [run("new"), run("c", star=True), run("b", star=True), run("a", 1.0)]
    assert name(default_run(mine)) == name(starred_run(mine)) == "c"
    shipped = [run("mine", 0.9), run("starter", kind="starter", star=True)]
    assert name(default_run(shipped)) == "starter"
    assert starred_run([run("mine")]) is None


def test_a_fold_is_never_the_one_to_begin_with() -> None:
    assert name(default_run([*FOLDS, run("whole", 0.1)])) == "whole"
    starred = [run("five2", fold=(1, 2), star=True), run("five1", fold=(0, 2), star=True)]
    assert name(default_run([*starred, run("whole")])) == "whole"
    assert starred_run(starred) is None
    # With nothing else to show, the first, not the last.
    assert name(default_run(FOLDS)) == "five1"


def test_folds_together_are_a_result_unless_one_is_missing() -> None:
    assert names(default_result([*FOLDS, run("whole", 0.84)])) == ["five1", "five2"]
    assert names(default_result([*FOLDS, run("whole", 0.86)])) == ["whole"]
    assert names(default_result([FOLDS[0], run("whole", 0.1)])) == ["whole"]
    assert default_result(FOLDS[:1]) is None
    starred = [run("five2", fold=(1, 2), star=True), run("five1", fold=(0, 2), star=True)]
    assert names(default_result([*starred, run("whole", 1.0)])) == ["five1", "five2"]


def test_a_persons_own_go_before_the_starters_and_these_before_the_example() -> None:
    shipped = [run("example", 1.0, kind="example"), run("starter", 0.9, kind="starter")]
    assert name(default_run(shipped)) == "starter"
    assert name(default_run([*shipped, run("mine", 0.6)])) == "mine"
    assert name(default_run([*shipped, run("theirs", 0.6, kind="imported")])) == "theirs"
    assert name(default_run(shipped[:1])) == "example"


def test_results_stand_where_their_newest_run_stands_and_only_when_done() -> None:
    going = run("going", state=RunState.TRAINING)
    found = results_of([going, run("b"), FOLDS[0], run("a"), FOLDS[1]])
    assert [names(one) for one in found] == [["b"], ["five1", "five2"], ["a"]]
    assert default_run([going]) is None
