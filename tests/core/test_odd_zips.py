"""Zips whose list of files says odd things: a sentence at every door that opens one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.reading import opened_backup
from core.datasets.ingest import import_zip
from core.datasets.table_choice import tables_in_zip
from core.datasets.zipped_films import zipped_films
from core.errors import InputError
from core.store import Store
from core.travel.run_file import opened_run_file

LIST = b"PK\x01\x02"  # begins an entry of the list at the end
ROWS = "".join(f"{number}.png,finding {number * 7919 % 1000}\n" for number in range(2000))


def _zip() -> bytearray:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.csv", "file,finding\n" + ROWS)
    return bytearray(buffer.getvalue())


def _changed(place: int, new: bytes, *, of_list: bool = True) -> bytes:
    data = _zip()
    start = data.index(LIST) + place if of_list else place
    data[start : start + len(new)] = new
    return bytes(data)


ODD = {
    "a version of the format that nobody knows": _changed(6, b"\xff\x00"),
    "a name that is called UTF-8 and is none": _changed(8, b"\x00\x08").replace(
        b"labels.csv", b"\xff\xfebels.csv"
    ),
    "packed bytes that mean nothing": _changed(80, b"\xff" * 60, of_list=False),
}


def _run_file(data: bytes, store: Store, path: Path) -> None:
    path.write_bytes(data)
    with opened_run_file(path, path.name, store.workspace):
        pass


def _backup(data: bytes, store: Store, path: Path) -> None:
    path.write_bytes(data)
    with opened_backup(path):
        pass


DOORS: dict[str, Callable[[bytes, Store, Path], object]] = {
    "a run's file": _run_file,
    "a backup": _backup,
    "tables": lambda data, store, path: tables_in_zip(io.BytesIO(data), path.name),
    "films to classify": lambda data, store, path: zipped_films(data, path.name, store.workspace),
    "an import": lambda data, store, path: import_zip(store, io.BytesIO(data), path.name),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_zip_is_refused_in_a_sentence(
    odd: str, door: str, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"odd\.zip"):
        DOORS[door](ODD[odd], store, tmp_path / "odd.zip")


def test_tables_of_more_files_than_are_read_are_not_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.datasets.archive_checks.MAX_LIST_BYTES", 10)
    with pytest.raises(InputError, match="lists more files than"):
        tables_in_zip(io.BytesIO(bytes(_zip())), "long.zip")
