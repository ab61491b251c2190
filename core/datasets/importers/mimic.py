"""MIMIC-CXR-JPG: labels a study, films below ``p10/p10000032/s50414267/``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.marks import Marks, read_marks
from core.datasets.importers.rows import Row, films_of
from core.datasets.importers.table_file import read_table
from core.datasets.importers.tables import records
from core.datasets.importers.tree import Tree

NAME = "mimic"
TITLE = "MIMIC-CXR-JPG"
LOOKS_LIKE = "MIMIC-CXR-JPG (its tables beside files/)"

LABELS = ("subject_id", "study_id", "atelectasis")
FILMS = ("dicom_id", "subject_id", "study_id")
PLACE = re.compile(r"p(\d{8})/s(\d{8})/([^/]+)\.[A-Za-z]+$")


def detect(tree: Tree) -> bool:
    return bool(tree.tables_with(LABELS))


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film: of the tables of metadata and split, else of the folders."""
    labels = _labels(tree, choices)
    views: dict[str, str] = {}
    parts: dict[str, str] = {}
    films: dict[str, tuple[str, str, str]] = {}
    for table in tree.tables_with(FILMS):
        for place, cells in records(tree, table, FILMS):
            film = cells["dicom_id"].strip()
            films.setdefault(film, (cells["subject_id"], cells["study_id"], place))
            views[film] = cells.get("viewposition", "") or views.get(film, "")
            parts[film] = cells.get("split", "") or parts.get(film, "")
    if not films:
        films = {
            match[3]: (match[1], match[2], name)
            for name in tree.films
            if (match := PLACE.search(name))
        }
    rows = []
    for film, (subject, study, place) in films.items():
        marks = labels.get(_number(study), Marks((), "", ""))
        rows.append(
            Row(
                file=f"p{subject[:2]}/p{subject}/s{study}/{film}" if film else "",
                place=place,
                findings=marks.findings,
                written=marks.written,
                patient=_number(subject),
                view=views.get(film, ""),
                source_split=parts.get(film, ""),
                metadata={"study": _number(study)},
                left_out=marks.left_out,
            )
        )
    return films_of(tree, rows)


def _labels(tree: Tree, choices: Choices) -> dict[str, Marks]:
    """Study → what is marked; CheXpert's labeller before NegBio's, the radiologists' before
    both."""
    found: dict[str, Marks] = {}
    for table in sorted(tree.tables_with(LABELS), key=_trust):
        columns = {
            key: name
            for key, name in read_table(tree.path(table)).attrs["spelled"].items()
            if not key.endswith("_id")
        }
        for _, cells in records(tree, table, LABELS):
            marks = read_marks(cells, columns, choices.uncertain)
            found.setdefault(_number(cells["study_id"]), marks)
    return found


def _trust(table: str) -> tuple[bool, bool, str]:
    low = table.casefold()
    return ("test-set" not in low, "chexpert" not in low, low)


def _number(cell: str) -> str:
    """``50414267.0`` is 50414267: a column with gaps was once a column of floats."""
    return cell.strip().removesuffix(".0").lstrip("ps")
