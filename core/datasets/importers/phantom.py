"""The artificial films that ``core.datasets.phantom`` makes: one table, phantoms.csv."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.datasets.importers.candidate import MISSING, Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.tables import metadata_of, path_inside, records
from core.datasets.importers.tree import Tree
from core.datasets.label_map import (
    normalise_age,
    normalise_finding,
    normalise_sex,
    normalise_view,
)

NAME = "phantom"
TITLE = "drawn by ThoraxLens"
LOOKS_LIKE = "artificial films: phantoms.csv, films/ and masks/"

TABLE = "phantoms.csv"
REQUIRED = ("file", "patient", "finding", "view", "sex", "age")
MASKS = {"opacity_mask": "opacity", "lungs_mask": "lungs"}


def detect(tree: Tree) -> bool:
    return TABLE in tree.files


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a row of the table. Raises InputError when columns are missing."""
    root = tree.root
    for _, row in records(tree, TABLE, REQUIRED):
        path = path_inside(root, row["file"])
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
            metadata=metadata_of(row, {*REQUIRED, *MASKS}),
            left_out="" if path is not None and row["file"] in tree.files else MISSING,
        )


def _existing(root: Path, name: str) -> str:
    path = path_inside(root, name) if name else None
    return str(path) if path is not None and path.is_file() else ""
