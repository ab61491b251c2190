"""A backup is made of a data folder in use; what is restored from it elsewhere is the same."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.backup.manifest import STORE
from core.backup.restoring import restore
from core.backup.writing import backup
from core.card.facts import gather_facts
from core.card.html import to_html
from core.card.sections import model_card
from core.datasets.ingest import import_folder
from core.datasets.phantom import make_phantoms
from core.doctor import place
from core.evaluation.predictions import Predictions
from core.files import written_whole
from core.images.decode import read_film
from core.runs.files import RunFiles
from core.runs.kinds import AUDIT, DEMONSTRATION
from core.store import Film, Run, RunState, Store, open_store
from core.store.schema import SCHEMA_VERSION
from core.store.upgrades import copy_of
from core.workspace import Workspace
from tests.core.backup.repacking import repacked
from tests.core.old_folders import AWAY, DONE, VERSION, make_old_folder
from tests.pages.runs import make_run


def opened(root: Path) -> Store:
    return open_store(Workspace(root))


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def card(store: Store, run_id: str) -> str:
    return to_html(model_card(gather_facts(store, run_id)))


def test_all_runs_and_what_hangs_on_them_are_there(
    file: Path, run: Run, phantom_store: Store, tmp_path: Path
) -> None:
    before = phantom_store.workspace
    done = restore(file, tmp_path / "elsewhere")
    away = opened(done.root)
    assert [one.run_id for one in away.runs.all()] == [
        one.run_id for one in phantom_store.runs.all()
    ]
    assert away.runs.get(run.run_id) == phantom_store.runs.get(run.run_id)
    files = files_in(away.workspace.run_folder(run.run_id))
    assert files == files_in(before.run_folder(run.run_id))
    assert away.datasets.members("tiny").equals(phantom_store.datasets.members("tiny"))
    assert away.catalogue.frame().equals(phantom_store.catalogue.frame())
    assert files_in(away.workspace.thumbnails) == files_in(before.thumbnails)
    assert card(away, run.run_id) == card(phantom_store, run.run_id)
    assert away.workspace.phantom_note.read_text() == before.phantom_note.read_text()
    assert {one.level for one in place.store(away.workspace)} == {"well"}
    assert away.database.check() == ""


def test_what_is_under_way_is_interrupted_in_it_and_goes_on_from_its_checkpoint(
    file: Path, training: Run, phantom_store: Store, tmp_path: Path
) -> None:
    done = restore(file, tmp_path / "elsewhere")
    away = opened(done.root).runs.get(training.run_id)
    assert (away.state, away.pid) == (RunState.INTERRUPTED, None)
    assert away.reason.endswith("Resume goes on from epoch 3.")
    files = RunFiles(done.root / "runs" / training.run_id)
    assert files.resumes_after() == 2
    assert (files.checkpoint / "state.npz").read_bytes() == b"what it goes on from"
    assert not files.scratch.exists(), "a cache is no part of a backup"
    assert phantom_store.runs.get(training.run_id).state == RunState.TRAINING, "it goes on here"


def test_queued_work_waits_on_and_demonstrations_are_left_out(
    run: Run, phantom_store: Store, tmp_path: Path
) -> None:
    queue = phantom_store.queue
    queue.add("demonstration/take-0001", DEMONSTRATION.name, {"session": "1"})
    queue.add(f"runs/{run.run_id}/audit", AUDIT.name, {})
    queue.transition(f"runs/{run.run_id}/audit", RunState.WORKING)
    waiting = make_run(phantom_store, RunState.QUEUED)
    made = backup(phantom_store, tmp_path / "backup.zip")
    assert made.manifest.interrupted == (f"runs/{run.run_id}/audit",)
    away = opened(restore(made.path, tmp_path / "elsewhere").root)
    assert [one.job_id for one in away.queue.unfinished()] == [waiting.run_id]
    audit = away.queue.find(f"runs/{run.run_id}/audit")
    assert audit is not None
    assert audit.reason.endswith("Start it again.")


def test_only_the_owner_may_read_it_and_what_comes_of_it(file: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    root = restore(file, tmp_path / "elsewhere").root
    assert not any(stat.S_IMODE(one.stat().st_mode) & 0o077 for one in (root, *root.rglob("*")))


def test_films_stay_where_they_are_or_come_along(
    run: Run, phantom_store: Store, phantom_folder: Path, tmp_path: Path
) -> None:
    films = Path(shutil.copytree(phantom_folder, tmp_path / "films" / "Other films"))
    make_phantoms(films, per_class=2, size=64, seed=3)
    import_folder(phantom_store, films, name="Other hospital")
    kept = phantom_store.workspace.uploads / "kept"
    make_phantoms(kept, per_class=1, size=64, seed=5)
    (kept / "notes.csv").write_text("name,finding\n")
    import_folder(phantom_store, kept, name="Kept films")

    by_reference = backup(phantom_store, tmp_path / "small.zip")
    assert by_reference.only_here == 2
    whole = backup(phantom_store, tmp_path / "large.zip", films=True)
    assert (whole.only_here, whole.passed_over) == (0, ())
    read = {one.film_id: read_film(Path(one.path)) for one in films_of(phantom_store)}

    small = restore(by_reference.path, tmp_path / "small")
    assert small.gone == ()
    assert {one.film_id: one.path for one in films_of(opened(small.root))} == {
        one.film_id: one.path for one in films_of(phantom_store)
    }, "by reference, they lie where they lay"

    shutil.rmtree(films)
    shutil.rmtree(phantom_store.workspace.root)
    large = restore(whole.path, tmp_path / "large")
    away = opened(large.root)
    assert all(Path(one.path).is_relative_to(large.root) for one in films_of(away))
    assert {one.film_id: read_film(Path(one.path)) for one in films_of(away)} == read
    assert (large.root / "uploads" / "kept" / "notes.csv").is_file()
    assert all(Path(one.root).is_dir() for one in away.catalogue.sources())
    assert large.gone == ()

    gone = restore(by_reference.path, tmp_path / "again")
    assert str(films) in gone.gone
    assert str(gone.root / "uploads" / "kept") in gone.gone, "put a copy of uploads there"


def films_of(store: Store) -> list[Film]:
    return store.catalogue.films(store.catalogue.frame()["film_id"].tolist())


def test_a_film_with_an_odd_name_or_without_a_file(
    phantom_store: Store, phantom_folder: Path, tmp_path: Path
) -> None:
    odd = phantom_store.workspace.uploads / "odd"
    odd.mkdir()
    first, second, *_ = sorted(phantom_folder.rglob("*.png"))
    shutil.copy(first, odd / "a\\b \u202e x.png")
    moved = {str(first): odd / "a\\b \u202e x.png", str(second): odd / "gone.png"}
    phantom_store.catalogue.move_films(
        {one.film_id: str(moved[one.path]) for one in films_of(phantom_store) if one.path in moved}
    )
    made = backup(phantom_store, tmp_path / "backup.zip", films=True)
    assert made.manifest.missing == 1
    assert len(made.passed_over) == 1
    away = opened(restore(made.path, tmp_path / "elsewhere").root)
    there = [Path(one.path) for one in films_of(away) if Path(one.path).is_file()]
    assert len(there) == 39
    assert first.read_bytes() in [one.read_bytes() for one in there]


@contextmanager
def at_work(store: Store, folder: Path) -> Iterator[threading.Event]:
    """Runs that begin, end, and are deleted, and imports, until the body ends."""
    over, begun = threading.Event(), threading.Event()

    def train() -> None:
        while not over.is_set():
            run = make_run(store, RunState.TRAINING, epochs=1)
            files = RunFiles(store.workspace.run_folder(run.run_id)).create()
            with files.log.open("a") as log:
                log.write("Epoch 1\n")
            for _ in range(3):
                with written_whole(files.weights) as temporary:
                    temporary.write_bytes(run.run_id.encode() * 20_000)
            Predictions(("a", "b"), ["0" * 32], ["test"], [0], [[0.5, 0.5]]).save(files.predictions)
            store.runs.transition(run.run_id, RunState.DONE)
            begun.set()
            if len(store.runs.all()) > 12:
                last = store.runs.all()[-1].run_id
                store.runs.delete(last)
                shutil.rmtree(store.workspace.run_folder(last), ignore_errors=True)

    def bring_in() -> None:
        number = 0
        while not over.is_set():
            number += 1
            make_phantoms(folder / str(number), per_class=1, size=64, seed=number)
            import_folder(store, folder / str(number), name=f"Source {number}")

    threads = [threading.Thread(target=one) for one in (train, bring_in)]
    for one in threads:
        one.start()
    try:
        assert begun.wait(30)
        yield begun
    finally:
        over.set()
        for one in threads:
            one.join(30)


def test_under_load_each_backup_agrees_with_itself(
    run: Run, phantom_store: Store, tmp_path: Path
) -> None:
    with at_work(phantom_store, tmp_path / "more"):
        made = [
            backup(phantom_store, tmp_path / f"{number}.zip", films=bool(number % 2))
            for number in range(6)
        ]
    assert len({one.counted["runs"] for one in made} | {one.counted["films"] for one in made}) > 2
    for number, one in enumerate(made):
        assert one.passed_over == ()
        away = opened(restore(one.path, tmp_path / f"away {number}").root)
        assert away.database.check() == ""
        for each in away.runs.all():
            files = RunFiles(away.workspace.run_folder(each.run_id))
            if each.state == RunState.DONE and each.run_id != run.run_id:
                assert Predictions.load(files.predictions).film_ids == ["0" * 32]
                assert files.weights.read_bytes() == each.run_id.encode() * 20_000
        assert all(Path(film.path).is_file() for film in films_of(away))
        assert all(away.workspace.thumbnail(film.film_id).is_file() for film in films_of(away))


def test_an_older_backup_is_brought_up_to_date(phantom_folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    make_phantoms(tmp_path / AWAY, per_class=6, size=64, seed=7)
    make_old_folder(old, phantom_folder, tmp_path / AWAY)
    store = open_store(Workspace(old).create())
    path = backup(store, tmp_path / "backup.zip").path
    # As the earlier version would have made it: with the store that is kept from before.
    with closing(sqlite3.connect(copy_of(old / "thoraxlens.sqlite3", VERSION))) as earlier:
        earlier.execute("PRAGMA journal_mode = DELETE")
    as_it_was = copy_of(old / "thoraxlens.sqlite3", VERSION).read_bytes()
    again = repacked(path, tmp_path / "older.zip", {STORE: as_it_was}, schema_version=VERSION)
    done = restore(again, tmp_path / "elsewhere")
    away = opened(done.root)
    assert away.runs.get(DONE).state == RunState.DONE
    with closing(sqlite3.connect(away.workspace.database)) as now:
        assert now.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert copy_of(away.workspace.database, VERSION).is_file()


def test_by_command(
    training: Run, phantom_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "backup.zip"
    assert main(["backup", str(file), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["runs"], made["films"], made["interrupted"]) == (2, 40, [training.run_id])
    assert made["bytes"] == file.stat().st_size
    assert main(["backup", str(file)]) == 0, "an earlier backup of that name is replaced"
    captured = capsys.readouterr()
    assert "2 runs, 1 data set" in captured.out
    assert "40 films by reference" in captured.err
    assert main(["restore", str(file)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["restore", str(file), "--into", str(tmp_path / "there"), "--json"]) == 0
    restored = json.loads(capsys.readouterr().out)
    assert (restored["runs"], restored["folders_missing"]) == (2, [])
    assert main(["--data", str(tmp_path / "third"), "restore", str(file)]) == 0
    assert (tmp_path / "third" / "thoraxlens.sqlite3").is_file()


@pytest.mark.skipif(os.name != "posix", reason="names on disk are bytes there alone")
def test_a_file_whose_name_is_no_text_is_passed_over_and_told(
    phantom_store: Store, tmp_path: Path
) -> None:
    odd = os.fsencode(phantom_store.workspace.weights) + b"/\xf6dem.h5"
    Path(os.fsdecode(odd)).write_bytes(b"weights")
    made = backup(phantom_store, tmp_path / "odd.zip")
    assert made.passed_over == ("weights/\\udcf6dem.h5",)
    assert restore(made.path, tmp_path / "again").counted == made.counted


def test_what_may_not_be_read_is_told_and_keeps_nothing_else_out(
    phantom_store: Store, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when somebody has started it once as another user of the system."""
    workspace = phantom_store.workspace
    file = RunFiles(workspace.run_folder(run.run_id)).weights
    folder = workspace.runs / "20200101-000000-abcd"
    folder.mkdir()
    link, copyfile, scandir = os.link, shutil.copyfile, os.scandir

    def refused(work: Any) -> Any:
        def tried(path: Any, *more: Any) -> Any:
            if str(path) in map(str, (file, folder)):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return work(path, *more)

        return tried

    monkeypatch.setattr(os, "link", refused(link))
    monkeypatch.setattr(shutil, "copyfile", refused(copyfile))
    monkeypatch.setattr(os, "scandir", refused(scandir))
    made = backup(phantom_store, tmp_path / "partly.zip")
    assert set(made.passed_over) == {
        f"runs/{run.run_id}/head.weights.h5", "runs/20200101-000000-abcd"
    }  # fmt: skip
    assert f"runs/{run.run_id}/predictions.npz" in made.manifest.parts
