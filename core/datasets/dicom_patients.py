"""Patient, view, sex and age from DICOM headers, where neither table nor names say them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.datasets.importers import Candidate
from core.datasets.label_map import UNKNOWN
from core.datasets.looked import Looked
from core.images.header_facts import NO_FACTS

HASHED = "dicom-"  # begins the name of a patient who is known by a hash
MANY = 10  # films of one number, and of no other, from which on it is a placeholder


def with_header_facts(
    looked_at: Iterable[tuple[Candidate, Looked]],
) -> Iterator[tuple[Candidate, Looked]]:
    """The same rows, with what headers say in place of what is unknown. They are gone through
    twice."""
    nobody = _placeholders(looked_at)
    for one, looked in looked_at:
        yield _filled(one, looked, nobody), looked


def _placeholders(looked_at: Iterable[tuple[Candidate, Looked]]) -> set[str]:
    """Hashed numbers that are nobody's: two people bear them, or all of many films do."""
    sexes, born = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    films: defaultdict[str, int] = defaultdict(int)
    for _, looked in looked_at:
        facts = looked.facts
        if facts.patient:
            films[facts.patient] += 1
            sexes[facts.patient] |= {facts.sex} - {""}
            born[facts.patient] |= {facts.person} - {""}
    found = {who for who in films if len(sexes[who]) > 1 or len(born[who]) > 1}
    if len(films) == 1:
        found |= {who for who, count in films.items() if count >= MANY and not born[who]}
    return found


def _filled(one: Candidate, looked: Looked, nobody: set[str]) -> Candidate:
    facts = looked.facts
    if facts == NO_FACTS:
        return one
    patient = one.patient
    if not patient and facts.patient and facts.patient not in nobody:
        patient = f"{HASHED}{facts.patient}"
    return replace(
        one,
        patient=patient,
        view=facts.view if one.view == UNKNOWN and facts.view else one.view,
        view_original=one.view_original or (facts.view if one.view == UNKNOWN else ""),
        sex=facts.sex if one.sex == UNKNOWN and facts.sex else one.sex,
        age=facts.age if one.age is None else one.age,
    )
