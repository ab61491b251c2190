"""A backup that is not what it should be is refused in a sentence, and nothing is left of it."""

from __future__ import annotations

import errno
import json
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from core.backup import restoring, writing
from core.backup.manifest import BACKUP_MANIFEST, STORE
from core.backup.restoring import restore
from core.backup.writing import backup
from core.errors import InputError
from core.store import Run, Store, open_store
from core.store.schema import SCHEMA_VERSION
from core.workspace import PROJECT_ROOT, Workspace
from tests.core.backup.repacking import repacked

Disk = namedtuple("Disk", "total used free")


@pytest.fixture(scope="module")
def _made() -> dict[str, bytes]:
    return {}


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path, _made: dict[str, bytes]) -> Path:
    """A backup of a data folder that is not needed beside it; made once."""
    path = tmp_path / "backup.zip"
    if not _made:
        request.getfixturevalue("training")
        _made["bytes"] = backup(request.getfixturevalue("phantom_store"), path).path.read_bytes()
    path.write_bytes(_made["bytes"])
    return path


def refused(file: Path, words: str) -> None:
    into = file.parent / "elsewhere"
    with pytest.raises(InputError, match=words):
        restore(file, into)
    assert not into.exists() or list(into.iterdir()) == []
    assert not (file.parent / "evil.json").exists()


