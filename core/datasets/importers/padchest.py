"""PadChest: labels as Python writes lists, folders of images by number."""

from __future__ import annotations

from collections.abc import Iterator

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.labels import labels_in
from core.datasets.importers.rows import Row, films_of
from core.datasets.importers.tables import long_rows, metadata_of, records
from core.datasets.importers.tree import Tree

NAME = "padchest"
TITLE = "PadChest"
LOOKS_LIKE = "PadChest (its table of labels)"

NEEDS = ("imageid", "labels", "projection")
# Reports and dates may tell who a patient is.
OWN = frozenset(
    {*NEEDS, "imagedir", "patientid", "patientsex_dicom", "report", "studydate_dicom",
     "labelslocalizationsbysentence", "labelcuis", "localizations", "localizationscuis"}
)  # fmt: skip
# What the labels say of the picture and not of the patient.
NO_FINDINGS = frozenset({"unchanged", "exclude", "suboptimal study"})


def detect(tree: Tree) -> bool:
    return bool(tree.tables_with(NEEDS))


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film; films that the table excludes are left out."""
    table = tree.tables_with(NEEDS)[0]
    rows = []
    for place, cells in records(tree, table, NEEDS):
        labels = [one.casefold() for one in labels_in(cells["labels"])]
        excluded = "exclude" in labels or cells["projection"].strip().casefold() == "exclude"
        folder = cells.get("imagedir", "").strip()
        name = cells["imageid"].strip()
        rows.append(
            Row(
                file=f"{folder.removesuffix('.0')}/{name}" if folder and name else name,
                place=place,
                findings=tuple(one for one in labels if one not in NO_FINDINGS),
                written=cells["labels"],
                patient=cells.get("patientid", ""),
                view="Lateral" if cells["projection"] == "L" else cells["projection"],
                sex=cells.get("patientsex_dicom", ""),
                age=_age(cells),
                metadata=metadata_of(cells, OWN),
                left_out="its table says that it is to be excluded" if excluded else "",
            )
        )
    return films_of(tree, [*rows, *long_rows(tree, table)])


def _age(cells: dict[str, str]) -> str:
    """Year of the study less year of birth."""
    taken, born = cells.get("studydate_dicom", "")[:4], cells.get("patientbirth", "")[:4]
    if not (taken.isdigit() and born.isdigit()):
        return ""
    return str(max(int(taken) - int(born), 0))
