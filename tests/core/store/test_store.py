from __future__ import annotations

import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import DamagedError, InputError, NotFoundError, StoreError
from core.specs import DatasetSpec, RunSpec
from core.store import (
    Database,
    Epoch,
    Film,
    LeftOut,
    Member,
    RunOrigin,
    RunProgress,
    RunResult,
    RunState,
    Source,
    Store,
    open_store,
)
from core.workspace import Workspace, open_workspace

SPEC = DatasetSpec.build(
    name="study",
    classes=[
        {"name": "covid", "findings": ["COVID-19"]},
        {"name": "healthy", "findings": ["No finding"]},
    ],
)


def _film(number: int, source: str = "hospital") -> Film:
    return Film(
        film_id=f"{number:032x}",
        source=source,
        path=f"/films/{number}.png",
        patient=f"{source}/{number // 2}",
        finding="COVID-19" if number % 2 else "No finding",
        age=40.0 + number if number else None,
        masks={"lungs": "/masks/1.png"},
        metadata={"location": "Hà Nội"},
    )


def _fill(store: Store, films: int = 4) -> None:
    source = Source("hospital", "folders", "/films")
    store.catalogue.save_source(source, [_film(number) for number in range(films)])


# -- catalogue


def test_a_film_comes_back_as_it_went_in(store: Store) -> None:
    _fill(store)
    assert store.catalogue.film(_film(1).film_id) == _film(1)
    asked = [_film(3).film_id, "gone", _film(0).film_id]
    assert store.catalogue.films(asked) == [_film(3), _film(0)]
    with pytest.raises(NotFoundError):
        store.catalogue.film("gone")


def test_saving_twice_adds_nothing_and_moves_the_version(store: Store) -> None:
    before = store.catalogue.version()
    source = Source("hospital", "folders", "/films")
    assert store.catalogue.save_source(source, [_film(1), _film(2)]) == 2
    assert store.catalogue.save_source(source, [_film(1), _film(2), _film(3)]) == 1
    assert store.catalogue.count() == 3
    assert store.catalogue.version() > before


def test_a_name_stands_for_one_folder(store: Store) -> None:
    _fill(store)
    with pytest.raises(InputError, match="another name"):
        store.catalogue.save_source(Source("hospital", "folders", "/elsewhere"), [])
    assert store.catalogue.source_at("/elsewhere") is None


def test_removing_a_source_takes_its_films(store: Store) -> None:
    _fill(store)
    assert store.catalogue.remove_source("hospital") == 4
    assert store.catalogue.count() == 0
    with pytest.raises(NotFoundError):
        store.catalogue.remove_source("hospital")


def test_the_frame_has_categories_and_missing_ages(store: Store) -> None:
    _fill(store)
    frame = store.catalogue.frame()
    assert len(frame) == 4
    assert str(frame["finding"].dtype) == "category"
    assert frame["age"].isna().sum() == 1


def test_a_sample_is_from_all_sources_and_stays_the_same(store: Store) -> None:
    assert store.catalogue.sample(3) == []
    assert store.catalogue.count_by_source() == {}
    _fill(store)
    clinic = Source("clinic", "folders", "/clinic")
    empty = Source("empty", "folders", "/empty")
    store.catalogue.save_source(clinic, [_film(number, "clinic") for number in (10, 11)])
    store.catalogue.save_source(empty, [])
    assert store.catalogue.count_by_source() == {"hospital": 4, "clinic": 2}
    drawn = store.catalogue.sample(5)
    assert [film.source for film in drawn] == ["hospital"] * 4 + ["clinic"]
    assert store.catalogue.sample(5) == drawn
    assert len(store.catalogue.sample(99)) == 6


def test_an_empty_frame_still_has_its_columns(store: Store) -> None:
    frame = store.catalogue.frame()
    assert frame.empty
    assert {"film_id", "finding", "view", "age"} <= set(frame.columns)


# -- data sets


def test_a_data_set_keeps_order_counts_and_labels(store: Store) -> None:
    _fill(store)
    members = [Member(_film(n).film_id, n % 2, "train" if n else "test") for n in (3, 0, 1)]
    store.datasets.save(SPEC, members)
    stored = store.datasets.get("STUDY")
    assert stored.spec == SPEC
    assert stored.counts["train"] == {"covid": 0, "healthy": 2}
    frame = store.datasets.members("study")
    assert list(frame["film_id"]) == [one.film_id for one in members]
    assert list(frame["class_name"]) == ["healthy", "covid", "healthy"]


def test_a_data_set_is_never_overwritten(store: Store) -> None:
    store.datasets.save(SPEC, [])
    with pytest.raises(InputError, match="exists already"):
        store.datasets.save(SPEC.changed(name="Study"), [])


