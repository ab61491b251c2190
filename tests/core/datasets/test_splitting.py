"""What a split by patient holds to, whatever films patients have."""

from __future__ import annotations

import numpy as np
import pytest

from core.datasets.splitting import patient_split
from core.specs import ClassSpec, DatasetSpec

SPEC = DatasetSpec.build(
    name="few",
    classes=(
        ClassSpec(name="covid", findings=("COVID-19",)),
        ClassSpec(name="healthy", findings=("No finding",)),
    ),
)


@pytest.mark.parametrize("counts", [(40, 1, 1), (1, 30, 30), (9, 9, 9), (50, 2, 1, 1), (7, 3, 1)])
@pytest.mark.parametrize("test_fraction", [0.05, 0.2, 0.6])
def test_each_part_gets_each_class_though_one_patient_has_most_films(
    counts: tuple[int, ...], test_fraction: float
) -> None:
    """Greedy alone would give a part nothing: what it lacks is less than what a patient has."""
    names = [f"a{number}" for number, films in enumerate(counts) for _ in range(films)]
    others = [f"b{number}" for number in range(40)]
    patients = np.array([*names, *others])
    rows = [np.arange(len(names)), np.arange(len(names), len(patients))]
    for seed in range(10):
        spec = SPEC.changed(seed=seed, test_fraction=test_fraction)
        parts = patient_split(rows, patients, spec)
        assert all(len(part) for one in parts for part in one), (counts, seed)
        for one, films in zip(parts, rows, strict=True):
            assert sorted(np.concatenate(one).tolist()) == films.tolist()
            held = [set(patients[part]) for part in one]
            assert not held[0] & held[1] | held[0] & held[2] | held[1] & held[2]
