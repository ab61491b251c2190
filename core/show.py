"""A public show: what a data folder holds, in a copy of it that lies in memory.

Visitors bring films, and looking leaves traces: caches, locks, notes of what was measured. None of
it may reach the disk. So a show works in a folder in memory: links lead from it to what is large
and only read (films, thumbnails, runs), and the store and all small files are copies. The data
folder is read, and nothing else; what the show leaves goes with its process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

from core.errors import InputError
from core.lent import lent_folder, remove_abandoned
from core.people.asking import by_itself
from core.privacy import keep_to_ourselves
from core.public import VARIABLE
from core.store import ACTIVE, RunState, Store, open_store
from core.store.unnamed import forget_people
from core.workspace import Workspace

MEMORY = Path("/dev/shm")
# Folders of work that a show does not do, or that it has of its own.
NOT_SHOWN = ("cache", "lent", "importing", "exports", "demonstration", "turns", "prediction")
_COPIED = (".json",)
_COPIED_WHOLE = ("showcase",)  # small, and tidied up by whoever looks
_WAL = "-wal"
_TRIES, _PAUSE = 20, 0.5  # seconds


@lru_cache(maxsize=1)
def show_of(root: Path) -> Path:
    """The folder in which the show of this data folder works until this process ends. Raises
    InputError."""
    workspace = Workspace(root)
    if not workspace.database.is_file():
        raise InputError(
            f"There is nothing to show: {root} holds no data yet. Start ThoraxLens once without "
            f"{VARIABLE}, or name another folder with --data."
        )
    parent = _place()
    remove_abandoned(parent)
    stay = ExitStack()
    try:
        folder = stay.enter_context(lent_folder(parent))
        _fill(folder, workspace)
    except OSError as error:
        stay.close()
        raise InputError(
            f"The show of {root} does not fit into memory ({error.strerror or error}). "
            f"Make more room in {MEMORY}."
        ) from error
    except BaseException:
        stay.close()
        raise
    atexit.register(stay.close)
    # What arrives while somebody uploads it goes through a temporary file.
    temporary = folder / "tmp"
    temporary.mkdir()
    tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
    return folder


def _place() -> Path:
    """Where the shows of this user lie. Raises InputError where there is no such place."""
    if os.name != "posix" or not MEMORY.is_dir():
        raise InputError(
            "A public show keeps what visitors bring in memory alone, and this system has no "
            f"{MEMORY} for it. Run it on Linux."
        )
    keep_to_ourselves()
    place = MEMORY / f"thoraxlens-{os.getuid()}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
    except OSError as error:
        raise InputError(f"{place} cannot be used ({error.strerror or error}).") from error
    if not place.is_dir() or place.is_symlink() or found.st_uid != os.getuid():
        raise InputError(f"{place} belongs to somebody else. Remove it, or ask them to.")
    return place


def _fill(folder: Path, workspace: Workspace) -> None:
    for entry in sorted(workspace.root.iterdir()):
        if entry.name in _COPIED_WHOLE and entry.is_dir():
            shutil.copytree(entry, folder / entry.name)
        elif entry.is_dir() and entry.name not in NOT_SHOWN and not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry.resolve(), target_is_directory=True)
        elif entry.suffix in _COPIED and entry.is_file():
            shutil.copyfile(entry, folder / entry.name)
    show = Workspace(folder)
    for kept in (workspace.film_cache, workspace.feature_cache):
        there = folder / kept.relative_to(workspace.root)
        there.mkdir(parents=True)
        for one in kept.glob("*.np[yz]"):
            (there / one.name).symlink_to(one.resolve())
    _copy_store(workspace.database, show.database)
    with by_itself():
        store = open_store(show)
        _nothing_under_way(store)
        forget_people(store.database)


def _copy_store(source: Path, target: Path) -> None:
    """The file and its log as they were at one moment. Not by SQLite, which would leave files of
    its own beside the source. Raises InputError when somebody writes all the time."""
    for _ in range(_TRIES):
        before = _state(source)
        for ending in ("", _WAL):
            part = Path(f"{target}{ending}")
            part.unlink(missing_ok=True)
            if Path(f"{source}{ending}").exists():
                shutil.copyfile(f"{source}{ending}", part)
        if _state(source) == before:
            return
        time.sleep(_PAUSE)
    raise InputError(
        f"{source} is being written to all the time. Wait until what is under way there has ended, "
        "and start the show again."
    )


def _state(source: Path) -> list[tuple[int, int]]:
    found = []
    for ending in ("", _WAL):
        try:
            state = Path(f"{source}{ending}").stat()
            found.append((state.st_mtime_ns, state.st_size))
        except FileNotFoundError:
            found.append((0, 0))
    return found


def _nothing_under_way(store: Store) -> None:
    """What waits or works in the data folder is no part of the show."""
    for row in store.queue.unfinished():
        store.queue.transition(row.job_id, RunState.CANCELLED, only_from=[RunState.QUEUED, *ACTIVE])
        if row.is_training:
            store.runs.delete(row.job_id)
        else:
            store.queue.remove(row.job_id)
