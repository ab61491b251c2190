"""Zips that are damaged or made to do harm, of every kind we could think of: one sentence each,
and nothing left on disk. What merely is unusual is unpacked."""

from __future__ import annotations

import io
import random
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable

import pytest

from core.datasets import archive_checks
from core.datasets.archive import unpack
from core.errors import InputError
from core.images.decoding import NOT_KEPT
from core.workspace import Workspace

FILM = bytes(range(256)) * 40  # hardly a film, but it has bytes to damage
DAMAGED = "x.zip is a damaged zip archive. Make or copy it again."
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def packed(files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in (files or {"a/1.png": FILM, "a/2.png": FILM[::-1]}).items():
            archive.writestr(name, data)
    return bytearray(buffer.getvalue())


def twice(*entries: tuple[str, bytes]) -> bytearray:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        for name, data in entries:
            archive.writestr(name, data)
    return bytearray(buffer.getvalue())


def patched(data: bytearray, mark: bytes, offset: int, form: str, value: int) -> bytearray:
    """The first of these records with another number at that offset."""
    struct.pack_into(form, data, data.index(mark) + offset, value)
    return data


def overlapping(entries: int) -> bytearray:
    """Many entries that all unpack the bytes of the last: each header quotes those behind it."""
    body = packed({"a/last.png": random.Random(0).randbytes(20_000)})
    [last] = zipfile.ZipFile(io.BytesIO(body)).infolist()
    kernel = body[: body.index(CENTRAL)]
    data, central = bytearray(), bytearray()
    for number in range(entries):
        name = f"a/{number:04d}.png".encode()
        fields = (20, 0, 8, 0, 0, last.CRC, last.compress_size, last.file_size, len(name), 0)
        central += struct.pack("<4s6H3L5H2L", CENTRAL, 20, *fields[:5], *fields[5:8],
                               *fields[8:], 0, 0, 0, 0, len(data)) + name  # fmt: skip
        data += struct.pack("<4s5H3L2H", LOCAL, *fields) + name
    start = len(data + kernel)
    end = struct.pack("<4s4H2LH", END, 0, 0, entries, entries, len(central), start, 0)
    return data + kernel + central + end


def in_the_middle(method: int) -> bytearray:
    data = packed(method=method)
    begin = data.index(b"a/1.png") + 12
    data[begin : begin + 40] = b"\xff" * 40
    return data


def renamed_in_the_list() -> bytearray:
    data = packed()
    where = data.index(b"a/1.png", data.index(CENTRAL))
    data[where : where + 7] = b"b/9.png"
    return data


def not_text() -> bytearray:
    """Its name says that it is UTF-8, and it is not."""
    data = packed({"a/ü.png": FILM})
    return data.replace("ü".encode(), b"\xff\xfe")


MADE: dict[str, tuple[Callable[[], bytearray], str]] = {
    "overlap": (lambda: overlapping(60), DAMAGED),
    "deflate": (lambda: in_the_middle(zipfile.ZIP_DEFLATED), DAMAGED),
    "bzip2": (lambda: in_the_middle(zipfile.ZIP_BZIP2), DAMAGED),
    "lzma": (lambda: in_the_middle(zipfile.ZIP_LZMA), DAMAGED),
    "stored": (lambda: in_the_middle(zipfile.ZIP_STORED), DAMAGED),
    "checksum": (lambda: patched(packed(), CENTRAL, 16, "<L", 7), DAMAGED),
    "says less": (lambda: patched(packed(), CENTRAL, 24, "<L", 100), DAMAGED),
    "says more": (lambda: patched(packed(), CENTRAL, 24, "<L", 99_999), DAMAGED),
    "packed less": (lambda: patched(packed(), CENTRAL, 20, "<L", 3), DAMAGED),
    "packed more": (lambda: patched(packed(), CENTRAL, 20, "<L", 50_000), DAMAGED),
    "beyond the end": (lambda: patched(packed(), CENTRAL, 42, "<L", 10**6), DAMAGED),
    "zip64 without size": (
        lambda: patched(packed(), CENTRAL, 24, "<L", 0xFFFFFFFF),
        "x.zip would unpack to far more than it is (a/1.png). Such an archive is not unpacked.",
    ),
    "other name": (renamed_in_the_list, DAMAGED),
    "no name": (lambda: packed().replace(b"a/2.png", b"\0/2.png"), DAMAGED),
    "a name of a dot": (lambda: packed({"a/1.png": FILM, "./": b""}), DAMAGED),
    "no text": (not_text, DAMAGED),
    "cut": (lambda: packed()[:-30], DAMAGED),
    "half": (lambda: packed()[: len(packed()) // 2], DAMAGED),
    "list of nothing": (lambda: patched(packed(), END, 16, "<L", 5), DAMAGED),
    "deflate64": (
        lambda: patched(packed(), CENTRAL, 10, "<H", 9),
        "x.zip is packed in a way that cannot be read here. Make it an ordinary zip.",
    ),
    "no zip": (
        lambda: bytearray(b"Rar!\x1a\x07\0 and so on"),
        "x.zip is not a zip archive. Choose a zip, or import the folder itself.",
    ),
    "two of one name": (
        lambda: twice(("a/1.png", FILM), ("a\\1.png", FILM[1:])),
        "x.zip cannot be unpacked: it holds two different files called a\\1.png. Make it again.",
    ),
    "file and folder": (
        lambda: twice(("a", FILM), ("a/1.png", FILM)),
        "x.zip cannot be unpacked: it holds a file and a folder of the same name (see a/1.png). "
        "Make it again.",
    ),
    "archive within": (
        lambda: packed({"inner.zip": bytes(packed())}),
        "x.zip holds another archive (inner.zip) and no films. Unpack it, and import what was "
        "inside.",
    ),
    "turned name": (
        lambda: packed({"../\u202egnp.exe\n": FILM}),
        "x.zip holds a file that would land outside its folder (../\ufffdgnp.exe\ufffd). "
        "Such an archive is not unpacked.",
    ),
}  # fmt: skip


def of_kind(kind: int) -> bytearray:
    buffer = io.BytesIO()
    info = zipfile.ZipInfo("a/1.png")
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, b"/etc/passwd")
    return bytearray(buffer.getvalue())


def check_refused(workspace: Workspace, data: bytes, says: str) -> None:
    with pytest.raises(InputError) as told:
        unpack(workspace, io.BytesIO(data), "x.zip")
    assert str(told.value) == says
    assert list(workspace.uploads.iterdir()) == []


@pytest.mark.parametrize("kind", MADE)
def test_it_is_refused_in_one_sentence(workspace: Workspace, kind: str) -> None:
    made, says = MADE[kind]
    check_refused(workspace, made(), says)


@pytest.mark.parametrize("kind", ["S_IFLNK", "S_IFIFO", "S_IFCHR", "S_IFBLK", "S_IFSOCK"])
def test_links_and_devices_are_refused(workspace: Workspace, kind: str) -> None:
    says = "x.zip holds a link or device (a/1.png). Make it again with plain files only."
    check_refused(workspace, of_kind(getattr(stat, kind)), says)


def test_cut_at_any_place_it_is_damaged(workspace: Workspace) -> None:
    whole = packed(method=zipfile.ZIP_STORED)
    for end in range(2, len(whole), 97):
        check_refused(workspace, whole[:end], DAMAGED)


def test_many_small_files_that_together_fill_a_disk(workspace: Workspace) -> None:
    """None of them alone shrinks suspiciously far from so large a size."""
    one = bytes(archive_checks.RATIO_COUNTS_FROM // 4)
    says = "x.zip would unpack to far more than it is. Such an archive is not unpacked."
    check_refused(workspace, packed({f"a/{n}.png": one for n in range(5)}), says)
    folder, fresh = unpack(workspace, io.BytesIO(packed({"a/0.png": one})), "x.zip")
    assert fresh
    assert (folder / "a/0.png").read_bytes().startswith(NOT_KEPT)  # zeros are no film


def test_a_list_that_does_not_fit_into_memory_is_not_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_checks, "MAX_LIST_BYTES", 100)
    says = (
        "x.zip lists more files than the 200,000 that are unpacked. "
        "Unpack it yourself and import the folder."
    )
    check_refused(workspace, packed(), says)


def test_what_is_only_unusual_is_unpacked(workspace: Workspace) -> None:
    """Bytes before and behind, a comment, two equal entries, very long names, any script."""
    long = "ä" * 300
    files = {f"{long}/{long}.png": FILM, "肺炎/\u202e1.png": FILM, "a/![x](http://e).png": FILM}
    data = packed(files)
    folder, _ = unpack(workspace, io.BytesIO(b"#!/bin/sh\n" + data), "x.zip")
    found = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*.png"))
    assert len(found) == 3
    assert {"肺炎/\u202e1.png"} < set(found)
    assert all(len(part.encode()) <= 255 for one in found for part in one.split("/"))
    # It is no film, so that alone is noted in its place.
    assert all(one.read_bytes().startswith(NOT_KEPT) for one in folder.rglob("*.png"))
    again, fresh = unpack(workspace, io.BytesIO(b"#!/bin/sh\n" + data), "x.zip")
    assert (again, fresh) == (folder, False)

    equal, _ = unpack(workspace, io.BytesIO(twice(("a/1.png", FILM), ("a/1.png", FILM))), "y.zip")
    assert [one.name for one in equal.rglob("*.png")] == ["1.png"]


def test_entries_of_no_bytes_are_no_overlap(workspace: Workspace) -> None:
    files = {f"a/{number}": b"" for number in range(3000)}
    folder, _ = unpack(workspace, io.BytesIO(packed(files)), "x.zip")
    assert sum(1 for _ in folder.rglob("*")) == 3001
