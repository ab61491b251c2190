"""Class × source, view, age and sex: what is recorded of the films and goes with the class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.audit.audit_data import AuditData
from core.audit.audit_sentences import (
    association_sentence,
    not_recorded_sentence,
    recorded_for_one_sentence,
)
from core.audit.check_result import CheckResult, unmeasured
from core.audit.populations import POPULATIONS
from core.audit.report import Level
from core.datasets.bias_checks import AGE_GROUPS, age_groups
from core.documents import Json
from core.statistics.association import association, units_of
from core.store.film_rows import UNKNOWN

ASPECTS = {"source": "source", "view": "view", "age_group": "age", "sex": "sex"}
STRONG, WEAK = 0.5, 0.2  # of Cramér's V; Cohen calls 0.5 large and 0.1 small
_UNEVEN = 0.3  # between the shares of two classes' films with a known value
_FEW = 5  # patients of a class with a known value, below which nothing can be said


def associations(material: AuditData) -> list[CheckResult]:
    """One an aspect: bias-corrected Cramér's V of class and value, where values are known."""
    return [_one(material, column, name) for column, name in ASPECTS.items()]


def _one(material: AuditData, column: str, name: str) -> CheckResult:
    values, said = _values(material, column)
    known, labels = values != UNKNOWN, material.labels
    _, owner = units_of(material.patients[known], labels[known])
    counts = _counts(material, values, column)
    details: Json = {"counts": counts, "published": said}
    if (np.bincount(owner, minlength=len(material.classes)) < _FEW).any():
        return _unrecorded(material, name, known, details)
    v, interval, p = association(values[known], labels[known], material.patients[known])
    level: Level = "no_shortcut_found"
    if v >= WEAK:
        level = "do_not_believe" if v >= STRONG else "caution"
    apart = _nothing_shared(counts)

    def say(level: Level, p: float) -> tuple[str, str]:
        return association_sentence(
            name, counts, v, interval, p, apart=apart, published=said, level=level
        )

    details |= {"patients": len(owner), "apart": apart}
    return CheckResult(f"class_by_{name}", f"Class and {name}", v, interval, level, p, say, details)


def _values(material: AuditData, column: str) -> tuple[np.ndarray, list[str]]:
    """str (n,), and what publishers were asked where the table is silent."""
    table = material.table
    values = table[column].astype(str).to_numpy(dtype=object)
    said = []
    if column in ("view", "age_group"):
        for layout, one in POPULATIONS.items():
            silent = (table["layout"] == layout).to_numpy() & (values == UNKNOWN)
            if silent.any():
                group = str(age_groups(pd.Series([one.age])).iloc[0])
                values[silent] = group if column == "age_group" else one.view
                said.append(f"{one.words} ({one.citation})")
    return values.astype(str), said


def _counts(material: AuditData, values: np.ndarray, column: str) -> dict[str, dict[str, int]]:
    """Class → value → films; age groups in their order, others the most frequent first."""
    order = [str(one) for one in pd.Series(values).value_counts().index]
    if column == "age_group":
        order = [one for one in AGE_GROUPS if one in order]
    labels = material.labels
    return {
        name: {one: int(((values == one) & (labels == index)).sum()) for one in order}
        for index, name in enumerate(material.classes)
        if (labels == index).any()
    }


def _nothing_shared(counts: dict[str, dict[str, int]]) -> bool:
    rows = [
        {value for value, films in row.items() if films and value != UNKNOWN}
        for row in counts.values()
    ]
    return all(not a & b for i, a in enumerate(rows) for b in rows[i + 1 :])


def _unrecorded(material: AuditData, name: str, known: np.ndarray, details: Json) -> CheckResult:
    """At least one class of which too little is recorded: then that may be what differs."""
    labels = material.labels
    shares = {
        one: float(known[labels == index].mean()) for index, one in enumerate(material.classes)
    }
    check, title = f"class_by_{name}", f"Class and {name}"
    if max(shares.values()) - min(shares.values()) < _UNEVEN:
        return unmeasured(check, title, not_recorded_sentence(name, shares), **details)
    v, interval, p = association(known.astype(str), labels, material.patients)

    def say(level: Level, p: float) -> tuple[str, str]:
        if level == "no_shortcut_found":
            return not_recorded_sentence(name, shares), ""
        return recorded_for_one_sentence(name, shares, v)

    details |= {"of_records": True}
    return CheckResult(check, title, v, interval, "caution", p, say, details)