def test_members_outlive_their_source(store: Store) -> None:
    _fill(store)
    store.datasets.save(SPEC, [Member(_film(1).film_id, 0, "train")])
    store.catalogue.remove_source("hospital")
    frame = store.datasets.members("study")
    assert len(frame) == 1
    assert frame["path"].isna().all()


def test_deleting_a_data_set_frees_its_name(store: Store) -> None:
    store.datasets.save(SPEC, [])
    store.datasets.delete("study")
    assert store.datasets.all() == []
    with pytest.raises(NotFoundError):
        store.datasets.get("study")
    with pytest.raises(NotFoundError):
        store.datasets.delete("study")


# -- runs


def _queue(store: Store) -> str:
    return store.runs.create(RunSpec.build(dataset="study", model="cnn")).run_id


def test_states_change_only_from_where_they_may(store: Store) -> None:
    run_id = _queue(store)
    assert store.runs.transition(run_id, RunState.TRAINING, only_from=[RunState.QUEUED], pid=12)
    assert not store.runs.transition(run_id, RunState.TRAINING, only_from=[RunState.QUEUED], pid=13)
    assert store.runs.get(run_id).pid == 12


def test_one_of_many_wins_a_transition(store: Store) -> None:
    run_id = _queue(store)
    wins: list[bool] = []

    def claim() -> None:
        wins.append(store.runs.transition(run_id, RunState.PREPARING, only_from=[RunState.QUEUED]))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wins) == [False] * 7 + [True]


def test_a_queued_run_is_cancelled_at_once_an_active_one_is_asked(store: Store) -> None:
    first, second = _queue(store), _queue(store)
    assert store.runs.request_cancel(first) == "cancelled"
    store.runs.transition(second, RunState.TRAINING)
    assert not store.runs.cancel_requested(second)
    assert store.runs.request_cancel(second) == "training"
    assert store.runs.cancel_requested(second)


def test_a_deleted_run_counts_as_cancelled(store: Store) -> None:
    run_id = _queue(store)
    store.runs.delete(run_id)
    assert store.runs.cancel_requested(run_id)
    with pytest.raises(NotFoundError):
        store.runs.get(run_id)


def test_an_active_run_cannot_be_deleted_nor_requeued(store: Store) -> None:
    run_id = _queue(store)
    store.runs.transition(run_id, RunState.TRAINING)
    with pytest.raises(InputError, match="Stop it"):
        store.runs.delete(run_id)
    with pytest.raises(InputError, match="stopped"):
        store.runs.requeue(run_id)
    store.runs.transition(
        run_id, RunState.INTERRUPTED, reason="killed", progress=RunProgress(epoch=3)
    )
    store.runs.requeue(run_id)
    run = store.runs.get(run_id)
    assert (run.state, run.reason, run.progress) == ("queued", "", RunProgress())


def test_what_broke_off_and_was_taken_up_again_is_known(store: Store) -> None:
    first, second = _queue(store), _queue(store)
    store.runs.transition(first, RunState.INTERRUPTED, reason="killed", node="attic")
    store.runs.requeue(first)
    store.runs.transition(second, RunState.TRAINING, node="cellar", pid=5, pid_started=1.0)
    began = time.time()
    assert store.runs.lost_node(second, "The machine cellar is gone.")
    found = store.runs.taken_up()
    assert [(one.job_id, one.kind, one.node, one.reason) for one in found] == [
        (second, "train", "cellar", "The machine cellar is gone."),
        (first, "train", "attic", "killed"),
    ]
    assert store.runs.taken_up(since=began) == found[:1]
    run = store.runs.get(second)
    assert (run.state, run.reason, run.pid, run.progress) == ("queued", "", None, RunProgress())
    store.runs.delete(second)
    assert [one.job_id for one in store.runs.taken_up()] == [first]


def test_only_work_that_nobody_stopped_goes_on_elsewhere(store: Store) -> None:
    run_id = _queue(store)
    assert not store.runs.lost_node(run_id, "gone")  # it is at work nowhere
    store.runs.transition(run_id, RunState.TRAINING)
    store.runs.request_cancel(run_id)
    assert not store.runs.lost_node(run_id, "gone")
    assert store.runs.get(run_id).state == "training"
    assert store.runs.taken_up() == []


def test_queue_order_is_first_come_first_served(store: Store) -> None:
    ids = [_queue(store) for _ in range(3)]
    assert [run.run_id for run in store.runs.queued()] == ids
    assert [run.run_id for run in store.runs.all()] == ids[::-1]


