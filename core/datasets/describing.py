"""The films of a collection as its layout describes them, with patients and in one spelling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.datasets.importers import Candidate, Choices, Found
from core.datasets.importers.name_row import NameRow
from core.datasets.importers.names import without_copy
from core.datasets.importers.tables import is_personal
from core.datasets.label_map import JOINT, UNKNOWN, normalise_finding
from core.datasets.on_disk import OnDisk
from core.datasets.patients import PatientFinder, hashed, patients_named, with_patient
from core.datasets.spelling import Spelling
from core.store import Store


def described_films(
    store: Store, found: Found, choices: Choices, find: PatientFinder | None
) -> tuple[OnDisk[Candidate], dict[str, set[str]]]:
    """The candidates, with patients and in one spelling; and finding → how it was written."""
    read, named = _with_names(store, found, choices, find)
    patients = iter(named)
    spelling = Spelling(store.catalogue.findings())
    written: dict[str, set[str]] = {}
    candidates = OnDisk[Candidate](store.workspace.importing)
    for one in read:
        if not one.left_out:
            finding = spelling.of(one.finding)
            original = one.finding_original.strip()
            alone = normalise_finding(without_copy(original))  # lists and votes are no spellings
            if finding != UNKNOWN and JOINT not in finding and spelling.of(alone) == finding:
                written.setdefault(finding, set()).add(original)
            one = with_patient(one, next(patients))
            one = one if one.finding == finding else replace(one, finding=finding)
        candidates.append(one)
    for name, why in found.tree.left_out:
        candidates.append(Candidate(name, found.root, "", left_out=why))
    return candidates, written


def _with_names(
    store: Store, found: Found, choices: Choices, find: PatientFinder | None
) -> tuple[OnDisk[Candidate], list[str]]:
    """What the layout says, and the patient of each film of it that is not left out."""
    personal = choices.columns is not None and is_personal(choices.columns.patient)
    salt = store.workspace.secret() if personal else b""
    read = OnDisk[Candidate](store.workspace.importing)
    said = []

    def files() -> Iterator[str]:
        for row in found.layout.read(found.tree, choices):
            one = replace(row, patient=hashed(row.patient, salt)) if personal else row
            read.append(one)
            if not one.left_out:
                said.append(one.patient)
                yield one.file

    return read, patients_named(NameRow(files()), said, find)
