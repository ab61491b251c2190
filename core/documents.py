"""JSON files of ours: written whole, read with one kind of error, each with its form's version.

A file says ``"version": N``. One of an earlier version is brought up step by step; one without
a version was written before there were any and counts as version 0. One of a later version is
not guessed at: it says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from core.errors import DamagedError, NotFoundError
from core.files import written_whole
from core.version import thoraxlens_version

# A JSON object that has no fixed keys, or is made only to be printed: to read a value out of it,
# say what it is first.
Json = dict[str, object]
WRITTEN_BY = "thoraxlens"  # in each file: the version of ThoraxLens that wrote it, for people
# What a file gave, before anybody has looked at it: only ``Document.upgrade`` works on it.
Fields = dict[str, Any]


class Part(BaseModel):
    """A part of a document: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class Document(Part):
    """What is kept as one JSON file.

    ``VERSION``: of the form of the file; raise it when the form changes, and teach ``upgrade``
    the way from the one before. ``SPOKEN`` and ``REMEDY`` are for the sentence about a file that
    cannot be read: what it is, and what to do.
    """

    VERSION: ClassVar[int] = 1
    SPOKEN: ClassVar[str] = "This file"
    REMEDY: ClassVar[str] = "Remove it, and do again what made it."

    def save(self, path: Path) -> None:
        """Write it, whole or not at all; its folder is there. Raises OSError."""
        with written_whole(path) as temporary:
            temporary.write_text(self.as_file(), encoding="utf-8")

    def as_file(self) -> str:
        """What ``save`` writes."""
        fields = {WRITTEN_BY: thoraxlens_version(), **self._fields()}
        return json.dumps(fields, indent=2, ensure_ascii=False)

    def to_json(self, indent: int | None = None) -> str:
        """As JSON text, with its version."""
        return json.dumps(self._fields(), indent=indent, ensure_ascii=False)

    def _fields(self) -> Json:
        # By hand: the version is no field, and a field of that name could be set wrong.
        return {"version": self.VERSION, **self.model_dump(mode="json")}

    @classmethod
    def load(cls, path: Path) -> Self:
        """What ``save`` wrote, also long ago. Raises NotFoundError where there is no file that
        can be opened, and its kind DamagedError for one that is not such a document."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise NotFoundError(cls._unreadable(f"{path}: {error.strerror or error}")) from None
        except UnicodeDecodeError:
            raise DamagedError(cls._unreadable(f"{path} is damaged")) from None
        return cls.from_json(text, str(path))

    @classmethod
    def load_if_readable(cls, path: Path) -> Self | None:
        """What ``load`` gives; None where it raises, for what can do without the file."""
        try:
            return cls.load(path)
        except NotFoundError:
            return None

    @classmethod
    def from_json(cls, text: str, where: str = "it") -> Self:
        """What ``to_json`` gave. ``where``: what the sentence of the error calls its place.
        Raises DamagedError."""
        try:
            fields = json.loads(text)
            version = fields.pop("version", 0)
            fields.pop(WRITTEN_BY, None)
            if type(version) is not int or version < 0:
                raise TypeError("no version")
            if version <= cls.VERSION:
                for before in range(version, cls.VERSION):
                    fields = cls.upgrade(fields, before)
                # As JSON, where lists may be tuples, and nothing else may be what it is not.
                return cls.model_validate_json(json.dumps(fields), strict=True)
        # RecursionError: brackets within brackets, thousands of them.
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise DamagedError(cls._unreadable(f"{where} is damaged")) from None
        raise DamagedError(
            f"{cls.SPOKEN} cannot be read ({where} was written by a newer ThoraxLens). "
            "Update ThoraxLens, or open the folder with the version that wrote it."
        )

    @classmethod
    def upgrade(cls, older: Fields, version: int) -> Fields:
        """The fields of a file of ``version`` as the version after it has them. May raise what
        comes of a file that is not what it should be."""
        return older

    @classmethod
    def _unreadable(cls, why: str) -> str:
        return f"{cls.SPOKEN} cannot be read ({why}). {cls.REMEDY}"
