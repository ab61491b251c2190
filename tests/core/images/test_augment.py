from __future__ import annotations

import numpy as np
import pytest

from core.images.augment import augment
from core.specs import AugmentSpec

NOTHING = AugmentSpec(
    rotation=0, zoom=0, shift=0, horizontal_flip=False, vertical_flip=False, brightness=0
)
FILM = np.random.default_rng(1).integers(30, 220, (48, 64), np.uint8)


def variants(spec: AugmentSpec, count: int = 40, film: np.ndarray = FILM) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [augment(film, spec, rng) for _ in range(count)]


def test_zeros_change_nothing_and_copy() -> None:
    for one in variants(NOTHING, 5):
        np.testing.assert_array_equal(one, FILM)
        assert one is not FILM


def test_depends_on_the_generator_only() -> None:
    spec = AugmentSpec(brightness=0.1)
    first, second = variants(spec, 5), variants(spec, 5)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any(not np.array_equal(first[0], one) for one in first[1:])


def test_the_film_itself_is_left_alone() -> None:
    before = FILM.copy()
    variants(AugmentSpec(brightness=0.3), 5)
    np.testing.assert_array_equal(FILM, before)


@pytest.mark.parametrize(
    ("field", "flipped"),
    [("horizontal_flip", FILM[:, ::-1]), ("vertical_flip", FILM[::-1])],
)
def test_flips_are_exact_and_happen_half_the_time(field: str, flipped: np.ndarray) -> None:
    found = variants(NOTHING.changed(**{field: True}))
    turned = sum(np.array_equal(one, flipped) for one in found)
    assert 10 <= turned <= 30
    assert turned + sum(np.array_equal(one, FILM) for one in found) == len(found)


def test_shift_moves_the_film_and_leaves_black() -> None:
    film = np.full((100, 100), 200, np.uint8)
    share_black = [np.mean(one == 0) for one in variants(NOTHING.changed(shift=0.2), 60, film)]
    assert 0.25 < max(share_black) <= 1 - 0.8 * 0.8 + 0.03
    assert min(share_black) < 0.1


def test_rotation_stays_within_its_angle() -> None:
    film = np.zeros((101, 101), np.uint8)
    film[48:53, 90:99] = 255  # a mark at the right
    for one in variants(NOTHING.changed(rotation=30), 40, film):
        rows, columns = np.nonzero(one > 100)
        angle = np.degrees(np.arctan2(rows.mean() - 50, columns.mean() - 50))
        assert abs(angle) < 31


def test_zoom_goes_both_ways() -> None:
    film = np.zeros((101, 101), np.uint8)
    film[30:71, 30:71] = 255
    areas = [np.mean(one > 128) / np.mean(film > 128) for one in variants(
        NOTHING.changed(zoom=0.3), 40, film)]  # fmt: skip
    assert 0.45 < min(areas) < 0.8
    assert 1.25 < max(areas) < 1.75


def test_brightness_shifts_all_pixels_alike_and_clips() -> None:
    found = variants(NOTHING.changed(brightness=0.2))
    steps = [int(one[20, 20]) - int(FILM[20, 20]) for one in found]
    assert min(steps) < -20
    assert max(steps) > 20
    for one, step in zip(found, steps, strict=True):
        np.testing.assert_array_equal(one, np.clip(FILM.astype(int) + step, 0, 255))
    for one in variants(NOTHING.changed(brightness=0.5), 20, np.full((4, 4), 250, np.uint8)):
        assert one.max() == one.min() >= 250 - 128  # never wraps round to dark


def test_one_setting_does_not_change_anothers_draws() -> None:
    plain = variants(NOTHING.changed(horizontal_flip=True), 10)
    both = variants(NOTHING.changed(horizontal_flip=True, brightness=0.1), 10)
    for one, other in zip(plain, both, strict=True):
        mirrored = np.array_equal(one, FILM[:, ::-1])
        assert np.corrcoef(other.ravel(), (FILM[:, ::-1] if mirrored else FILM).ravel())[0, 1] > 0.9
