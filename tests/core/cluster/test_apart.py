"""Two of what there should be one of: data folders on one cluster, dispatchers of one folder."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.audit.status import audit_job
from core.backup.restoring import restore
from core.backup.writing import backup
from core.cluster import ray_cluster
from core.cluster.packing import pack
from core.cluster.parcels import Good, Parcel
from core.cluster.ray_cluster import RayCluster
from core.cluster.shelf import Shelf
from core.store import Store, open_store
from core.workspace import Workspace
from tests.core.phantom_dataset import with_a_dataset
from tests.pages.runs import make_run


def parcel_of(store: Store, job_id: str, folder: Path) -> Parcel:
    """The row packed by a dispatcher that has packed nothing before."""
    job = store.queue.find(job_id)
    assert job is not None
    return pack(store, job, Shelf(bytes, folder), 0, lambda *_: None)


@pytest.fixture
def films(phantom_store: Store) -> Store:
    return with_a_dataset(phantom_store, 6, 2, 2)


def test_a_node_tells_stores_apart_that_only_look_alike(films: Store, tmp_path: Path) -> None:
    run = make_run(films, "preparing", spec={"dataset": "phantoms"})
    first = parcel_of(films, run.run_id, tmp_path / "one").films
    other = tmp_path / "other"
    shutil.copytree(films.workspace.root, other)
    # A copy that went another way: as many changes as there, and another one.
    copy = open_store(Workspace(other))
    with copy.database.work(write=True) as work:
        work.execute("UPDATE films SET sex = 'F'")
    second = parcel_of(copy, run.run_id, tmp_path / "two").films
    assert first.size == second.size, "nodes that went by name and size would take the first"
    assert first.key != second.key
    assert parcel_of(films, run.run_id, tmp_path / "three").films.key == first.key


def test_a_mask_that_was_drawn_anew_goes_to_the_node_and_one_of_1970_does_no_harm(
    films: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(films, "done", spec={"dataset": "phantoms"})
    monkeypatch.setattr("core.cluster.packing._weights_of_result", lambda *_: None)
    mask = tmp_path / "mask.png"
    [film] = films.catalogue.films([films.datasets.listed("phantoms")[0].film_id])
    films.catalogue.say_anew([replace(film, masks={"lungs": str(mask)})])
    job = audit_job(films, run.run_id)
    films.queue.add(job.job_id, job.kind.name, {"run": run.run_id})
    shelf = Shelf(bytes, tmp_path / "shelf")
    row = films.queue.find(job.job_id)
    assert row is not None
    told: list[Good] = []
    for content, moment in ((b"lungs", 0), (b"other", 9), (b"other", 9)):
        mask.write_bytes(content)
        os.utime(mask, (moment, moment))
        files = pack(films, row, shelf, 0, lambda *_: None).film_files
        assert files is not None
        assert content in b"".join(map(bytes, files.chunks))
        told.append(files)
    assert told[0].key != told[1].key
    assert told[1].chunks is told[2].chunks, "it lies in the object store once"


def test_a_restored_data_folder_is_another_one_on_the_cluster(films: Store, tmp_path: Path) -> None:
    mine = RayCluster(films, "auto")._namespace()
    backup(films, tmp_path / "backup.zip")
    restore(tmp_path / "backup.zip", tmp_path / "restored")
    copy = open_store(Workspace(tmp_path / "restored"))
    assert copy.workspace.secret() == films.workspace.secret(), "of patients' numbers"
    assert RayCluster(copy, "auto")._namespace() != mine, "it would end what is at work there"
    assert RayCluster(open_store(films.workspace), "auto")._namespace() == mine


def test_a_dispatcher_that_will_have_to_go_takes_nothing_from_the_one_at_work(
    films: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = SimpleNamespace(util=SimpleNamespace(list_named_actors=list))
    monkeypatch.setattr(ray_cluster, "connected", lambda *_: ray)
    left = films.workspace.root / "cluster" / "store-1" / "films.sqlite3"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of one that was killed")
    at_work = RayCluster(films, "auto")
    assert at_work._connected() is ray
    assert not left.exists()
    left.parent.mkdir(parents=True)
    left.write_bytes(b"being packed")
    RayCluster(films, "auto")  # made before it asks for the lock
    assert left.exists()