def test_epochs_are_overwritten_and_forgotten(store: Store) -> None:
    run_id = _queue(store)
    for number in (1, 2, 3):
        store.runs.save_epoch(run_id, Epoch(number, 1 / number, 0.5, None, None, 1e-3, 2.0))
    store.runs.save_epoch(run_id, Epoch(2, 9.0, 0.5, 0.4, 0.9, 1e-3, 2.0))
    frame = store.runs.epochs(run_id)
    assert list(frame["epoch"]) == [1, 2, 3]
    assert frame["loss"][1] == 9.0
    store.runs.forget_epochs_after(run_id, 1)
    assert list(store.runs.epochs(run_id)["epoch"]) == [1]


def test_epochs_as_a_list_are_those_of_the_table(store: Store) -> None:
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    epochs = [
        Epoch(1, 0.7, 0.5, None, None, 1e-3, 2.5),
        Epoch(2, None, 0.6, 0.4, 0.7, 1e-3, 1.5, "fine-tuning"),
    ]
    for epoch in reversed(epochs):
        store.runs.save_epoch(run.run_id, epoch)
    assert store.runs.finished_epochs(run.run_id) == epochs
    assert store.runs.epochs(run.run_id)["phase"].tolist() == ["training", "fine-tuning"]


def test_a_beat_keeps_or_replaces_progress(store: Store) -> None:
    run_id = _queue(store)
    store.runs.beat(run_id, RunProgress(stage="training", epoch=2))
    store.runs.beat(run_id)
    run = store.runs.get(run_id)
    assert run.progress.as_dict() == {"stage": "training", "epoch": 2}
    assert run.heartbeat_at is not None


# -- the file


def test_what_is_not_a_database_is_refused(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path)
    workspace.database.write_bytes(b"not a database, but long enough to be looked at" * 30)
    with pytest.raises(InputError, match="cannot be used"):
        open_store(workspace)


def test_a_newer_schema_is_refused(store: Store, workspace: Workspace) -> None:
    connection = sqlite3.connect(workspace.database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="newer"):
        open_store(workspace)


def test_half_a_transaction_leaves_nothing(store: Store) -> None:
    class BrokenError(RuntimeError):
        pass

    def films() -> object:
        yield _film(1)
        raise BrokenError

    with pytest.raises(BrokenError):
        store.catalogue.save_source(Source("hospital", "folders", "/films"), films())
    assert store.catalogue.sources() == []


def test_a_damaged_database_is_told(store: Store, tmp_path: Path) -> None:
    for _ in range(40):
        store.runs.create(RunSpec.build(dataset="d", model="cnn"))
    with store.catalogue._database.work() as work:
        whole = work.serialize()
    damaged = open_workspace(tmp_path / "damaged")
    damaged.database.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match=r"damaged: put a copy of it back"):
        open_store(damaged).runs.all()


def test_a_full_disk_is_told(store: Store) -> None:
    database = Database(store.workspace.database)

    def fill() -> None:
        with database.work(write=True) as work:
            work.execute("PRAGMA max_page_count = 1")
            work.execute("CREATE TABLE more AS SELECT zeroblob(1000000)")

    with pytest.raises(StoreError, match="disk may be full"):
        fill()
    assert store.catalogue.count() == 0, "and it goes on when there is room again"


def test_one_folder_imported_under_two_names_at_once(store: Store) -> None:
    store.catalogue.save_source(Source("one", "folders", "/films"), [])
    with pytest.raises(InputError, match="has just been imported as “one”"):
        store.catalogue.save_source(Source("two", "folders", "/films"), [])


def test_a_second_writer_waits_until_the_first_has_written(store: Store) -> None:
    """Both read first: one that took the lock only then would overwrite, or be refused."""
    reading, results = threading.Event(), []

    def count(first: bool) -> None:
        database = Database(store.workspace.database)
        with database.work(write=True) as work:
            number = work.execute("SELECT number FROM catalogue_version").fetchone()[0]
            if first:
                reading.set()
                time.sleep(0.3)
            work.execute("UPDATE catalogue_version SET number = ?", (number + 1,))
        results.append(number)

    threads = [threading.Thread(target=count, args=(one,)) for one in (True, False)]
    threads[0].start()
    assert reading.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert results == [0, 1]
    assert store.catalogue.version() == 2


def test_the_spelling_of_a_data_sets_name_makes_no_difference(store: Store) -> None:
    classes = ({"name": "a", "findings": ["x"]}, {"name": "b", "findings": ["y"]})
    store.datasets.save(DatasetSpec.build(name="Ödem Обзор", classes=classes), [])
    for same in ("ödem обзор", "ÖDEM ОБЗОР", "O\u0308dem  Обзор", "Ödem Обзор"):
        assert store.datasets.get(same).name == "Ödem Обзор"
        with pytest.raises(InputError, match="“Ödem Обзор” exists already"):
            store.datasets.save(DatasetSpec.build(name=same, classes=classes), [])
    for other in ("Odem Обзор", "\udce4", "' OR 1 --"):
        with pytest.raises(NotFoundError):
            store.datasets.get(other)
    store.datasets.delete("ödem обзор")
    assert store.datasets.all() == []


