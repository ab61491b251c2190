"""What a user decides about a collection's table: its columns, and what uncertain means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from core.documents import Json
from core.errors import InputError

Uncertain = Literal["positive", "negative", "left out"]
KEYS = ("file", "finding", "patient", "view", "sex", "age", "split")


@dataclass(frozen=True)
class Columns:
    """Which column of a table says what; ``""`` where none does, ``findings`` may be several.

    Several finding columns are read one a finding (1 or ``yes``: present); a single one holds
    the finding's name, or 0 and 1.
    """

    file: str
    findings: tuple[str, ...] = ()
    patient: str = ""
    view: str = ""
    sex: str = ""
    age: str = ""
    split: str = ""

    def as_dict(self) -> Json:
        """As JSON values; ``Columns.of`` reads them."""
        return {**asdict(self), "findings": list(self.findings)}

    @classmethod
    def of(cls, values: Json) -> Columns:
        known = {key: str(values[key]) for key in KEYS if key != "finding" and key in values}
        findings = values.get("findings", ())
        if not isinstance(findings, list | tuple):
            raise TypeError("findings are a list")
        return cls(**known, findings=tuple(map(str, findings)))

    def each(self, change: Callable[[str], str]) -> Columns:
        """The same with each column's name changed; ``""`` stays."""
        rest = {
            key: change(name) if name else ""
            for key in KEYS
            if key != "finding"
            for name in [getattr(self, key)]
        }
        return Columns(**rest, findings=tuple(map(change, self.findings)))

    def in_words(self) -> str:
        """For a person: ``file = Image Index, finding = Finding Labels``."""
        told = [("file", self.file), *(("finding", one) for one in self.findings)]
        told += [(key, getattr(self, key)) for key in KEYS[2:] if getattr(self, key)]
        return ", ".join(f"{key} = {name}" for key, name in told)


@dataclass(frozen=True)
class Choices:
    """``uncertain``: what −1 in CheXpert's columns counts as. ``table``: the table's name below
    the collection's top, or ``""`` to go by the recognised layouts. ``said``: whether somebody
    said what uncertain means, or it is the default."""

    uncertain: Uncertain = "left out"
    table: str = ""
    columns: Columns | None = None
    said: bool = False

    def as_dict(self) -> Json:
        """As JSON values, for keeping with the source."""
        columns = self.columns.as_dict() if self.columns else None
        return {"uncertain": self.uncertain, "table": self.table, "columns": columns}

    @classmethod
    def of(cls, values: Json) -> Choices:
        """What ``as_dict`` gave. Raises InputError or TypeError for anything else."""
        columns = values.get("columns")
        return cls(
            uncertain=uncertain_from(str(values.get("uncertain", cls.uncertain))),
            table=str(values.get("table", "")),
            columns=Columns.of(columns) if isinstance(columns, dict) else None,
        )


DEFAULT = Choices()


def uncertain_from(text: str) -> Uncertain:
    """``positive``, ``negative``, ``left out`` or ``left-out``. Raises InputError."""
    plain = text.strip().casefold().replace("-", " ")
    known: tuple[Uncertain, ...] = get_args(Uncertain)
    for one in known:
        if plain == one:
            return one
    raise InputError(f"“{text}” is none of positive, negative, left-out.")


def columns_from(text: str) -> Columns:
    """``file=Image,finding=Label,patient=ID``; several ``finding=`` are one column each.

    A column's own name may hold commas. Raises InputError for anything else.
    """
    pieces = re.split(rf"\s*,\s*(?=(?:{'|'.join(KEYS)})\s*=)", text.strip(), flags=re.IGNORECASE)
    said: dict[str, list[str]] = {}
    for piece in pieces:
        key, equals, name = (part.strip() for part in piece.partition("="))
        if not equals or key.casefold() not in KEYS or not name:
            raise InputError(
                f"“{piece}” says no column. Write for example "
                "file=Image,finding=Label,patient=Patient ID; also known are view, sex, age, split."
            )
        said.setdefault(key.casefold(), []).append(name)
    for key, several in said.items():
        if len(several) > 1 and key != "finding":
            raise InputError(f"{key} is said twice ({', '.join(several)}). Name one column for it.")
    if "file" not in said:
        raise InputError("Say which column holds the file's name: file=COLUMN.")
    findings = [name for one in said.get("finding", []) for name in one.split("|")]
    rest = {key: one[0] for key, one in said.items() if key != "finding"}
    return Columns(findings=tuple(name.strip() for name in findings if name.strip()), **rest)
