"""Films for audits: grey noise with or without something to tell the classes apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.audit.audit_data import AuditData, gather_audit_data

CLASSES = ("covid", "healthy")


def facts(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """``count`` films a class, each of a patient of his own, the classes alike."""
    labels = np.tile([0, 1], count)
    split = np.where(np.arange(2 * count) < count, "train", "test")
    names = [f"p{place:04d}" for place in range(2 * count)]
    return pd.DataFrame(
        {
            "film_id": names, "patient": names, "label": labels, "split": split,
            "source": rng.choice(["north", "south"], 2 * count), "layout": "folders",
            "view": rng.choice(["PA", "AP"], 2 * count), "sex": rng.choice(["F", "M"], 2 * count),
            "age": rng.integers(20, 80, 2 * count).astype(float),
            "width": 1000, "height": rng.integers(900, 1100, 2 * count), "format": "png",
        }
    )  # fmt: skip


def pictures(count: int, rng: np.random.Generator) -> np.ndarray:
    """uint8 (2 · count, 96, 96): a body with two dark lungs and grain."""
    down, across = np.mgrid[:96, :96]
    chest = np.full((96, 96), 140.0)
    for middle in (29, 67):
        chest[((across - middle) / 13) ** 2 + ((down - 43) / 28) ** 2 < 1] = 50
    # Coarse differences between patients, or all films would count as the same picture.
    coarse = rng.normal(0, 25, (2 * count, 12, 12)).repeat(8, axis=1).repeat(8, axis=2)
    return np.clip(chest + coarse + rng.normal(0, 6, coarse.shape), 0, 255).astype(np.uint8)


class Make:
    """AuditData with what a test changes in it."""

    def __call__(
        self, count: int = 40, *, films: np.ndarray | None = None, **columns: Any
    ) -> AuditData:
        rng = np.random.default_rng(3)
        table = facts(count, rng)
        shown = pictures(count, rng) if films is None else films
        for name, values in columns.items():
            table[name] = values(table) if callable(values) else values
        return gather_audit_data(CLASSES, table, shown, [""] * len(table))


@pytest.fixture
def make() -> Make:
    return Make()
