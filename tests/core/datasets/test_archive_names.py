"""Names in zips that do not say in which letters they are written."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from core.datasets.archive import unpack
from core.errors import InputError
from core.workspace import Workspace


def zip_named(raw: bytes, extra: bytes = b"") -> io.BytesIO:
    """One file below a folder of that name, written as old programs do it: without the flag."""
    holder = "X" * len(raw)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        entry = zipfile.ZipInfo(f"{holder}/a.csv")
        entry.extra = extra
        archive.writestr(entry, b"file,finding\n")
    return io.BytesIO(stream.getvalue().replace(holder.encode(), raw))


def unicode_path(raw: bytes, name: str, crc: int | None = None) -> bytes:
    body = struct.pack("<BI", 1, zlib.crc32(raw) if crc is None else crc) + name.encode()
    return struct.pack("<HH", 0x7075, len(body)) + body


def names(workspace: Workspace, stream: io.BytesIO) -> list[str]:
    folder, _ = unpack(workspace, stream, "x.zip")
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*.*"))


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("Ödem".encode(), "Ödem"),  # macOS
        ("肺炎".encode(), "肺炎"),
        ("Пневмония".encode(), "Пневмония"),
        ("肺炎-正常".encode("gbk"), "肺炎-正常"),  # Windows in China
        ("Ödem".encode("cp437"), "Ödem"),  # as the format says
        ("große Übersicht é".encode("cp437"), "große Übersicht é"),
    ],
)
def test_names_are_read_in_the_letters_they_were_written_in(
    workspace: Workspace, raw: bytes, meant: str
) -> None:
    assert names(workspace, zip_named(raw)) == [f"{meant}/a.csv"]


def test_a_name_beside_the_name_counts_when_it_belongs_to_it(workspace: Workspace) -> None:
    raw = b"????"
    whole = b"????/a.csv"
    good = unicode_path(whole, "肺炎/a.csv")
    assert names(workspace, zip_named(raw, good)) == ["????/a.csv"]  # plain ASCII needs none
    raw = "Ödem".encode("cp437")
    good = unicode_path(raw + b"/a.csv", "Ödem (肺)/a.csv")
    assert names(workspace, zip_named(raw, good)) == ["Ödem (肺)/a.csv"]
    other = unicode_path(raw, "other/a.csv", crc=1)
    assert names(workspace, zip_named(raw, other)) == ["Ödem/a.csv"]


def test_a_name_beside_the_name_leads_nowhere_else(workspace: Workspace) -> None:
    raw = "Ödem".encode("cp437")
    for name in ("../../a.csv", "/etc/a.csv", "C:\\a.csv"):
        with pytest.raises(InputError, match="outside its folder"):
            unpack(workspace, zip_named(raw, unicode_path(raw + b"/a.csv", name)), "x.zip")


def test_what_an_older_version_unpacked_keeps_its_names(workspace: Workspace) -> None:
    stream = zip_named("Ödem".encode())
    folder, _ = unpack(workspace, stream, "x.zip")
    old = Path(folder, "Ödem".encode().decode("cp437"))
    Path(folder, "Ödem").rename(old)
    assert unpack(workspace, stream, "x.zip") == (folder, False)
    assert [one.name for one in folder.iterdir()] == [old.name]
    assert (old / "a.csv").is_file()
