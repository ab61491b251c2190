"""A source and a film as values, and as rows of their tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from core.documents import Json
from core.store.import_report import ImportReport, is_readable, read_report

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Source:
    """One import: a folder in a known layout, under the name that pages show."""

    name: str
    layout: str
    root: str
    artificial: bool = False
    imported_at: str = ""
    report: ImportReport | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """One X-ray film.

    ``film_id``: first 32 hex digits of the SHA-256 of the file's bytes. ``patient`` is
    unique over all sources, and ``""`` where nobody knows whose film it is.
    ``finding``, ``view`` and ``sex`` are normalised and ``"unknown"`` where the
    source is silent; the ``_original`` fields keep its spelling.
    ``age`` in years. ``source_split``: the split folder it came in, or ``""``. ``width`` and
    ``height`` in pixels. ``masks``: kind (``lungs``, ``opacity``) → path of a mask image.
    ``metadata``: everything else that the source says, never from a DICOM header.
    ``set_apart``: why the film is not used (it shows hardly anything), or ``""``.
    ``source_finding``: what the source says where a person has corrected the finding (normalised
    too), else ``""``.
    """

    film_id: str
    source: str
    path: str
    patient: str
    finding: str
    finding_original: str = ""
    view: str = UNKNOWN
    view_original: str = ""
    sex: str = UNKNOWN
    age: float | None = None
    source_split: str = ""
    width: int = 0
    height: int = 0
    masks: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    set_apart: str = ""
    source_finding: str = ""

    def as_its_source_says(self) -> Film:
        """The same without a person's correction."""
        if not self.source_finding:
            return self
        return replace(self, finding=self.source_finding, source_finding="")


FIELDS = tuple(Film.__dataclass_fields__)


def film_row(film: Film) -> Json:
    """The film as a row of the table."""
    row = {name: getattr(film, name) for name in FIELDS}
    row["masks"] = json.dumps(film.masks) if film.masks else "{}"
    row["metadata"] = json.dumps(film.metadata, ensure_ascii=False) if film.metadata else "{}"
    return row


def film_of(row: Any) -> Film:
    """The film of a row; damaged masks and details count as none."""
    values = {name: row[name] for name in FIELDS}
    values["masks"] = stored_texts(values["masks"])
    values["metadata"] = stored_texts(values["metadata"])
    return Film(**values)


def stored_texts(stored: Any) -> dict[str, str]:
    """What a film's row keeps as JSON; nothing where that is damaged, which ``damaged`` tells."""
    if stored == "{}":  # as of most films: a look into 100,000 takes a quarter of a second
        return {}
    try:
        found = json.loads(stored)
    except (ValueError, TypeError):
        return {}
    return {str(key): str(one) for key, one in found.items()} if isinstance(found, dict) else {}


def source_of(row: Any) -> Source:
    """The source of a row; a damaged report counts as none."""
    return Source(
        name=row["name"],
        layout=row["layout"],
        root=row["root"],
        artificial=bool(row["artificial"]),
        imported_at=row["imported_at"],
        report=read_report(row["report"]) if is_readable(row["report"]) else None,
    )
