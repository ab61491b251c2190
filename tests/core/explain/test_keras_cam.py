"""The model's part of heat maps against a network small enough to do by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from core.explain import keras_cam
from core.explain.keras_cam import CamModel
from tests.core.explain.test_heat import BY_ALPHA, BY_CHANNEL, BY_PLACE

WEIGHTS = np.array([[1.0, -1.0], [-2.0, 2.0]], np.float32)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A 1×1 convolution that passes two colours on, pooled, then two linear logits."""
    film = keras.Input((2, 2, 3))
    x = keras.layers.Conv2D(2, 1, use_bias=False, name="map")(film)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(film, keras.layers.Dense(2, use_bias=False, name="logits")(x))
    model.get_layer("map").kernel.assign(np.eye(3, 2, dtype=np.float32)[np.newaxis, np.newaxis])
    model.get_layer("logits").kernel.assign(WEIGHTS)
    return model


@pytest.fixture(scope="module")
def film() -> np.ndarray:
    film = np.zeros((1, 2, 2, 3), np.float32)
    film[0, ..., 0] = [[1, 2], [3, 4]]
    film[0, ..., 1] = [[0, 1], [0, 4]]
    return film


def test_a_heat_worked_out_by_hand(model: keras.Model, film: np.ndarray) -> None:
    """Means are 2.5 and 1.25, so both logits are 0; the gradients are WEIGHTS / 4."""
    logits, heats = CamModel(model).explain(film, 0)
    np.testing.assert_allclose(logits, [[0, 0]], atol=1e-6)
    np.testing.assert_allclose(heats, np.array([[[1 / 3, 0], [1, 0]]]), rtol=1e-5)
    _, heats = CamModel(model).explain(film, 1)
    np.testing.assert_allclose(heats, [[[0, 0], [0, 1]]], rtol=1e-5)


def test_each_method_on_a_head_that_reads_places_one_by_one(film: np.ndarray) -> None:
    """A map passed on, flattened, and a logit whose weights are the gradients of test_heat.py:
    4, 0, 2, 0 for the first channel's places, 0, 3, -4, -1 for the second's."""
    x = keras.Input((2, 2, 3))
    y = keras.layers.Conv2D(2, 1, use_bias=False, name="map")(x)
    y = keras.layers.Dense(1, use_bias=False, name="logits")(keras.layers.Flatten()(y))
    model = keras.Model(x, y)
    model.get_layer("map").kernel.assign(np.eye(3, 2, dtype=np.float32)[np.newaxis, np.newaxis])
    # Flatten walks over the places, and at each over the channels.
    kernel = np.array([4, 0, 0, 3, 2, -4, 0, -1], np.float32)
    model.get_layer("logits").kernel.assign(kernel[:, np.newaxis])
    cam = CamModel(model)
    slopes = cam.slopes(cam.features(film), np.zeros(1))
    # 1·4 + 2·0 + 3·2 + 4·0 and 0·0 + 1·3 + 0·(-4) + 4·(-1)
    np.testing.assert_allclose(slopes.logits, [[9]], rtol=1e-5)
    np.testing.assert_allclose(cam.logits(film), [[9]], rtol=1e-5)
    for method, by_hand in (
        ("hires_cam", BY_PLACE),
        ("grad_cam", BY_CHANNEL),
        ("grad_cam_plus_plus", BY_ALPHA),
    ):
        [heat] = slopes.heats(method).heats
        np.testing.assert_allclose(heat, by_hand, rtol=1e-4, err_msg=method)


def test_the_default_is_each_films_best_class(model: keras.Model, film: np.ndarray) -> None:
    cam = CamModel(model)
    first, second = film.copy(), film.copy()
    first[..., 1] = 0  # speaks for class 0 only
    second[..., 0] = 0  # speaks for class 1 only
    both = np.concatenate([first, second])
    logits, heats = cam.explain(both)
    assert logits.argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_array_equal(heats[0], cam.explain(both, 0)[1][0])
    np.testing.assert_array_equal(heats[1], cam.explain(both, 1)[1][1])
    assert heats[0].max() == heats[1].max() == 1


def test_a_heat_at_an_earlier_map_has_that_map_s_places() -> None:
    film = keras.Input((4, 4, 3))
    x = keras.layers.MaxPooling2D(2, name="late")(keras.layers.ReLU(name="early")(film))
    x = keras.layers.Dense(1, use_bias=False, name="logits")(keras.layers.Flatten()(x))
    model = keras.Model(film, x)
    model.get_layer("logits").kernel.assign(np.ones((12, 1), np.float32))
    bright = np.zeros((1, 4, 4, 3), np.float32)
    bright[0, 1, 2] = 1
    for layer, place, shape in ((None, (0, 1), (2, 2)), ("early", (1, 2), (4, 4))):
        _, [heat] = CamModel(model, layer).explain(bright, 0)
        assert heat.shape == shape
        assert np.argwhere(heat > 0).tolist() == [list(place)]


def test_films_do_not_influence_each_other(model: keras.Model) -> None:
    films = np.random.default_rng(1).normal(size=(5, 2, 2, 3)).astype(np.float32)
    cam = CamModel(model)
    together = cam.explain(films)
    for index in range(5):
        alone = cam.explain(films[index : index + 1])
        np.testing.assert_allclose(alone[0][0], together[0][index], atol=1e-6)
        np.testing.assert_allclose(alone[1][0], together[1][index], atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts TensorFlow's traces")
def test_the_graph_is_traced_once(
    model: keras.Model, film: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces: list[int] = []
    score = keras_cam._score

    def counting(logits: Any, class_index: Any) -> Any:
        traces.append(1)
        return score(logits, class_index)

    monkeypatch.setattr(keras_cam, "_score", counting)
    cam = CamModel(model)
    for count in (1, 3, 32):
        for chosen in (None, 0, 1):
            cam.explain(np.repeat(film, count, axis=0), chosen)
    assert len(traces) == 1
