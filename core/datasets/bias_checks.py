"""What tells the classes of a data set apart besides the finding, and what else to mind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.datasets.phantom import PHANTOM_SOURCE
from core.datasets.splitting import of_unknown_patients
from core.specs import DatasetSpec
from core.statistics.proportions import wilson
from core.text import count, listed, percent, percent_of

ASPECTS = ("source", "view", "sex", "age group")
AGE_GROUPS = ("0–17", "18–39", "40–59", "60–79", "80+", "unknown")

_NOTABLE = 0.25  # total variation distance between two classes that is worth a sentence
_FEW_KNOWN = 20  # films of a class, below which a difference is mostly chance
_FEW_TEST_FILMS = 200
_AT_ONCE = 8192  # films counted together


def shares(members: pd.DataFrame, class_names: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """For each of ``ASPECTS`` a table class × value: which fraction of the class has it.

    float64 in [0, 1]; every row adds up to 1. Values come most frequent first, age groups
    in their own order.
    """
    tables = {}
    for aspect in ASPECTS:
        values = age_groups(members["age"]) if aspect == "age group" else members[aspect]
        table = _shares_of_classes(members["class_name"], values)
        order = [one for one in AGE_GROUPS if one in table.columns]
        if aspect != "age group":
            order = list(table.sum().sort_values(ascending=False, kind="stable").index)
        table = table.reindex(index=list(class_names), columns=order, fill_value=0.0)
        tables[aspect] = table.rename_axis(index="class", columns=aspect)
    return tables


def _shares_of_classes(classes: pd.Series, values: pd.Series) -> pd.DataFrame:
    """Class × value, both in alphabetical order: which fraction of the class has the value."""
    # In parts: a table of all at once would make Python's own texts of every row.
    parts = [
        pd.crosstab(classes.iloc[start:stop], values.iloc[start:stop].astype(str))
        for start in range(0, len(values), _AT_ONCE)
        for stop in [start + _AT_ONCE]
    ]
    counts = pd.concat(parts).groupby(level=0).sum().sort_index(axis=1)
    return counts.div(counts.sum(axis=1), axis=0)


def age_groups(age: pd.Series) -> pd.Series:
    """Ages in years to the labels in ``AGE_GROUPS``; missing becomes ``unknown``."""
    edges = [-float("inf"), 18, 40, 60, 80, float("inf")]
    groups = pd.cut(age.astype(float), edges, right=False, labels=list(AGE_GROUPS[:-1]))
    return groups.astype(object).fillna("unknown")


def warnings(
    members: pd.DataFrame,
    spec: DatasetSpec,
    shared_by_class: dict[str, tuple[int, int]],
    tables: dict[str, pd.DataFrame],
) -> tuple[str, ...]:
    """Plain sentences, the gravest first.

    ``shared_by_class``: class → (test films whose patient is also in training, test films).
    """
    sizes = {name: int((members["class_name"] == name).sum()) for name in spec.class_names}
    found = [
        *_apart(tables, sizes, spec),
        *_unknown_patients(members),
        *_shared(shared_by_class),
        *_few(members, spec),
    ]
    if set(members["source"]) == {PHANTOM_SOURCE}:
        found.append("All films are artificial: results say how the program works, no more.")
    elif PHANTOM_SOURCE in set(members["source"]):
        found.insert(0, "Artificial films stand among real ones: no result from this set counts.")
    return tuple(found)


def _apart(tables: dict[str, pd.DataFrame], sizes: dict[str, int], spec: DatasetSpec) -> list[str]:
    """The first class against each other one, aspect by aspect.

    What a source does not record shows on no film, so only known values are compared.
    """
    first, *others = spec.class_names
    found, silent = [], []
    for aspect, table in tables.items():
        known = table.drop(columns="unknown", errors="ignore")
        for other in others:
            mine, theirs = pd.Series(known.loc[first]), pd.Series(known.loc[other])
            for name, values in ((first, mine), (other, theirs)):
                if values.sum() == 0 and (name, aspect) not in silent:
                    silent.append((name, aspect))
            if min(mine.sum() * sizes[first], theirs.sum() * sizes[other]) >= _FEW_KNOWN:
                found += _compared(aspect, first, mine / mine.sum(), other, theirs / theirs.sum())
    for name in dict.fromkeys(name for name, _ in silent):
        aspects = [aspect.removesuffix(" group") for one, aspect in silent if one == name]
        found.append(
            f"No {name} film has a recorded {listed(aspects, 'or')}: whether the classes differ in "
            "that cannot be checked."
        )
    return found


def _compared(aspect: str, first: str, mine: pd.Series, other: str, theirs: pd.Series) -> list[str]:
    gap = np.abs(mine.to_numpy() - theirs.to_numpy())
    if gap.sum() / 2 < _NOTABLE:
        return []
    if not ((mine > 0) & (theirs > 0)).any():
        if aspect == "source":
            return [
                f"Every {first} film comes from {_any_of(mine)} and every {other} film from "
                f"{_any_of(theirs)}: a network can pass by telling the sources apart."
            ]
        return [
            f"By {aspect} the classes have nothing in common: {first} is {_any_of(mine)}, {other} "
            f"is {_any_of(theirs)}. A network can pass by telling those apart."
        ]
    widest = int(gap.argmax())
    return [
        f"{percent(mine.iloc[widest], 0)} of the {first} films but "
        f"{percent(theirs.iloc[widest], 0)} of the "
        f"{other} films {_have(aspect, str(mine.index[widest]))}: a network may learn that instead."
    ]


def _any_of(share: pd.Series) -> str:
    return " or ".join(str(value) for value in share[share > 0].index)


def _have(aspect: str, value: str) -> str:
    return {
        "source": f"come from {value}",
        "view": f"are {value}",
        "sex": f"show {'women' if value == 'F' else 'men'}",
        "age group": f"show patients aged {value}",
    }[aspect]


def _unknown_patients(members: pd.DataFrame) -> list[str]:
    unknown = of_unknown_patients(members)
    if not unknown:
        return []
    which = "any film" if unknown == len(members) else f"{unknown:,} of the {len(members):,} films"
    return [
        f"Nobody knows the patients of {which}: whether a patient has films in training and in "
        "test cannot be checked, and a split by patient cannot keep them apart."
    ]


def _shared(shared_by_class: dict[str, tuple[int, int]]) -> list[str]:
    parts = [
        f"{percent_of(shared, total, 0)} of the {name} test films"
        for name, (shared, total) in shared_by_class.items()
        if shared
    ]
    if not parts:
        return []
    return [
        f"{' and '.join(parts)} share a patient with training: the test may reward recognising "
        "people. A split by patient avoids it."
    ]


def _few(members: pd.DataFrame, spec: DatasetSpec) -> list[str]:
    found = []
    test = int((members["split"] == "test").sum())
    if test < _FEW_TEST_FILMS:
        worst, _ = wilson(test, test) or (0.0, 1.0)
        found.append(
            f"Only {count(test, 'test film')}: even if every one is right, the true accuracy may "
            f"be as low as {percent(worst)} (95 % interval)."
        )
    counts = members["class_name"].value_counts()
    if spec.balance == "none" and counts.max() >= 1.5 * counts.min():
        found.append(
            f"There are {counts.max() / counts.min():.1f} times as many {counts.idxmax()} films "
            f"as {counts.idxmin()} films, and nothing makes up for it: accuracy will flatter "
            "a network that prefers the larger class."
        )
    return found
