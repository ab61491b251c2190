"""Predictions survive a file, and refuse what does not fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InputError, NotFoundError
from core.evaluation.predictions import Predictions


def small(**changes: object) -> Predictions:
    parts: dict[str, Any] = {
        "classes": ("covid", "healthy"),
        "film_ids": ["a", "b", "c"],
        "split": ["train", "test", "test"],
        "y_true": [0, 1, 0],
        "probabilities": [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]],
        **changes,
    }
    return Predictions(**parts)


def test_a_file_brings_back_everything(tmp_path: Path) -> None:
    path = tmp_path / "predictions.npz"
    small().save(path)
    again = Predictions.load(path)
    assert again.classes == ("covid", "healthy")
    assert again.film_ids.tolist() == ["a", "b", "c"]
    assert again.split.tolist() == ["train", "test", "test"]
    assert again.y_true.tolist() == [0, 1, 0]
    assert again.probabilities.dtype == np.float32
    np.testing.assert_array_equal(again.probabilities, small().probabilities)
    assert [one.name for one in tmp_path.iterdir()] == ["predictions.npz"]


def test_a_split_holds_its_own_films_only() -> None:
    assert small().of("test").film_ids.tolist() == ["b", "c"]
    assert len(small().of("validation")) == 0
    assert small().splits == ("train", "test")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": ("covid",), "probabilities": [[1.0]] * 3}, "fewer than two classes"),
        ({"y_true": [0, 1]}, "differ in number"),
        ({"y_true": [0, 1, 2]}, "not in the list"),
        ({"y_true": [0, 1, -1]}, "not in the list"),
        ({"probabilities": [[0.9, 0.1]] * 2}, "shape"),
        ({"probabilities": [[np.nan, 0.1]] * 3}, "diverged"),
        ({"probabilities": [[0.9, 0.9]] * 3}, "add up to 1"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        small(**changes)


def test_a_missing_and_a_damaged_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="not there"):
        Predictions.load(tmp_path / "none.npz")
    broken = tmp_path / "broken.npz"
    small().save(broken)
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be read"):
        Predictions.load(broken)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "pickled.npz"
    np.savez(path, classes=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        Predictions.load(path)
