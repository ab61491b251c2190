"""What a card says of parts of a run's test films."""

from __future__ import annotations

from core.card.document import Section, Table
from core.card.facts import Facts
from core.evaluation.slice_sentences import slice_name, slice_sentences
from core.evaluation.slices import MEASURES, Slice, Slices
from core.text import NONE, capital, count, interval, percent

TITLE = "By source, view, sex and age"


def slices_section(facts: Facts) -> Section:
    """The worst group in a sentence, what cannot be compared, and each group in a table."""
    found = facts.slices
    if not found.films:
        return Section(TITLE, ("This run has no test films.",))
    parts = slice_sentences(found)
    return Section(TITLE, (*parts, _table(found)) if found.rows else parts)


def _table(found: Slices) -> Table:
    head = ("Group", "Films", *map(capital, MEASURES))
    return Table(head, tuple(_row(one) for one in found.rows), numeric=1)


def _row(one: Slice) -> tuple[str, ...]:
    shares = [
        f"{percent(share.right.value)} ({interval(share.right.interval)})"
        if (share := one.of(measure))
        else NONE
        for measure in MEASURES
    ]
    group = f"{capital(one.aspect)}: {slice_name(one.aspect, one.value)}"
    return (group, f"{one.films:,} ({count(one.patients, 'patient')})", *shares)
