"""RSNA Pneumonia Detection: ``stage_2_train_labels.csv``, a row a box, films by patient."""

from __future__ import annotations

from collections.abc import Iterator

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.marks import is_yes
from core.datasets.importers.rows import Row, films_of
from core.datasets.importers.tables import long_rows, records
from core.datasets.importers.tree import Tree
from core.datasets.label_map import NO_FINDING, UNKNOWN, is_silent

NAME = "rsna"
TITLE = "RSNA Pneumonia Detection"
LOOKS_LIKE = "RSNA Pneumonia (stage_2_train_labels.csv)"

LABELS = ("patientid", "target")
CLASSES = ("patientid", "class")
SICK, OTHER = "Pneumonia", "No pneumonia"
# The detailed table knows which films without pneumonia are healthy.
DETAILED = {"normal": NO_FINDING, "lung opacity": SICK, "no lung opacity / not normal": OTHER}


def detect(tree: Tree) -> bool:
    return bool(tree.tables_with(LABELS))


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a patient: Pneumonia where any of its rows has the target 1."""
    labels = tree.tables_with(LABELS)[0]
    places: dict[str, str] = {}
    targets: dict[str, list[str]] = {}
    boxes: dict[str, int] = {}
    for place, cells in records(tree, labels, LABELS):
        patient = cells["patientid"].strip()
        key = place if is_silent(patient) else patient
        places.setdefault(key, place)
        targets.setdefault(key, []).append(cells["target"])
        boxes[key] = boxes.get(key, 0) + (not is_silent(cells.get("width", "")))
    detailed = _detailed(tree)
    rows = [
        Row(
            file="" if patient == places[patient] else patient,
            place=places[patient],
            findings=(_finding(marks, detailed.get(patient, "")),),
            written=detailed.get(patient, "") or f"Target {marks[0].strip()}",
            patient="" if patient == places[patient] else patient,
            source_split="train",
            metadata={"boxes": str(boxes[patient])} if boxes[patient] else {},
        )
        for patient, marks in targets.items()
    ]
    return films_of(tree, [*rows, *long_rows(tree, labels)])


def _finding(marks: list[str], detailed: str) -> str:
    if any(map(is_yes, marks)):
        return SICK
    if all(map(is_silent, marks)) and not detailed:
        return UNKNOWN
    return DETAILED.get(detailed.strip().casefold(), OTHER)


def _detailed(tree: Tree) -> dict[str, str]:
    found = {}
    for table in tree.tables_with(CLASSES):
        for _, cells in records(tree, table, CLASSES):
            found[cells["patientid"].strip()] = cells["class"].strip()
    return found
