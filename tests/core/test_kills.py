"""kill -9 in the middle of work on films: nothing half is shown, and the same work can be done
again. (Trainings: core/training; jobs: test_jobs.py; answers: core/prediction.)"""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from core.datasets.export import UNFINISHED, export_tree
from core.datasets.ingest import import_folder, import_zip
from core.datasets.uploads import clean_up
from core.store import Store, open_store
from core.workspace import PROJECT_ROOT
from tests.pages.runs import make_dataset

SLOWLY = """
import sys, time
from pathlib import Path
from core.datasets import export, ingest, prepare
from core.datasets.presets import recommended_spec
from core.store import open_store
from core.workspace import open_workspace

store = open_store(open_workspace(sys.argv[1]))

def told(*_):  # as often as a page is told, but with time to be killed in
    time.sleep(0.05)

"""


def killed(store: Store, work: str, seen: Callable[[], object], *arguments: Path) -> None:
    """Do the work in a process of its own, and kill that as soon as ``seen()``."""
    command = [sys.executable, "-c", SLOWLY + work, str(store.workspace.root), *arguments]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 240
        while not seen():
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() < until
            time.sleep(0.005)
        assert process.poll() is None, "it was over before it could be killed"
    finally:
        process.kill()
        process.communicate()


def test_an_import_that_is_killed_leaves_no_source(store: Store, phantom_folder: Path) -> None:
    thumbnails = store.workspace.thumbnails
    killed(
        store,
        "ingest.import_folder(store, Path(sys.argv[2]), name='films', progress=told)",
        lambda: any(thumbnails.rglob("*.jpg")),
        phantom_folder,
    )
    again = open_store(store.workspace)
    assert (again.catalogue.count(), again.catalogue.sources()) == (0, [])
    assert import_folder(again, phantom_folder, name="films").added == 40


def test_a_zip_whose_import_is_killed_leaves_nothing_unpacked(
    store: Store, phantom_folder: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for film in sorted(phantom_folder.rglob("*.png")):
            packed.write(film, film.relative_to(phantom_folder.parent))
    uploads = store.workspace.uploads
    killed(
        store,
        "ingest.import_zip(store, open(sys.argv[2], 'rb'), 'films.zip', progress=told)",
        lambda: any(one.is_file() for one in uploads.glob(".unpacking-*/**/*")),
        archive,
    )
    again = open_store(store.workspace)
    assert (again.catalogue.count(), again.catalogue.sources()) == (0, [])
    # As every start does. A decoder that the killed process was just starting holds its lock
    # for some milliseconds more, until it has become a program of its own.
    until = time.monotonic() + 120
    clean_up(again)
    while any(uploads.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
        clean_up(again)
    assert [one.name for one in uploads.iterdir()] == []
    with archive.open("rb") as stream:
        assert import_zip(again, stream, "films.zip").added == 40


def test_a_data_set_whose_saving_is_killed_is_none(phantom_store: Store) -> None:
    films = phantom_store.workspace.film_cache
    killed(
        phantom_store,
        "spec = recommended_spec(store.catalogue, 'tiny', seed=0).changed(image_size=64)\n"
        "prepare.save_dataset(store, prepare.plan(store.catalogue.frame(), spec), progress=told)",
        lambda: any(films.glob("*.part")),
    )
    assert phantom_store.datasets.all() == []
    make_dataset(phantom_store, "tiny")
    assert [one.name for one in phantom_store.datasets.all()] == ["tiny"]
    assert not list(films.glob("*.part"))


def test_an_export_that_is_killed_looks_like_none_and_can_be_done_again(
    phantom_store: Store, tmp_path: Path
) -> None:
    make_dataset(phantom_store, "tiny")
    out = tmp_path / "out"
    killed(
        phantom_store,
        "export.export_tree(store, 'tiny', Path(sys.argv[2]), told)",
        lambda: any(out.rglob("*.png")),
        out,
    )
    assert [one.name for one in out.iterdir()] == [UNFINISHED]
    written = export_tree(phantom_store, "tiny", out)
    assert sorted(one.name for one in out.iterdir()) == [
        "films.csv", "spec.json", "test", "train", "validation"
    ]  # fmt: skip
    assert len(list(out.rglob("*.png"))) == written
