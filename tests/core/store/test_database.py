"""The file of the store: refused, damaged, full, and written by two at once."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from core.errors import InputError, StoreError
from core.specs import RunSpec
from core.store import Database, Source, Store, open_store
from core.workspace import Workspace, open_workspace
from tests.core.store.made import film_numbered


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
        yield film_numbered(1)
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
