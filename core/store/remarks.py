"""What people say of a run once it is there: what it is called, a star, tags, notes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Annotated, ClassVar, TypedDict

from pydantic import Field

from core.documents import Document
from core.errors import DamagedError, InputError
from core.names import BLANK, JOINERS, name_key, tidy
from core.store.origin import LONGEST_TITLE

LONGEST_TAG, MOST_TAGS, LONGEST_NOTES = 30, 20, 5000


class RemarksChange(TypedDict, total=False):
    """What may be said anew, as in ``RunRemarks``; what is not given stays."""

    title: str
    star: bool
    tags: tuple[str, ...]
    notes: str


class RunRemarks(Document):
    """``title``: what the run is called here, empty where nobody has named it. ``star``: whether
    somebody marked it as the one to use. ``tags``: words to find it by, each once. ``notes``: what
    else somebody wrote down, over several lines. All text is plain, and stays in this data folder.
    """

    SPOKEN: ClassVar[str] = "What was noted of this run"

    title: str = Field("", max_length=LONGEST_TITLE)
    star: bool = False
    tags: Annotated[
        tuple[Annotated[str, Field(max_length=LONGEST_TAG)], ...], Field(max_length=MOST_TAGS)
    ] = ()
    notes: str = Field("", max_length=LONGEST_NOTES)

    @classmethod
    def read(cls, text: object) -> RunRemarks:
        """What ``to_json`` gave; an empty one for anything else: a run whose remarks were lost is
        as good as it was."""
        try:
            return cls.from_json(text) if isinstance(text, str) else cls()
        except DamagedError:
            return cls()


def checked_remarks(change: RemarksChange) -> RemarksChange:
    """The same as it is kept: blanks at the ends and signs that nobody sees are gone, each tag is
    there once. Raises InputError for what is too long or too much."""
    found = change.copy()
    if "title" in change:
        found["title"] = _line(change["title"], LONGEST_TITLE, "title")
    if "tags" in change:
        found["tags"] = _tags(change["tags"])
    if "notes" in change:
        notes = "\n".join(_seen(one).rstrip() for one in change["notes"].splitlines()).strip()
        if len(notes) > LONGEST_NOTES:
            raise InputError(
                f"The notes have {len(notes):,} letters. Use at most {LONGEST_NOTES:,}."
            )
        found["notes"] = notes
    return found


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    lines = [_line(one, LONGEST_TAG, "tag") for one in tags]
    found = tuple({name_key(one): one for one in reversed(lines) if one}.values())[::-1]
    if len(found) > MOST_TAGS:
        raise InputError(f"A run can have at most {MOST_TAGS} tags. Leave some out.")
    return found


def _line(text: str, longest: int, what: str) -> str:
    line = tidy(_seen(text))
    if len(line) > longest:
        raise InputError(f"The {what} “{line[:20]}…” is too long. Use at most {longest} letters.")
    return line


def _seen(text: str) -> str:
    """``text`` without signs that draw nothing or turn the direction of what follows."""
    plain = unicodedata.normalize("NFC", text)
    return "".join(
        one if one.isprintable() or one in JOINERS else " " if one.isspace() else ""
        for one in plain
        if one not in BLANK
    )
