"""A data set as the folders of the study, for other programs and for the shelf."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from core.errors import FilmError, InputError
from core.images.decode import bare_film, read_imported
from core.images.decoding import NOT_KEPT
from core.names import file_of, folders_of, name_key, on_disk
from core.people.asking import asks
from core.people.roles import Deed
from core.privacy import for_the_user
from core.progress import Progress
from core.spreadsheet import csv_bytes
from core.store import Store

SPEC_FILE, TABLE_FILE = "spec.json", "films.csv"
# In the destination, until all is written: half an export must not look like a whole one.
UNFINISHED = ".unfinished-export"


@asks(Deed.EXPORT)
def export_tree(
    store: Store, name: str, destination: Path, progress: Progress | None = None
) -> int:
    """Write ``train|validation|test / class / files``, ``spec.json`` and ``films.csv``.

    Films show what they did when they were imported, without what their files say beside it
    (``core.images.bare``), and lie under names that are unique in the tree.
    Returns how many. ``progress(done, total)``. Raises NotFoundError for the data set,
    InputError for a destination that holds something or cannot be written, and for films
    that are gone; then nothing is left behind.
    """
    spec, files = _listing(store, name)
    destination = Path(destination).expanduser()
    unfinished = destination / UNFINISHED
    if destination.exists() and (
        not destination.is_dir() or any(one != unfinished for one in destination.iterdir())
    ):
        raise InputError(f"{destination} is not an empty folder. Choose an empty or a new one.")
    existed = destination.exists()
    try:
        if not existed:
            with for_the_user():
                destination.mkdir(parents=True)
        shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
        for done, (source, film_id, target) in enumerate(_three(files), 1):
            place = unfinished / target
            content = _bare(store, source, film_id)
            with for_the_user():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            if progress is not None:
                progress(done, len(files))
        for name, content in ((SPEC_FILE, spec.encode()), (TABLE_FILE, _table(files))):
            with for_the_user():
                (unfinished / name).write_bytes(content)
        for one in sorted(unfinished.iterdir()):
            one.rename(destination / one.name)
        unfinished.rmdir()
    except BaseException as error:
        _clear(destination, existed)
        if isinstance(error, OSError):
            raise InputError(
                f"{destination} cannot be filled ({error.strerror or error}). "
                "Choose another folder, or make room there."
            ) from error
        raise
    return len(files)


@asks(Deed.EXPORT)
def export_zip(store: Store, name: str) -> Path:
    """The same tree as one zip file, in the workspace's ``exports``; returns its path.

    Written anew each time; zip files of earlier exports go when they are an hour old.
    Raises NotFoundError and InputError as ``export_tree``.
    """
    name = store.datasets.get(name).name
    spec, files = _listing(store, name)
    folder = store.workspace.root / "exports"
    part = folder / f"{secrets.token_hex(8)}.part"
    try:
        folder.mkdir(exist_ok=True)
        _forget_old(folder)
        # Films are compressed already; storing them is ten times faster and no larger.
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
            for source, film_id, inside in _three(files):
                archive.writestr(inside, _bare(store, source, film_id))
            archive.writestr(SPEC_FILE, spec)
            archive.writestr(TABLE_FILE, _table(files))
        return part.replace(folder / file_of(name, ".zip"))
    except OSError as error:
        raise InputError(
            f"The zip file cannot be written ({error.strerror or error}). "
            "Make room on the disk, or export to a folder elsewhere."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _bare(store: Store, source: str, film_id: str) -> bytes:
    found = read_imported(source, film_id)
    data = bare_film(found, Path(source).name, store.workspace.secret())
    if data.startswith(NOT_KEPT):
        raise FilmError(f"{data[len(NOT_KEPT) :].decode(errors='replace')} It cannot be exported.")
    return data


def _three(files: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Of each film where it lies, its id, and where it goes."""
    return zip(files["path"], files["film_id"], files["file"], strict=True)


def _forget_old(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix in (".zip", ".part") and time.time() - path.stat().st_mtime > 3600:
            path.unlink(missing_ok=True)


def _listing(store: Store, name: str) -> tuple[str, pd.DataFrame]:
    """The spec as JSON, and the members with a column ``file``: where each one goes."""
    stored = store.datasets.get(name)
    members = store.datasets.members(name)
    gone = [
        path if isinstance(path, str) else "(its source was removed)"
        for path in members["path"]
        if not isinstance(path, str) or not Path(path).is_file()
    ]
    if gone:
        raise InputError(
            f"{len(gone)} of {len(members)} films are gone, for example {gone[0]}. "
            "Put the files back, or prepare a new data set."
        )
    members["file"] = _unique_files(members, stored.spec.class_names)
    return json.dumps(stored.spec.as_dict(), indent=2, ensure_ascii=False), members


def _unique_files(members: pd.DataFrame, classes: Sequence[str]) -> list[str]:
    """Original file names in a folder a class, both safe on every disk; a repeated one gets
    part of the film's id before its ending.

    Compared without regard to case, because the tree may go to such a file system.
    """
    files = [on_disk(Path(path).name) for path in members["path"]]
    repeated = pd.Series([name_key(one) for one in files]).duplicated(keep=False)
    folder = dict(zip(classes, folders_of(classes), strict=True))
    found = []
    for file, again, split, label, film_id in zip(
        files, repeated, members["split"], members["class_name"], members["film_id"], strict=True
    ):
        path = Path(file)
        unique = f"{path.stem}-{film_id[:12]}{path.suffix}" if again else file
        found.append(f"{split}/{folder[label]}/{unique}")
    return found


def _table(files: pd.DataFrame) -> bytes:
    columns = ["file", "film_id", "class_name", "split", "source", "patient", "finding",
               "view", "sex", "age", "source_split"]  # fmt: skip
    # The columns of 0.1: people have written programs that read them.
    return csv_bytes(
        files[columns].rename(columns={"class_name": "class", "source_split": "subset"})
    )


def _clear(destination: Path, keep_folder: bool) -> None:
    """Take away what an interrupted export wrote into a folder that was empty before."""
    if not keep_folder:
        shutil.rmtree(destination, ignore_errors=True)
        return
    for entry in os.scandir(destination):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)
