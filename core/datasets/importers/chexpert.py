"""CheXpert: ``train.csv`` and ``valid.csv`` with one column a finding and nested paths."""

from __future__ import annotations

from collections.abc import Iterator

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.marks import read_marks
from core.datasets.importers.rows import Row, films_of
from core.datasets.importers.table_file import read_table
from core.datasets.importers.tables import long_rows, metadata_of, records
from core.datasets.importers.tree import Tree

NAME = "chexpert"
TITLE = "CheXpert"
LOOKS_LIKE = "CheXpert (train.csv, valid.csv)"

NEEDS = ("path", "frontal/lateral")
OWN = frozenset({*NEEDS, "sex", "age", "ap/pa"})


def detect(tree: Tree) -> bool:
    return bool(tree.tables_with(NEEDS))


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film. −1 is uncertain: ``choices`` says what becomes of it.

    The patient stands in the film's path, where the import finds it.
    """
    rows: list[Row] = []
    for table in tree.tables_with(NEEDS):
        spelled = read_table(tree.path(table)).attrs["spelled"]
        findings = {key: name for key, name in spelled.items() if key not in OWN}
        for place, cells in records(tree, table, NEEDS):
            marks = read_marks(cells, findings, choices.uncertain)
            rows.append(
                Row(
                    file=cells["path"],
                    place=place,
                    findings=marks.findings,
                    written=marks.written,
                    view=_view(cells),
                    sex=cells.get("sex", ""),
                    age=cells.get("age", ""),
                    source_split=_part(table, cells["path"]),
                    metadata=metadata_of(cells, OWN | findings.keys()),
                    left_out=marks.left_out,
                )
            )
        rows += long_rows(tree, table)
    return films_of(tree, rows)


def _view(cells: dict[str, str]) -> str:
    if cells["frontal/lateral"].strip().casefold() == "lateral":
        return "Lateral"
    return cells.get("ap/pa", "")


def _part(table: str, path: str) -> str:
    """``train``, ``valid`` or ``test``: a folder of the film's path, else the table's name."""
    folders = path.replace("\\", "/").casefold().split("/")[:-1]
    name = table.rsplit("/", 1)[-1].casefold()
    parts = ("train", "valid", "test")
    found = [one for one in parts if one in folders] + [one for one in parts if one in name]
    return found[0] if found else ""
