"""What Keras is fed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from core.specs import AugmentSpec
from core.training.backend import without_tuning
from core.training.batches import FilmBatches, RepeatedBatches, VectorBatches
from core.training.callbacks import BeginEpoch

FILMS = np.random.default_rng(0).integers(0, 256, (12, 16, 16), dtype=np.uint8)


def common(count: int, **changes: Any) -> dict[str, Any]:
    targets = np.eye(2, dtype=np.float32)[np.arange(count) % 2]
    return {
        "targets": targets, "weights": None, "batch_size": 4, "seed": 1, "shuffle": False, **changes
    }  # fmt: skip


def films(augmentation: AugmentSpec | None, rows: np.ndarray, **changes: Any) -> FilmBatches:
    return FilmBatches(FILMS, rows, "rescale", augmentation, **common(len(rows), **changes))


def test_films_come_preprocessed_with_their_targets() -> None:
    rows = np.array([3, 1, 7, 5, 0, 2])
    batches = films(None, rows)
    assert len(batches) == 2
    inputs, targets = batches[1]
    assert inputs.dtype == np.float32
    assert inputs.shape == (2, 16, 16, 3)
    np.testing.assert_allclose(inputs[0, :, :, 2], FILMS[0] / 255, atol=1e-6)
    np.testing.assert_array_equal(targets, [[1, 0], [0, 1]])


def test_weights_follow_their_films() -> None:
    weights = np.arange(6, dtype=np.float32)
    batches = films(None, np.arange(6), weights=weights, shuffle=True)
    seen = np.concatenate([batches[number][2] for number in range(len(batches))])
    np.testing.assert_array_equal(seen, weights[batches.order])


@pytest.mark.parametrize(
    ("count", "sizes"), [(8, [4, 4]), (9, [4, 5]), (10, [4, 4, 2]), (1, [1]), (3, [3])]
)
def test_no_film_is_left_alone_in_a_batch(count: int, sizes: list[int]) -> None:
    batches = films(None, np.arange(count))
    assert [len(batches[number][0]) for number in range(len(batches))] == sizes


def test_each_epoch_has_its_own_order_and_the_same_one_again() -> None:
    batches = films(None, np.arange(12), shuffle=True)
    orders = []
    for epoch in (0, 1, 0):
        batches.begin_epoch(epoch)
        orders.append(batches.order.tolist())
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[1]) == list(range(12))


def test_augmentation_changes_with_the_epoch_and_not_with_the_order_of_asking() -> None:
    batches = films(AugmentSpec(), np.arange(8))
    first = batches[1][0]
    batches[0]
    np.testing.assert_array_equal(batches[1][0], first)
    batches.begin_epoch(1)
    assert not np.array_equal(batches[1][0], first)


def test_each_epoch_takes_one_view_of_each_film() -> None:
    tens = np.arange(12, dtype=np.float32)[:, None] * 10
    variants = [tens + np.full((12, 3), number, dtype=np.float32) for number in range(3)]
    batches = VectorBatches(variants, **common(12))
    seen = set()
    for epoch in range(6):
        batches.begin_epoch(epoch)
        inputs = np.concatenate([batches[number][0] for number in range(len(batches))])
        assert inputs.dtype == np.float32
        np.testing.assert_array_equal(inputs[:, 0] // 10, np.arange(12))
        seen.update((inputs[:, 0] % 10).tolist())
    assert seen == {0, 1, 2}


@pytest.mark.parametrize("films", [8, 12])
def test_an_endless_stream_is_epoch_after_epoch(films: int) -> None:
    vectors = np.arange(films, dtype=np.float32)[:, None]
    apart = VectorBatches([vectors, vectors + 100], **common(films, shuffle=True))
    stream = RepeatedBatches(
        VectorBatches([vectors, vectors + 100], **common(films, shuffle=True)), 3
    )
    assert stream.num_batches is None
    index = 0
    for epoch in (3, 4, 5):
        apart.begin_epoch(epoch)
        for place in range(len(apart)):
            for one, other in zip(stream[index], apart[place], strict=True):
                np.testing.assert_array_equal(one, other)
            index += 1


def test_what_is_fed_without_tuning_is_the_same_in_each_epoch() -> None:
    """A thread that tunes the pipeline holds up the end of each epoch, for seconds."""
    batches = films(None, np.arange(10), shuffle=True, weights=np.arange(10, dtype=np.float32))
    fed = without_tuning(batches)
    assert len(fed) == 3
    if keras.backend.backend() == "tensorflow":
        assert fed.options().autotune.enabled is False
    for epoch in (0, 1):
        batches.begin_epoch(epoch)
        parts = list(iter(fed)) if fed is not batches else [batches[n] for n in range(3)]
        for place, part in enumerate(parts):
            for got, expected in zip(part, batches[place], strict=True):
                np.testing.assert_array_equal(np.asarray(got), expected)


def test_what_fits_without_tuning_learns_the_same_to_the_last_digit() -> None:
    def losses(untuned: bool) -> list[float]:
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
        )
        model.compile(loss="categorical_crossentropy", optimizer="sgd")
        batches = films(None, np.arange(12), shuffle=True)
        fed = without_tuning(batches) if untuned else batches
        told = model.fit(
            fed,
            epochs=3,
            verbose=0,
            shuffle=False,
            validation_data=fed,
            callbacks=[BeginEpoch(batches)],
        )
        return [*told.history["loss"], *told.history["val_loss"]]

    assert losses(untuned=True) == losses(untuned=False)
