"""A run's file from a stranger: refused in a sentence, and nothing of it is left behind."""

from __future__ import annotations

import json
import pickle
import shutil
import stat
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.store import Store
from core.travel import manifest, run_file
from core.travel.arrays import array_bytes, array_of
from core.travel.importing import import_run
from core.travel.manifest import MANIFEST, Manifest, ZipEntry

Entries = dict[str, bytes]


def entries_of(file: Path) -> Entries:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, entries: Entries, *, listed: bool = True, **changes: object) -> Path:
    """A file with these entries; ``listed``: its table of contents is of them."""
    entries = dict(entries)
    table = json.loads(entries.pop(MANIFEST))
    if listed:
        whole = {name: ZipEntry.of(data) for name, data in entries.items()}
        table["entries"] = {name: one.model_dump() for name, one in whole.items()}
        table["content"] = manifest.content_of(whole)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps({**table, **changes}))
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def refused(away: Store, file: Path, words: str) -> None:
    with pytest.raises(InputError, match=words):
        import_run(away, file, file.name)
    assert away.runs.all() == []
    assert list(away.workspace.runs.iterdir()) == []
    assert not (away.workspace.root / "run-import").exists()
    assert not (away.workspace.root.parent / "evil.json").exists()


def changed_json(entries: Entries, name: str, **fields: object) -> Entries:
    return {**entries, name: json.dumps({**json.loads(entries[name]), **fields}).encode()}


CASES: dict[str, tuple[Callable[[Entries], Entries], str]] = {
    "a pickle": (lambda all_: {**all_, "head/x.pkl": pickle.dumps(print)}, "does not belong"),
    "a program": (lambda all_: {**all_, "setup.py": b"import os"}, "does not belong"),
    "a path above": (lambda all_: {**all_, "../evil.json": b"{}"}, "land outside"),
    "an absolute path": (lambda all_: {**all_, "/evil.json": b"{}"}, "land outside"),
    "a Windows path": (lambda all_: {**all_, "C:\\evil.json": b"{}"}, "land outside"),
    "a path above inside": (lambda all_: {**all_, "head/../../evil.json": b"{}"}, "land outside"),
    "no network": (lambda all_: {n: d for n, d in all_.items() if not n.startswith("head/")},
                   "do not belong together"),
    "no record": (lambda all_: {n: d for n, d in all_.items() if n != "record.json"}, "lacks"),
    "no JSON": (lambda all_: {**all_, "run.json": b"\xff\xfe"}, "no text"),
    "objects": (lambda all_: {**all_, "head/x.npy": objects()}, "not an array of plain numbers"),
    "a huge shape": (lambda all_: {**all_, "head/x.npy": huge()}, "not an array of plain numbers"),
    "a newer record": (lambda all_: changed_json(all_, "record.json", version=99), "newer"),
    "another network": (lambda all_: changed_json(all_, "run.json", model="vgg16"),
                        "do not belong together"),
    "an unknown network": (lambda all_: changed_json(all_, "run.json", model="skynet"), "skynet"),
    "a film that is a path": (
        lambda all_: {
            **all_,
            "predictions/film_ids.npy": array_bytes(
                np.array(["../../x"] * len(array_of(all_["predictions/film_ids.npy"], "")))
            ),
        },
        "names films",
    ),
    "probabilities that are none": (
        lambda all_: {
            **all_,
            "predictions/probabilities.npy": array_bytes(np.full((40, 2), 0.9, np.float32)),
        },
        "cannot be used",
    ),
}  # fmt: skip


def objects() -> bytes:
    out = BytesIO()
    np.save(out, np.array([print], dtype=object), allow_pickle=True)
    return out.getvalue()


def huge() -> bytes:
    whole = array_bytes(np.zeros(1))
    return whole.replace(b"(1,)", b"(9" + b"9" * 9 + b",)")[: len(whole) + 9]


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_run_is_refused(file: Path, away: Store, tmp_path: Path, case: str) -> None:
    change, words = CASES[case]
    refused(away, packed(tmp_path / "bad.zip", change(entries_of(file))), words)


def test_a_wrong_hash_is_refused(file: Path, away: Store, tmp_path: Path) -> None:
    entries = entries_of(file)
    name = next(one for one in entries if one.startswith("head/"))
    flipped = bytearray(entries[name])
    flipped[-1] ^= 1
    entries[name] = bytes(flipped)
    refused(away, packed(tmp_path / "bad.zip", entries, listed=False), "not what its table")


