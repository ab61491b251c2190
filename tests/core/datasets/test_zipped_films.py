"""Films that are read out of a zip one by one."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.datasets.zipped_films import is_film, is_zip, zipped_films
from core.errors import FilmError, InputError
from core.workspace import Workspace

DICOM = bytes(128) + b"DICM" + bytes(40)


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_its_films_are_found_and_read_by_name_or_content(workspace: Workspace) -> None:
    data = packed(
        {
            "b/2.JPG": b"two",
            "a/1.png": b"one",
            "labels.csv": b"film,finding",
            "a/scan": DICOM,
            "a/CR.1.2.840.10008.5": DICOM,
            "a/notes.2020": b"no film",
            "a/README": b"read me",
            "__MACOSX/a/._1.png": b"litter",
            "a/": b"",
        }
    )
    assert is_zip(data)
    films = zipped_films(data, "films.zip", workspace)
    assert [one.name for one in films] == ["a/1.png", "a/CR.1.2.840.10008.5", "a/scan", "b/2.JPG"]
    assert [one.content() for one in films] == [b"one", DICOM, DICOM, b"two"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"labels.csv": b"x"}, "films.zip holds no film"),
        ({"../1.png": b"x"}, "would land outside"),
        ({"1.png": bytes(40_000_000)}, "far more than it is"),
    ],
)
def test_what_an_import_would_refuse_is_refused(
    workspace: Workspace, files: dict[str, bytes], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        zipped_films(packed(files), "films.zip", workspace)


def test_a_damaged_zip_is_a_sentence(workspace: Workspace) -> None:
    data = packed({"1.png": b"one" * 100})
    with pytest.raises(InputError, match=r"films\.zip is a damaged zip file"):
        zipped_films(data[:-30], "films.zip", workspace)
    [film] = zipped_films(data.replace(b"one", b"two", 1), "films.zip", workspace)
    assert film.content() == b"one" * 100
    start = data.index(b"1.png") + len("1.png")
    torn = data[:start] + bytes(6) + data[start + 6 :]
    [film] = zipped_films(torn, "films.zip", workspace)
    with pytest.raises(FilmError, match=r"1\.png cannot be read from its zip file"):
        film.content()


def test_what_is_taken_for_a_film_among_many() -> None:
    assert is_film("a/x.dicom", b"")
    assert is_film("scan", DICOM)
    assert not is_film("scan", b"\x89PNG")
    assert not is_film("x.txt", DICOM)
    assert not is_zip(DICOM)
