"""JSON files with a version: written whole, read with one kind of error, brought up to date."""

from __future__ import annotations

import json
from math import inf, isnan, nan
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import ValidationError

from core.documents import Document, Fields, Part
from core.errors import DamagedError, NotFoundError
from core.version import thoraxlens_version


class Box(Part):
    side: int


class Note(Document):
    SPOKEN: ClassVar[str] = "This note"
    REMEDY: ClassVar[str] = "Write another."

    words: str
    boxes: tuple[Box, ...] = ()
    number: float = 0.0


class NewerNote(Note):
    VERSION: ClassVar[int] = 3

    @classmethod
    def upgrade(cls, older: Fields, version: int) -> Fields:
        return {**older, "words": f"{older['words']}, {version}"}


def test_what_is_saved_comes_back_alike(tmp_path: Path) -> None:
    note = Note(words="ä – “b”", boxes=(Box(side=3),), number=0.1)
    note.save(tmp_path / "note.json")
    assert Note.load(tmp_path / "note.json") == note
    written = json.loads((tmp_path / "note.json").read_text("utf-8"))
    assert written["version"] == 1
    assert written["thoraxlens"] == thoraxlens_version() != "unknown"
    assert [one.name for one in tmp_path.iterdir()] == ["note.json"]


def test_numbers_that_are_none_come_back_too(tmp_path: Path) -> None:
    for number in (inf, -inf, nan):
        Note(words="", number=number).save(tmp_path / "note.json")
        found = Note.load(tmp_path / "note.json").number
        assert found == number or (isnan(found) and isnan(number))


def test_a_file_without_a_version_is_an_old_one(tmp_path: Path) -> None:
    (tmp_path / "note.json").write_text('{"words": "old"}')
    assert Note.load(tmp_path / "note.json") == Note(words="old")
    assert NewerNote.load(tmp_path / "note.json").words == "old, 0, 1, 2"


def test_an_older_version_is_brought_up_step_by_step(tmp_path: Path) -> None:
    (tmp_path / "note.json").write_text('{"version": 2, "words": "old"}')
    assert NewerNote.load(tmp_path / "note.json").words == "old, 2"
    (tmp_path / "note.json").write_text('{"version": 1, "number": 4}')
    with pytest.raises(DamagedError):
        NewerNote.load(tmp_path / "note.json")


def test_a_newer_version_says_so(tmp_path: Path) -> None:
    NewerNote(words="new").save(tmp_path / "note.json")
    with pytest.raises(DamagedError, match=r"This note .* newer ThoraxLens.*Update"):
        Note.load(tmp_path / "note.json")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'"version"',
        b"\xff\xfe",
        b"{}",
        b'{"words": 1}',
        b'{"words": "a", "number": "1"}',
        b'{"words": "a", "number": true}',
        b'{"words": "a", "strange": 1}',
        b'{"words": "a", "boxes": [{"side": 1.5}]}',
        b'{"words": "\\ud800"}',
        b'{"version": "1", "words": "a"}',
        b'{"version": true, "words": "a"}',
        b'{"version": -1, "words": "a"}',
        b"[" * 100_000,
    ],
    ids=lambda text: text[:40].decode("latin-1"),
)
def test_what_is_no_such_document_has_one_error(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "note.json").write_bytes(text)
    with pytest.raises(
        DamagedError, match=r"This note .*note\.json is damaged\)\. Write another\."
    ):
        Note.load(tmp_path / "note.json")
    assert Note.load_if_readable(tmp_path / "note.json") is None


def test_no_file_is_another_kind_of_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="No such file") as told:
        Note.load(tmp_path / "note.json")
    assert not isinstance(told.value, DamagedError)
    assert Note.load_if_readable(tmp_path / "note.json") is None


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    note = Note(words="first")
    note.save(tmp_path / "note.json")
    with pytest.raises(ValueError):
        Note(words="\ud800").save(tmp_path / "note.json")
    assert Note.load(tmp_path / "note.json") == note


def test_a_document_is_not_changed_nor_widened() -> None:
    note = Note(words="a")
    with pytest.raises(ValidationError):
        note.words = "b"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Note.model_validate({"words": "a", "other": 1})
