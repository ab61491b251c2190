"""ieee8023/covid-chestxray-dataset: ``metadata.csv``, ``images/`` and lung masks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from core.datasets.importers.candidate import MISSING, Candidate
from core.datasets.importers.tables import header, inside, read_table
from core.datasets.vocabulary import (
    is_silent,
    normalise_age,
    normalise_finding,
    normalise_sex,
    normalise_view,
)

NAME = "ieee8023"
LOOKS_LIKE = "covid-chestxray-dataset: metadata.csv beside a folder images/"

TABLE = "metadata.csv"
IMAGES = "images"
MASKS = "annotations/lungVAE-masks"
REQUIRED = ("patientid", "finding", "view", "filename")
# Columns that become fields of their own; all others are kept as metadata.
OWN = frozenset({"patientid", "finding", "view", "filename", "folder", "modality", "sex", "age"})


def detect(root: Path) -> bool:
    """Whether the folder holds this layout, be it with a damaged table."""
    if not (root / TABLE).is_file():
        return False
    return (root / IMAGES).is_dir() or bool({"filename", "finding"} & set(header(root / TABLE)))


def read(root: Path) -> Iterator[Candidate]:
    """One candidate a row of the table. Raises InputError when columns are missing."""
    masks = _masks(root)
    for number, row in enumerate(read_table(root / TABLE, REQUIRED).to_dict("records"), 2):
        yield _candidate(root, number, {str(key): str(text) for key, text in row.items()}, masks)


def unlisted(root: Path) -> list[str]:
    """Files in ``images/`` that no row of the table names."""
    table = read_table(root / TABLE, REQUIRED)
    named = {PurePosixPath(name).name for name in table["filename"]}
    folder = root / IMAGES
    if not folder.is_dir():
        return []
    return sorted(
        f"{IMAGES}/{one.name}"
        for one in folder.iterdir()
        if one.is_file() and one.name not in named and not one.name.startswith(".")
    )


def is_xray(row: dict[str, str]) -> bool:
    """Whether a row is an X-ray; a table without the column holds nothing else."""
    return row.get("modality", "X-ray").strip().lower().replace(" ", "-") in ("x-ray", "xray", "")


def _candidate(root: Path, number: int, row: dict[str, str], masks: dict[str, str]) -> Candidate:
    name = row["filename"]
    file = f"{row.get('folder', '').strip() or IMAGES}/{name}"
    path = inside(root, file)
    reason = ""
    if not name.strip():
        file, reason = f"row {number} of {TABLE}", "the row names no file"
    elif not is_xray(row):
        modality = row["modality"].strip()
        reason = f"{'a CT slice' if modality == 'CT' else modality}, not an X-ray"
    elif path is None:
        reason = "its name leads out of the folder"
    elif not path.is_file():
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
        metadata={
            key: text.strip()
            for key, text in row.items()
            if key not in OWN and not key.startswith("unnamed:") and not is_silent(text)
        },
        left_out=reason,
    )


def _masks(root: Path) -> dict[str, str]:
    """Film name without suffix → its lung mask.

    Some exist as ``NAME_mask.png.png`` too; in this order the properly named one stays.
    """
    folder = root / MASKS
    if not folder.is_dir():
        return {}
    return {
        one.name.partition("_mask.png")[0]: str(one)
        for one in sorted(folder.iterdir(), reverse=True)
        if "_mask.png" in one.name
    }
