"""What an import did, as its source keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

from pydantic import Field

from core.documents import Document, Fields, Json
from core.errors import DamagedError

KEPT = 1_000  # rows and files that are told one by one in the store
NONE = "{}"  # in the store, for a source without a report

Films = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class LeftOut:
    """A row or file that is not in the catalogue, and why, in plain words."""

    file: str
    reason: str


@dataclass(frozen=True)
class SetApart:
    """A film that is in the catalogue and not used, because it shows hardly anything."""

    film_id: str
    file: str
    reason: str


class ImportReport(Document):
    """What an import did.

    ``records``: rows or files looked at = ``added`` + ``known`` + left out. ``known``: films
    already imported from this same source. ``by_finding`` and ``by_view`` count the added
    and known films; a film with two findings counts for both. ``unlisted``: films in the
    folder that the collection does not describe. ``set_apart``: those of the added and known
    films that show hardly anything. ``remarks``: films that are imported although something is
    to be told of them. ``notes``: what else there is to know, as sentences. ``left_out_count``:
    how many were left out, where not all of them are listed. ``choices``: by what a table was
    read (``Choices.as_dict``), for the next import of the same folder.
    """

    SPOKEN: ClassVar[str] = "The import report of this source"
    REMEDY: ClassVar[str] = "Import its folder again for a new one."

    source: str
    layout: str = ""
    records: Films = 0
    added: Films = 0
    known: Films = 0
    by_finding: dict[str, Films] = Field(default_factory=dict)
    by_view: dict[str, Films] = Field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    unlisted: tuple[str, ...] = ()
    set_apart: tuple[SetApart, ...] = ()
    remarks: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    left_out_count: Films | None = None
    choices: Json | None = None

    @property
    def left_out_in_all(self) -> int:
        """How many rows or files were left out, listed or not."""
        return max(self.left_out_count or 0, len(self.left_out))

    def as_dict(self) -> Json:
        """What the import found, as the JSON that ``import`` prints."""
        return self.model_dump(mode="json", exclude={"left_out_count", "choices"})

    def to_keep(self, choices: Json) -> ImportReport:
        """The same for its source: of long lists the first ``KEPT``, with ``left_out_count``.

        Of a collection of which one part in twelve was downloaded, 100,000 rows have no film;
        every page reads the sources.
        """
        return self.model_copy(
            update={
                "left_out": self.left_out[:KEPT],
                "unlisted": self.unlisted[:KEPT],
                "remarks": self.remarks[:KEPT],
                "left_out_count": len(self.left_out),
                "choices": choices,
            }
        )

    @classmethod
    def upgrade(cls, older: Fields, version: int) -> Fields:
        """Without a version: the report as a dictionary, in the names of now."""
        return {name: value for name, value in older.items() if name in cls.model_fields}


def stored_report(report: ImportReport | None) -> str:
    """As the store has it."""
    return NONE if report is None else report.to_json()


@lru_cache(64)
def read_report(text: str) -> ImportReport | None:
    """What ``stored_report`` gave, also long ago. Raises DamagedError."""
    return None if text == NONE else ImportReport.from_json(text)


def is_readable(text: object) -> bool:
    """Whether a stored report can be read; one that is not there can."""
    try:
        read_report(text if isinstance(text, str) else "")
    except DamagedError:
        return False
    return True