def test_a_run_changes_in_nothing_but_its_named_fields(store: Store) -> None:
    run_id = _queue(store)
    with pytest.raises(TypeError, match="no spec"):
        store.runs.transition(run_id, RunState.DONE, spec="{}")  # type: ignore[call-arg]
    assert store.runs.get(run_id).state is RunState.QUEUED


def test_what_a_reader_does_to_a_run_stays_its_own(store: Store) -> None:
    run_id = _queue(store)
    store.runs.transition(run_id, RunState.DONE, result=RunResult(epochs=3))
    with pytest.raises(ValidationError, match="frozen"):
        store.runs.get(run_id).result.epochs = 4  # type: ignore[misc]
    assert store.runs.get(run_id).result == RunResult(epochs=3)
    store.runs.transition(run_id, RunState.DONE, result=RunResult(epochs=5))
    assert store.runs.get(run_id).result == RunResult(epochs=5)


def test_a_result_of_an_earlier_version_is_read_by_field_and_printed_as_it_was(
    store: Store,
) -> None:
    run_id = _queue(store)
    kept: dict[str, Any] = {
        "epochs": 3, "learning_rate": 1e-3, "stopped_early": False, "seconds": {"total": 65},
        "test": {"accuracy": 0.9, "sensitivity": None, "confusion": [[1, 0], [1, 2]]},
    }  # fmt: skip
    with store.database.work(write=True) as work:
        work.execute("UPDATE runs SET state = 'done', result = ?", (json.dumps(kept),))
    found = store.runs.get(run_id).result
    assert (found.epochs, found.best_epoch, found.of("train").accuracy) == (3, None, None)
    assert found.of("test").confusion == ((1, 0), (1, 2))
    assert found.as_dict() == kept
    store.runs.transition(run_id, RunState.DONE, result=found)
    assert store.runs.get(run_id).result == found
    with store.database.work() as work:
        [text] = work.execute("SELECT result FROM runs").fetchone()
    assert json.loads(text) == {"version": 1, **kept}


def test_an_import_report_of_an_earlier_version_is_read_by_field(store: Store) -> None:
    kept = {
        "source": "hospital", "layout": "folders", "records": 3, "added": 1, "known": 1,
        "by_finding": {"COVID-19": 2}, "by_view": {"PA": 2}, "unlisted": ["b.png"],
        "left_out": [{"file": "a.png", "reason": "no film"}], "left_out_count": 1,
        "choices": {"uncertain": "left out", "table": "", "columns": None}, "of_long_ago": 9,
    }  # fmt: skip
    store.catalogue.save_source(Source("hospital", "folders", "/films"), [])
    assert store.catalogue.sources()[0].report is None
    with store.database.work(write=True) as work:
        work.execute("UPDATE sources SET report = ?", (json.dumps(kept),))
    report = store.catalogue.sources()[0].report
    assert report is not None
    assert (report.records, report.unlisted, report.remarks) == (3, ("b.png",), ())
    assert report.left_out == (LeftOut("a.png", "no film"),)
    assert report.choices == kept["choices"]
    assert store.catalogue.damaged() == []


def test_a_result_of_a_newer_version_says_so(store: Store) -> None:
    run_id = _queue(store)
    with store.database.work(write=True) as work:
        work.execute("UPDATE runs SET result = ?", (json.dumps({"version": 2, "area": 9}),))
    with pytest.raises(DamagedError, match="was written by a newer ThoraxLens"):
        store.runs.get(run_id)


def test_a_run_says_where_it_comes_from(store: Store) -> None:
    origin = RunOrigin(kind="starter", title="COVID-19 or not", licence="CC BY", artificial=False)
    spec = RunSpec.build(dataset="study", model="cnn")
    run = store.runs.create(spec, origin)
    assert store.runs.get(run.run_id).origin == origin
    assert run.title == f"COVID-19 or not · {run.run_id[-4:]} · starter"
    assert store.runs.create(spec).origin == RunOrigin()


def test_a_run_that_says_nothing_of_where_it_comes_from_is_damaged(store: Store) -> None:
    run = store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    for broken in ("", "[]", '{"kind": "found"}', '{"content": "abc"}', '{"artificial": "no"}'):
        with store.database.work(write=True) as work:
            work.execute("UPDATE runs SET origin = ?", (broken,))
        with pytest.raises(DamagedError, match="where it comes from"):
            store.runs.get(run.run_id)
