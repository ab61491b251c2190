"""ChestX-ray14 of the NIH: ``Data_Entry_2017.csv``, images in one folder or in twelve."""

from __future__ import annotations

from collections.abc import Iterator

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.rows import Row, films_of
from core.datasets.importers.tables import long_rows, metadata_of, records
from core.datasets.importers.tree import Tree

NAME = "chestxray14"
TITLE = "ChestX-ray14 of the NIH"
LOOKS_LIKE = "ChestX-ray14 (Data_Entry_2017.csv)"

NEEDS = ("image index", "finding labels")
OWN = frozenset({*NEEDS, "patient id", "patient age", "patient gender", "patient sex",
                 "view position"})  # fmt: skip
LISTS = {"train_val_list.txt": "train", "test_list.txt": "test"}


def detect(tree: Tree) -> bool:
    return bool(tree.tables_with(NEEDS))


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film; of several editions of the table the last by name is read."""
    table = max(tree.tables_with(NEEDS))
    parts = _parts(tree)
    rows = [
        Row(
            file=cells["image index"],
            place=place,
            findings=tuple(cells["finding labels"].split("|")),
            written=cells["finding labels"],
            patient=cells.get("patient id", ""),
            view=cells.get("view position", ""),
            sex=cells.get("patient gender", "") or cells.get("patient sex", ""),
            age=cells.get("patient age", ""),
            source_split=parts.get(cells["image index"].strip(), ""),
            metadata=metadata_of(cells, OWN),
        )
        for place, cells in records(tree, table, NEEDS)
    ]
    return films_of(tree, [*rows, *long_rows(tree, table)])


def _parts(tree: Tree) -> dict[str, str]:
    """File name → part of the official split, where its two lists lie beside the table."""
    found = {}
    for name in tree.files:
        part = LISTS.get(name.rsplit("/", 1)[-1])
        if part:
            try:
                text = tree.path(name).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            found.update(dict.fromkeys(text.split(), part))
    return found
