"""A network that goes by a marker in the corner: every method finds it, and covering proves it.

The films are phantoms of healthy people. One class has a striped marker in one of the corners, a
different one from film to film, so that the network has to look for it; nothing else tells the
classes apart. The small network is trained here, in a few seconds.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest

from core.datasets.phantom import draw
from core.explain.covering import covered_parts, hottest_part
from core.explain.keras_cam import CamModel
from core.explain.methods import BY_GRADIENT, METHODS, Method
from core.explain.occlusion import covered_films, heat_of_falls, mean_falls
from core.images.overlay import enlarge
from core.statistics.softmax import softmax

SIDE, MARK = 56, 8
MARKED = 0  # the class with the marker
CORNERS = [(4, 4), (4, SIDE - 4 - MARK), (SIDE - 4 - MARK, 4), (SIDE - 4 - MARK, SIDE - 4 - MARK)]

STRIPES = np.tile(np.array([0, 255, 255, 0], np.uint8), (SIDE, SIDE // 4))


def films(first: int, many: int) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (2 · many, SIDE, SIDE), each film with its marker and then without, and where the
    markers of the first of each two are, bool (many, SIDE, SIDE)."""
    found, places = [], []
    for seed in range(first, first + many):
        plain = draw(seed, covid_like=False, size=SIDE).pixels
        top, left = CORNERS[seed % 4]
        place = np.zeros(plain.shape, bool)
        place[top : top + MARK, left : left + MARK] = True
        places.append(place)
        found += [np.where(place, STRIPES, plain), plain]
    return np.stack(found), np.stack(places)


def prepared(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels[..., np.newaxis] / np.float32(255), 3, axis=-1)


@pytest.fixture(scope="module")
def network() -> CamModel:
    keras.utils.set_random_seed(1)
    film = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(8, 5, activation="relu")(film)
    x = keras.layers.MaxPooling2D(4)(x)
    x = keras.layers.Conv2D(16, 1, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(film, keras.layers.Dense(2)(x))
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    known, _ = films(0, 48)
    model.fit(prepared(known), np.tile([MARKED, 1], 48), epochs=20, batch_size=16, verbose=0)
    return CamModel(model)


@pytest.mark.parametrize("method", METHODS)
def test_the_marker_is_found_and_covering_it_takes_the_answer(
    network: CamModel, method: Method
) -> None:
    unseen, places = films(1000, 8)
    unseen = unseen[::2]

    def probability(pixels: np.ndarray) -> np.ndarray:
        return softmax(network.logits(prepared(pixels)))

    assert (probability(unseen)[:, MARKED] > 0.5).all(), "the network has not learnt the marker"
    if method in BY_GRADIENT:
        maps = network.features(prepared(unseen))
        heats = network.slopes(maps, np.full(len(unseen), MARKED)).heats(method).heats
    else:
        heats = np.stack(
            [
                heat_of_falls(mean_falls(probability(film[np.newaxis])[0], covered)[MARKED])
                for film in unseen
                for covered in [probability(covered_films(film))]
            ]
        )
    flipped = 0
    for film, place, heat in zip(unseen, places, heats, strict=True):
        spread = enlarge(heat, film.shape)
        row, column = np.unravel_index(int(spread.argmax()), spread.shape)
        rows, columns = np.nonzero(place)
        assert abs(row - rows.mean()) <= MARK, method
        assert abs(column - columns.mean()) <= MARK, method
        after = probability(covered_parts(film, hottest_part(heat, film.shape)))[:, MARKED]
        assert after[0] < after[1:].mean(), method
        flipped += after[0] < 0.5
    assert flipped >= 7