CASES: dict[str, tuple[str, bytes, str]] = {
    "a path above": ("../evil.json", b"{}", "land outside"),
    "a path above inside": ("runs/../../evil.json", b"{}", "land outside"),
    "an absolute path": ("/evil.json", b"{}", "land outside"),
    "a Windows path": ("C:\\evil.json", b"{}", "land outside"),
    "a place that is none of ours": ("evil/evil.json", b"{}", "belongs to no backup"),
    "a program beside the store": ("evil.py", b"import os", "belongs to no backup"),
    "measurements of another machine": ("speeds.json", b"{}", "belongs to no backup"),
    "a store that is none": (STORE, b"no store at all" * 100, "no store"),
    "an empty store": (STORE, b"", "newer ThoraxLens|no store"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_stranger_may_have_put_in(file: Path, case: str) -> None:
    name, data, words = CASES[case]
    refused(repacked(file, file.with_name("evil.zip"), {name: data}), words)


def test_a_link_is_refused(file: Path) -> None:
    evil = repacked(file, file.with_name("evil.zip"), {})
    link = zipfile.ZipInfo("runs/evil")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(evil, "a") as archive:
        archive.writestr(link, "/etc")
    refused(evil, "link")


def test_what_unpacks_to_more_than_it_is_is_refused(file: Path) -> None:
    bomb = repacked(
        file, file.with_name("evil.zip"), {"runs/x": bytes(10**7)}, packed=zipfile.ZIP_DEFLATED
    )
    refused(bomb, "packed")


def test_another_zip_and_no_zip_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "films.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("film.png", b"film")
    refused(other, "no backup")
    (tmp_path / "text.zip").write_text("no zip")
    refused(tmp_path / "text.zip", "no backup")
    refused(tmp_path / "absent.zip", "There is no file")


@pytest.mark.parametrize("part", [STORE, "salt", "runs", BACKUP_MANIFEST])
def test_a_byte_that_has_changed_is_found(file: Path, part: str) -> None:
    with zipfile.ZipFile(file) as archive:
        one = next(each for each in archive.infolist() if each.filename.startswith(part))
    damaged = bytearray(file.read_bytes())
    place = one.header_offset + 30 + len(one.filename) + 20 + one.file_size // 2
    damaged[place] ^= 0x10
    file.write_bytes(damaged)
    refused(file, "damaged")


def test_one_that_is_cut_short_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 5):
        file.write_bytes(whole[:length])
        refused(file, "no backup|damaged")


def test_a_part_too_many_or_missing_is_found(file: Path) -> None:
    more = Path(shutil.copy(file, file.with_name("more.zip")))
    with zipfile.ZipFile(more, "a") as archive:
        archive.writestr("runs/more.txt", b"more")
    refused(more, "does not hold what its table of contents says")
    refused(repacked(file, file.with_name("less.zip"), {STORE: None}), "table of contents")


def test_a_newer_one_is_refused(file: Path, phantom_store: Store) -> None:
    newer = file.with_name("newer.zip")
    refused(repacked(file, newer, {}, schema_version=SCHEMA_VERSION + 1), "newer ThoraxLens")
    refused(repacked(file, newer, {}, version=99), "newer ThoraxLens")
    with phantom_store.database.work(write=True) as work:
        work.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    store = phantom_store.workspace.database
    for one in store.parent.glob("*-wal"):
        assert one.stat().st_size, "the version stands in the log"
    made = backup(phantom_store, file.with_name("made.zip")).path
    refused(made, "newer ThoraxLens")


def test_a_folder_with_something_in_it_is_left_alone(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        restore(file, there)
    assert [one.name for one in there.iterdir()] == ["mine.txt"]
    with pytest.raises(InputError, match="is a file"):
        restore(file, there / "mine.txt")


def test_no_other_file_is_replaced_by_a_backup(phantom_store: Store, tmp_path: Path) -> None:
    mine = tmp_path / "thesis.zip"
    with zipfile.ZipFile(mine, "w") as archive:
        archive.writestr("thesis.txt", b"mine")
    before = mine.read_bytes()
    for place, words in (
        (mine, "is no backup, so it is not replaced"),
        (phantom_store.workspace.database, "is no backup, so it is not replaced"),
        (tmp_path, "is a folder"),
        (tmp_path / "absent" / "backup.zip", "There is no folder"),
    ):
        with pytest.raises(InputError, match=words):
            backup(phantom_store, place)
    assert mine.read_bytes() == before


def test_a_damaged_store_takes_no_good_backups_place(file: Path, phantom_store: Store) -> None:
    before = file.read_bytes()
    phantom_store.database.close()
    database = phantom_store.workspace.database
    data = bytearray(database.read_bytes())
    data[4096 * 3 : 4096 * 30] = bytes(4096 * 27)
    database.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        backup(open_store(phantom_store.workspace), file)
    assert file.read_bytes() == before


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_and_leaves_nothing(
    file: Path, phantom_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()
    for room in (writing, restoring):
        with monkeypatch.context() as patch:
            patch.setattr(room.shutil, "disk_usage", lambda _: Disk(1, 1, 0))
            with pytest.raises(InputError, match=r"needs .* GB"):
                backup(phantom_store, file) if room is writing else restore(file, tmp_path / "x")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(InputError, match="disk was full"):
            backup(phantom_store, file)
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if "tmp-" in one.name] == []
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_unpack", full)
        with pytest.raises(InputError, match="nothing was restored"):
            restore(file, tmp_path / "elsewhere")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not list(phantom_store.workspace.lent.iterdir()), "nothing is left in the data folder"


KILLED = """
import sys, time
from pathlib import Path
from core.backup import restoring
slow = restoring.BackupFile.chunks
def chunks(*words):
    time.sleep(0.02)
    yield from slow(*words)
restoring.BackupFile.chunks = chunks
restoring.BackupFile.check_all = lambda *_: None
restoring.restore(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_restore_that_was_killed_is_done_again(file: Path, tmp_path: Path) -> None:
    into = tmp_path / "elsewhere"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file), str(into)], cwd=PROJECT_ROOT
    )
    until = time.monotonic() + 240
    while not list(into.glob(f"{restoring.UNFINISHED}/*")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    with pytest.raises(InputError, match="Another backup is being restored"):
        restore(file, into)
    process.kill()
    process.wait()
    assert not (into / STORE).exists(), "half of one is no data folder"
    done = restore(file, into)
    assert done.counted["runs"] == len(open_store(Workspace(into)).runs.all())
    assert not [one for one in into.iterdir() if one.name.startswith(".restoring")]


def test_the_table_of_contents_names_where_it_came_from(
    run: Run, phantom_store: Store, tmp_path: Path
) -> None:
    file = backup(phantom_store, tmp_path / "backup.zip").path
    with zipfile.ZipFile(file) as archive:
        table = json.loads(archive.read(BACKUP_MANIFEST))
        packed = {one.compress_type for one in archive.infolist()}
    assert table["root"] == str(phantom_store.workspace.root)
    assert packed == {zipfile.ZIP_STORED}
    assert {one.partition("/")[0] for one in table["parts"]} == {
        "runs", "thumbnails", STORE, "phantoms.json", "salt"
    }, "no caches, no films, nothing that is lent"  # fmt: skip
