"""The films of a collection as its layout describes them, with patients and in one spelling."""

from __future__ import annotations

from dataclasses import replace

from core.datasets.importers import Candidate, Choices, Found
from core.datasets.importers.names import without_copy
from core.datasets.importers.tables import is_personal
from core.datasets.label_map import JOINT, UNKNOWN, normalise_finding
from core.datasets.patients import PatientFinder, hashed, with_patients
from core.datasets.spelling import Spelling
from core.store import Store


def described_films(
    store: Store, found: Found, choices: Choices, find: PatientFinder | None
) -> tuple[list[Candidate], dict[str, set[str]]]:
    """The candidates, with patients and in one spelling; and finding → how it was written."""
    read = list(found.layout.read(found.tree, choices))
    if choices.columns and is_personal(choices.columns.patient):
        salt = store.workspace.secret()
        read = [replace(one, patient=hashed(one.patient, salt)) for one in read]
    named = with_patients([one for one in read if not one.left_out], find)
    read.reverse()
    named.reverse()
    spelling = Spelling(store.catalogue.findings())
    written: dict[str, set[str]] = {}
    candidates = []
    while read:  # taken away one by one: of 100,000 films three lists would fill the memory
        one = read.pop()
        if not one.left_out:
            finding = spelling.of(one.finding)
            original = one.finding_original.strip()
            alone = normalise_finding(without_copy(original))  # lists and votes are no spellings
            if finding != UNKNOWN and JOINT not in finding and spelling.of(alone) == finding:
                written.setdefault(finding, set()).add(original)
            one = named.pop()
            one = one if one.finding == finding else replace(one, finding=finding)
        candidates.append(one)
    candidates += [
        Candidate(name, found.root, "", left_out=why) for name, why in found.tree.left_out
    ]
    return candidates, written
