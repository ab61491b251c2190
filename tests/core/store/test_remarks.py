"""What people say of a run: kept as plain text, brought along from older stores, found again."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from core.errors import InputError, NotFoundError
from core.runs.remarks import remark
from core.specs import RepeatSpec, RunSpec
from core.store import RunOrigin, RunRemarks, RunState, Store, open_store
from core.store.origin import LONGEST_TITLE
from core.store.records import REMARKS, keep_records
from core.store.remarks import LONGEST_NOTES, LONGEST_TAG, MOST_TAGS


def queue(store: Store, origin: RunOrigin | None = None, repeat: RepeatSpec | None = None) -> str:
    spec = RunSpec.build(dataset="study", model="cnn", repeat=repeat)
    return store.runs.create(spec, origin).run_id


def test_a_run_is_named_starred_and_tagged_one_thing_at_a_time(store: Store) -> None:
    run_id = queue(store)
    assert store.runs.get(run_id).remarks == RunRemarks()
    store.runs.remark([run_id], title="  My \n first ", tags=("slow", "SLOW", " ", "肺炎"))
    store.runs.remark([run_id], star=True)
    store.runs.remark([run_id], notes="As in the paper.  \r\nBut *once*.\n")
    run = store.runs.get(run_id)
    assert run.remarks == RunRemarks(
        title="My first",
        star=True,
        tags=("slow", "肺炎"),
        notes="As in the paper.\nBut *once*.",
    )
    assert (run.called, run.title) == ("My first", "My first")
    store.runs.remark([run_id], title="")
    assert store.runs.get(run_id).title == f"cnn · study · {run_id[-4:]}"


def test_what_nobody_sees_and_what_turns_the_text_goes(store: Store) -> None:
    run_id = queue(store)
    store.runs.remark([run_id], title="safe\u202egnp.exe\x00", tags=("a\u2800b",), notes="x\x07y")
    found = store.runs.get(run_id).remarks
    assert (found.title, found.tags, found.notes) == ("safegnp.exe", ("ab",), "xy")


@pytest.mark.parametrize(
    "change",
    [
        {"title": "t" * (LONGEST_TITLE + 1)},
        {"tags": ("t" * (LONGEST_TAG + 1),)},
        {"tags": tuple(map(str, range(MOST_TAGS + 1)))},
        {"notes": "n" * (LONGEST_NOTES + 1)},
    ],
)
def test_too_much_is_refused_and_changes_nothing(store: Store, change: dict[str, object]) -> None:
    run_id = queue(store)
    store.runs.remark([run_id], title="kept", star=True)
    with pytest.raises(InputError, match="at most"):
        store.runs.remark([run_id], **change)
    assert store.runs.get(run_id).remarks == RunRemarks(title="kept", star=True)


def test_no_two_runs_are_called_the_same(store: Store) -> None:
    first, second = queue(store), queue(store)
    starter = queue(store, RunOrigin(kind="starter", title="COVID-19 or not"))
    store.runs.remark([first], title="Mine")
    store.runs.remark([first], title="mine", star=True)  # its own name is free for itself
    for taken in ("MINE", "covid-19 or NOT"):
        with pytest.raises(InputError, match="Another run is called"):
            store.runs.remark([second], title=taken)
    store.runs.remark([starter], title="COVID-19 or not")
    assert store.runs.get(starter).called == "COVID-19 or not"


def test_the_runs_of_a_group_share_what_is_said_of_them(store: Store) -> None:
    folds = [
        queue(store, repeat=RepeatSpec(group="g-1", kind="folds", index=at, count=2))
        for at in (0, 1)
    ]
    store.runs.remark(folds, title="Folds", tags=("paper",))
    assert [store.runs.get(one).title for one in folds] == [
        "Folds · fold 1 of 2",
        "Folds · fold 2 of 2",
    ]
    remark(store, [folds[1]], tags=("both",))
    assert [store.runs.get(one).remarks.tags for one in folds] == [("both",)] * 2
    with pytest.raises(NotFoundError, match="no run gone"):
        store.runs.remark([folds[0], "gone"], star=True)
    with pytest.raises(NotFoundError, match="no run gone"):
        remark(store, ["gone"], star=True)
    assert not store.runs.get(folds[0]).remarks.star


@pytest.mark.parametrize("broken", ["", "[]", '{"star": "yes"}', '{"version": 2}'])
def test_remarks_that_cannot_be_read_cost_nobody_the_run(store: Store, broken: str) -> None:
    run_id = queue(store)
    with closing(sqlite3.connect(store.workspace.database)) as work:
        work.execute("UPDATE runs SET remarks = ?", (broken,))
        work.commit()
    assert store.runs.get(run_id).remarks == RunRemarks()
    store.runs.remark([run_id], star=True)
    assert store.runs.get(run_id).remarks == RunRemarks(star=True)


@pytest.mark.parametrize("when", ["before it ends", "after it has ended"])
def test_a_lost_store_has_the_remarks_again(store: Store, when: str) -> None:
    run_id = queue(store)
    folder = store.workspace.run_folder(run_id)
    if when == "before it ends":
        remark(store, [run_id], title="Mine", notes="Two lines,\nthe second.")
        assert not folder.exists()
    folder.mkdir()
    store.runs.transition(run_id, RunState.DONE, finished_at=9.0)
    keep_records(store)
    if when == "after it has ended":
        assert not (folder / REMARKS).exists()
        remark(store, [run_id], title="Mine", notes="Two lines,\nthe second.")
    said = store.runs.get(run_id).remarks
    for file in store.workspace.root.glob("thoraxlens.sqlite3*"):
        file.unlink()
    assert open_store(store.workspace).runs.get(run_id).remarks == said != RunRemarks()
