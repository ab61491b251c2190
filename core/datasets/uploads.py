"""The folder for unpacked archives: nothing half-imported stays in it, whatever ended the import.

An import of an archive holds a lock on its name, which the system takes away when its process
ends, and leaves a note until it is done. A note without a lock is of an import that never ended.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import InputError, ThoraxLensError
from core.lent import remove_abandoned
from core.store import Store
from core.workspace import Workspace

UNPACKING = ".unpacking-"
_KEY = re.compile(rf"{re.escape(UNPACKING)}([0-9a-f]{{32}})-")


@contextmanager
def importing(workspace: Workspace, key: str) -> Iterator[None]:
    """For the import of the archive with this hash. Two of one archive wait for each other."""
    note = _note(workspace, key)
    try:
        workspace.importing.mkdir(parents=True, exist_ok=True)
        lock = FileLock(_lock(workspace, key))
        lock.acquire()
    except OSError as error:
        raise InputError(
            f"{workspace.importing} cannot be written ({error.strerror or error}). "
            "Make room there, or choose another data folder with --data."
        ) from error
    try:
        if not (workspace.uploads / key).exists():
            note.touch()
        yield
    finally:
        note.unlink(missing_ok=True)  # done, or cleaned up by whoever imports
        lock.release()


def clean_up(store: Store) -> None:
    """Remove what imports left behind that were killed, and films that were being classified
    when everything ended; what lives is left alone.

    Says nothing when it cannot: the next start tries again.
    """
    workspace = store.workspace
    with suppress(OSError, ThoraxLensError):
        remove_abandoned(workspace.lent)
        for note in sorted(workspace.importing.glob("*.note")):
            _if_nobody_imports(workspace, note.stem, partial(_forget, store, note))
        for folder in sorted(workspace.uploads.glob(f"{UNPACKING}*")):
            match = _KEY.match(folder.name)
            remove = partial(shutil.rmtree, folder, ignore_errors=True)
            if match:
                _if_nobody_imports(workspace, match[1], remove)
            else:  # of an older version, which kept no lock
                remove()


def _forget(store: Store, note: Path) -> None:
    folder = store.workspace.uploads / note.stem
    roots = [Path(source.root) for source in store.catalogue.sources()]
    if not any(root.is_relative_to(folder) for root in roots):
        shutil.rmtree(folder, ignore_errors=True)
    note.unlink(missing_ok=True)


def _if_nobody_imports(workspace: Workspace, key: str, work: Callable[[], None]) -> None:
    workspace.importing.mkdir(exist_ok=True)
    with suppress(Timeout), FileLock(_lock(workspace, key), timeout=0):
        work()


def _lock(workspace: Workspace, key: str) -> Path:
    return workspace.importing / f"{key}.lock"


def _note(workspace: Workspace, key: str) -> Path:
    return workspace.importing / f"{key}.note"
