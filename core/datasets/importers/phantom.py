"""The artificial films that ``core.datasets.phantom`` makes: one table, phantoms.csv."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.datasets.importers.candidate import MISSING, Candidate
from core.datasets.importers.tables import inside, read_table
from core.datasets.vocabulary import (
    is_silent,
    normalise_age,
    normalise_finding,
    normalise_sex,
    normalise_view,
)

NAME = "phantom"
LOOKS_LIKE = "artificial films: phantoms.csv, films/ and masks/"

TABLE = "phantoms.csv"
REQUIRED = ("file", "patient", "finding", "view", "sex", "age")
MASKS = {"opacity_mask": "opacity", "lungs_mask": "lungs"}


def detect(root: Path) -> bool:
    return (root / TABLE).is_file()


def read(root: Path) -> Iterator[Candidate]:
    """One candidate a row of the table. Raises InputError when columns are missing."""
    for record in read_table(root / TABLE, REQUIRED).to_dict("records"):
        row = {str(key): str(text) for key, text in record.items()}
        path = inside(root, row["file"])
        masks = {kind: _existing(root, row.get(column, "")) for column, kind in MASKS.items()}
        yield Candidate(
            file=row["file"],
            path=path or root,
            patient=row["patient"],
            finding=normalise_finding(row["finding"]),
            finding_original=row["finding"],
            view=normalise_view(row["view"]),
            view_original=row["view"],
            sex=normalise_sex(row["sex"]),
            age=normalise_age(row["age"]),
            masks={kind: mask for kind, mask in masks.items() if mask},
            metadata={
                key: text
                for key, text in row.items()
                if key not in REQUIRED and key not in MASKS and not is_silent(text)
            },
            left_out="" if path is not None and path.is_file() else MISSING,
        )


def unlisted(root: Path) -> list[str]:
    """Films in ``films/`` that no row names."""
    named = set(read_table(root / TABLE, REQUIRED)["file"])
    films = (path.relative_to(root).as_posix() for path in (root / "films").glob("*.png"))
    return sorted(set(films) - named)


def _existing(root: Path, name: str) -> str:
    path = inside(root, name) if name else None
    return str(path) if path is not None and path.is_file() else ""
