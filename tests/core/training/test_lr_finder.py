"""The range test of learning rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from core.runs.lr_range import LRRangeTest, suggestion
from core.training.batches import VectorBatches
from core.training.lr_finder import HIGHEST, LOWEST, find_rate

RNG = np.random.default_rng(0)
TRUTH = np.arange(64) % 2
VECTORS = (RNG.normal(size=(64, 6)) + 2 * TRUTH[:, None]).astype(np.float32)


class Quiet:
    def stage(self, *_: object, **__: object) -> None: ...

    update = stage


def model(scale: float = 1.0) -> tuple[keras.Model, VectorBatches]:
    keras.utils.set_random_seed(0)
    vector = keras.Input((6,))
    made = keras.Model(vector, keras.layers.Dense(2)(vector))
    made.compile(
        keras.optimizers.Adam(LOWEST), keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    batches = VectorBatches(
        [VECTORS * scale], targets=np.eye(2, dtype=np.float32)[TRUTH], weights=None,
        batch_size=16, seed=0, shuffle=True,
    )  # fmt: skip
    return made, batches


def test_a_rate_is_suggested_and_the_weights_are_put_back() -> None:
    made, batches = model()
    before = [np.array(one) for one in made.get_weights()]
    quiet: Any = Quiet()
    found = find_rate(made, batches, 60, quiet)
    assert found.rates[0] == LOWEST
    assert list(found.rates) == sorted(found.rates)
    assert found.rates[-1] <= HIGHEST
    assert len(found.losses) == len(found.rates)
    assert min(found.losses) < found.losses[0], "it learnt while it tried"
    assert found.suggested is not None
    assert 1e-4 < found.suggested < 1
    for one, other in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_loss_that_is_no_number_ends_the_test() -> None:
    made, batches = model(scale=1e30)
    quiet: Any = Quiet()
    found = find_rate(made, batches, 60, quiet)
    assert len(found.rates) < 60
    assert np.isfinite(found.losses).all()


def test_the_steepest_fall_is_suggested() -> None:
    rates = np.geomspace(1e-6, 1, 61).tolist()
    middle = np.log10(rates) + 3  # falls fastest at 1e-3
    losses = (1 - 1 / (1 + np.exp(-4 * middle))).tolist()
    assert suggestion(rates, losses) == pytest.approx(1e-3, rel=0.3)


@pytest.mark.parametrize("losses", [[0.7] * 40, np.linspace(0.5, 3, 40).tolist(), [0.7, 0.6]])
def test_nothing_is_suggested_when_the_loss_falls_nowhere(losses: list[float]) -> None:
    assert suggestion(np.geomspace(1e-6, 1, len(losses)).tolist(), losses) is None


def test_it_is_kept_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    assert LRRangeTest.load_if_readable(file) is None
    found = LRRangeTest(rates=(1e-6, 1e-5), losses=(0.7, 0.6), suggested=None)
    found.save(file)
    assert LRRangeTest.load_if_readable(file) == found
    file.write_text("torn {")
    assert LRRangeTest.load_if_readable(file) is None