def test_what_the_table_does_not_list_is_refused(file: Path, away: Store, tmp_path: Path) -> None:
    entries = {**entries_of(file), "rates.json": b"{}"}
    refused(away, packed(tmp_path / "bad.zip", entries, listed=False), "does not hold what")


def test_a_newer_file_says_so(file: Path, away: Store, tmp_path: Path) -> None:
    newer = Manifest.VERSION + 1
    bad = packed(tmp_path / "bad.zip", entries_of(file), version=newer, more="of it")
    refused(away, bad, "newer ThoraxLens")


def test_a_table_that_contradicts_itself_is_refused(
    file: Path, away: Store, tmp_path: Path
) -> None:
    bad = packed(tmp_path / "bad.zip", entries_of(file), content="0" * 64)
    refused(away, bad, "contradicts itself")


def test_a_file_cut_short_anywhere_is_refused(file: Path, away: Store, tmp_path: Path) -> None:
    whole = file.read_bytes()
    for length in np.linspace(0, len(whole) - 1, 12).astype(int):
        bad = tmp_path / "cut.zip"
        bad.write_bytes(whole[:length])
        refused(away, bad, "damaged|not a file")


def test_a_rotten_byte_anywhere_is_refused_or_changes_nothing(
    file: Path, away: Store, tmp_path: Path
) -> None:
    whole = file.read_bytes()
    bad = tmp_path / "rotten.zip"
    taken = 0
    for place in np.random.default_rng(5).integers(0, len(whole), 40):
        rotten = bytearray(whole)
        rotten[place] ^= 0x55
        bad.write_bytes(rotten)
        try:
            import_run(away, bad, bad.name)
            taken += 1
        except InputError:
            continue
    assert taken < 20
    if taken:  # a byte that zip itself does not go by, such as a date
        found = away.runs.all()
        assert len(found) == 1
        with zipfile.ZipFile(file) as archive:
            table = json.loads(archive.read(MANIFEST))
        assert found[0].origin.content == table["content"]


def test_a_link_is_refused(file: Path, away: Store, tmp_path: Path) -> None:
    bad = shutil.copy(file, tmp_path / "bad.zip")
    link = zipfile.ZipInfo("rates.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    refused(away, Path(bad), "link")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_there_twice_is_refused(file: Path, away: Store, tmp_path: Path) -> None:
    bad = shutil.copy(file, tmp_path / "bad.zip")
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr("run.json", entries_of(file)["run.json"])
    refused(away, Path(bad), "two entries of one name")


def test_a_bomb_is_refused_before_it_is_opened(
    file: Path, away: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {**entries_of(file), "head/x.npy": bytes(20 * 1024**2)}
    refused(away, packed(tmp_path / "bad.zip", entries), "far more than it is")
    monkeypatch.setattr(manifest, "MAX_BYTES", 1000)
    refused(away, file, "too large for one run")


def test_other_files_are_not_taken_for_runs(away: Store, tmp_path: Path) -> None:
    films = tmp_path / "films.zip"
    with zipfile.ZipFile(films, "w") as archive:
        archive.writestr("scan.png", b"film")
    refused(away, films, "does not belong")
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w"):
        pass
    refused(away, empty, "not one that ThoraxLens exported")
    text = tmp_path / "notes.zip"
    text.write_text("no zip")
    refused(away, text, "not a file that ThoraxLens exported")
    refused(away, tmp_path / "absent.zip", "There is no file")
    refused(away, tmp_path, "There is no file")


def test_a_full_disk_leaves_nothing_behind(
    file: Path, away: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.travel.importing.write_arrays", full)
    refused(away, file, "cannot be kept")


def test_arrays_come_back_as_they_went_in() -> None:
    for one in (
        np.array(3),
        np.zeros((0, 5), np.float16),
        np.arange(12.0).reshape(3, 4).T,
        np.array(["covid", "größer"]),
        np.array([True, False]),
    ):
        again = array_of(array_bytes(one), "x")
        assert (again.shape, again.dtype) == (one.shape, one.dtype)
        assert np.array_equal(again, one)


def test_the_list_of_known_names_has_no_way_out() -> None:
    for name in (
        "head/../x.npy", "head//x.npy", "head/.npy", "external/1/x.json", "head/x.npz", "",
        "run.json/x", "external/a/external.json", "HEAD/x.npy", "head/a b.npy",
    ):  # fmt: skip
        assert not manifest.is_known(name), name
    for name in ("run.json", "head/layers/dense/vars/0.npy", "external/12/predictions/truth.npy"):
        assert manifest.is_known(name), name
    assert run_file.ALWAYS == (1980, 1, 1, 0, 0, 0)
