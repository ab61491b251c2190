"""ieee8023/covid-chestxray-dataset: ``metadata.csv``, ``images/`` and lung masks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from core.datasets.importers.candidate import MISSING, NAMELESS, OUTSIDE, TOO_LONG, Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.rows import LONGEST_NAME
from core.datasets.importers.tables import long_rows, metadata_of, path_inside, records
from core.datasets.importers.tree import Tree
from core.datasets.label_map import (
    is_silent,
    normalise_age,
    normalise_finding,
    normalise_sex,
    normalise_view,
)

NAME = "ieee8023"
TITLE = "COVID-19 collection with metadata.csv"
LOOKS_LIKE = "covid-chestxray-dataset: metadata.csv beside a folder images/"

TABLE = "metadata.csv"
IMAGES = "images"
MASKS = "annotations/lungVAE-masks"
REQUIRED = ("patientid", "finding", "view", "filename")
# Columns that become fields of their own; all others are kept as metadata.
OWN = frozenset({"patientid", "finding", "view", "filename", "folder", "modality", "sex", "age"})


def detect(tree: Tree) -> bool:
    """Whether the folder holds this layout, be it with a damaged table.

    A table of the same name and with other columns, beside films, is somebody else's.
    """
    if TABLE not in tree.files:
        return False
    known = tree.header(TABLE)
    if {"filename", "finding"} <= known:
        return True
    if known and tree.films:
        return False
    return tree.path(IMAGES).is_dir() or bool({"filename", "finding"} & known)


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a row of the table. Raises InputError when columns are missing."""
    masks = _masks(tree)
    for number, (_, row) in enumerate(records(tree, TABLE, REQUIRED), 2):
        yield _candidate(tree.root, number, row, masks)
    for long in long_rows(tree, TABLE):
        yield Candidate(long.place, tree.root, "", left_out=long.left_out)


def is_xray(row: dict[str, str]) -> bool:
    """Whether a row is an X-ray; a table without the column holds nothing else."""
    return row.get("modality", "X-ray").strip().lower().replace(" ", "-") in ("x-ray", "xray", "")


def _candidate(root: Path, number: int, row: dict[str, str], masks: dict[str, str]) -> Candidate:
    name = row["filename"]
    file = f"{row.get('folder', '').strip() or IMAGES}/{name}"
    path = path_inside(root, file)
    reason = ""
    if not name.strip():
        file, reason = f"row {number} of {TABLE}", NAMELESS
    elif not is_xray(row):
        modality = row["modality"].strip()
        reason = f"{'a CT slice' if modality == 'CT' else modality}, not an X-ray"
    elif path is None:
        reason = OUTSIDE
    elif len(os.fsencode(path.name)) > LONGEST_NAME:
        reason = TOO_LONG
    elif not _is_there(path):
        reason = MISSING
    patient = "" if is_silent(row["patientid"]) else row["patientid"].strip()
    mask = masks.get(Path(name.strip()).stem)
    return Candidate(
        file=file,
        path=path or root,
        patient=patient,
        finding=normalise_finding(row["finding"]),
        finding_original=row["finding"],
        view=normalise_view(row["view"]),
        view_original=row["view"],
        sex=normalise_sex(row.get("sex")),
        age=normalise_age(row.get("age")),
        masks={"lungs": mask} if mask else {},
        metadata=metadata_of(row, OWN),
        left_out=reason,
    )


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _masks(tree: Tree) -> dict[str, str]:
    """Film name without suffix → its lung mask.

    Some exist as ``NAME_mask.png.png`` too; in this order the properly named one stays.
    """
    return {
        name.rsplit("/", 1)[1].partition("_mask.png")[0]: str(tree.path(name))
        for name in sorted(tree.masks, reverse=True)
        if name.startswith(f"{MASKS}/") and "_mask.png" in name
    }
