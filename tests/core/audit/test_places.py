"""Where an audit looks: border, corners, lungs, and what classifiers see there, by counting."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from core.audit import regions
from core.audit.audit_data import AuditData
from core.audit.lungs import SIDE, find_lungs, lung_masks, lung_region, small_films, typical_lungs
from core.audit.probes import PROBES, file_facts, grey_levels, seen_only
from tests.core.audit.conftest import CLASSES, Make, pictures


def box(place: np.ndarray) -> tuple[int, int, int, int]:
    """First and last row, first and last column of what is True."""
    rows, columns = (np.flatnonzero(place.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def test_border_and_corners_have_the_size_that_is_said() -> None:
    """6 % of 96 is 6 pixels a side, 17 % is 16."""
    border, corners = regions.border(), regions.corners()
    assert border.sum() == 96**2 - 84**2
    assert border[:6].all()
    assert border[:, -6:].all()
    assert not border[6:90, 6:90].any()
    assert {name: box(one) for name, one in corners.items()} == {
        "top left": (0, 15, 0, 15), "top right": (0, 15, 80, 95),
        "bottom left": (80, 95, 0, 15), "bottom right": (80, 95, 80, 95),
    }  # fmt: skip
    assert {int(one.sum()) for one in corners.values()} == {256}
    # Of a corner's 256 pixels, the 100 inside the border come to it.
    assert regions.outside().sum() == border.sum() + 4 * 100


def test_typical_lungs_lie_where_most_are() -> None:
    both = typical_lungs()
    assert box(both[:, :48]) == (14, 72, 16, 42)
    assert box(both[:, 48:]) == (14, 72, 6, 32)
    # Two ellipses of 13 by 29 pixels half axes.
    assert both.sum() == pytest.approx(2 * np.pi * 13.5 * 29.5, rel=0.04)


def test_small_films_are_averages() -> None:
    film = np.zeros((192, 192), np.uint8)
    film[::2] = 200
    assert small_films(film[None]).tolist() == np.full((1, 96, 96), 100).tolist()


def test_a_films_own_mask_counts_and_an_empty_or_unreadable_one_does_not(tmp_path: Path) -> None:
    films = pictures(2, np.random.default_rng(0))
    mask = np.zeros((192, 192), np.uint8)
    mask[40:100, 20:60] = 255
    for name, drawn in (("mask.png", mask), ("empty.png", 0 * mask)):
        cv2.imwrite(str(tmp_path / name), drawn)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    paths = [str(tmp_path / name) for name in ("mask.png", "empty.png", "broken.png")]
    found, own = lung_masks(films, [*paths, str(tmp_path / "gone.png")])
    assert own.tolist() == [True, False, False, False]
    assert box(found[0]) == (20, 49, 10, 29)
    assert found[0].sum() == 30 * 20
    for row in (1, 2, 3):
        np.testing.assert_array_equal(found[row], find_lungs(films[row]))


def planted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A film with two dark lungs, and where they are."""
    down, across = np.mgrid[:SIDE, :SIDE]
    film, left, right = np.full((SIDE, SIDE), 170, np.uint8), *np.zeros((2, SIDE, SIDE), bool)
    for middle, place in ((30, left), (66, right)):
        place[((across - middle) / 12) ** 2 + ((down - 44) / 25) ** 2 < 1] = True
    film[left | right] = 60
    return film, left, right


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Dice: 1 for the same place, 0 for nothing in common."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_dark_lungs_are_found_where_they_are() -> None:
    film, left, right = planted()
    assert overlap(find_lungs(film), left | right) > 0.93
    # Black beside the body is darker than any lung, and is none.
    film[:, :6] = film[:, -6:] = 0
    assert overlap(find_lungs(film), left | right) > 0.93
    assert not find_lungs(film)[:, :8].any()


def test_a_white_lung_is_taken_to_be_where_lungs_are() -> None:
    film, left, right = planted()
    film[left] = 170
    found = find_lungs(film)
    assert overlap(found[:, 48:], right[:, 48:]) > 0.93
    np.testing.assert_array_equal(found[:, :48], typical_lungs()[:, :48])
    film, left, right = planted()
    film[right] = 170
    found = find_lungs(film)
    assert overlap(found[:, :48], left[:, :48]) > 0.93
    np.testing.assert_array_equal(found[:, 48:], typical_lungs()[:, 48:])


def test_what_is_too_small_too_large_or_too_low_is_no_lung() -> None:
    def dark(rows: slice, columns: slice) -> np.ndarray:
        film = planted()[0]
        film[:, :48] = 170
        film[rows, columns] = 60
        return find_lungs(film)[:, :48]

    # 15 by 15 of 9,216 pixels are 2.4 %, 20 by 20 are 4.3 %.
    typical = typical_lungs()[:, :48]
    np.testing.assert_array_equal(dark(slice(36, 51), slice(22, 37)), typical)
    assert dark(slice(78, 90), slice(8, 44)).tolist() == typical.tolist()  # the stomach, not a lung
    lung = dark(slice(24, 66), slice(20, 40))
    assert box(lung) == pytest.approx((24, 65, 20, 39), abs=1)


def test_a_place_is_lung_region_when_one_film_in_twenty_has_lung_there() -> None:
    masks = np.zeros((20, SIDE, SIDE), bool)
    masks[3, 50, 20] = True
    assert box(lung_region(masks)) == (49, 51, 19, 21)  # with a pixel around
    assert not lung_region(np.concatenate([masks, masks[:1]])).any()


def test_file_facts_are_those_of_the_files(make: Make) -> None:
    material = make(2, width=[100, 200, 300, 400], height=[50, 400, 0, 100],
                    format=["png", "jpeg", "png", "dicom"])  # fmt: skip
    assert file_facts(material).tolist() == [
        [100, 50, 2, 0, 0, 1], [200, 400, 0.5, 0, 1, 0], [300, 0, 300, 0, 0, 1],
        [400, 100, 4, 1, 0, 0],
    ]  # fmt: skip


def bare(films: np.ndarray, region: np.ndarray | None = None) -> AuditData:
    """Films with no lungs on them."""
    none = np.zeros(films.shape, bool)
    place = none[0] if region is None else region
    return AuditData(CLASSES, pd.DataFrame(), films, none, none[:, 0, 0], place)


def test_grey_levels_are_of_border_and_corners_alone() -> None:
    film = np.full((1, 96, 96), 100, np.uint8)
    film[0, :6], film[0, 6:90, 6:90] = 7, 255  # the middle is not looked at
    film[0, 0, :48] = 250
    corner = np.s_[0, :16, :16]
    film[corner] = 0
    found = grey_levels(bare(film))[0].reshape(5, 12)
    kept = regions.border()
    border = film[0][kept].astype(float)
    expected = [border.mean(), border.std(), *np.percentile(border, (1, 10, 25, 50, 75, 90, 99)),
                250, (border < 8).mean(), (border > 247).mean()]  # fmt: skip
    assert found[0] == pytest.approx(expected)
    assert found[1].tolist() == [0] * 10 + [1, 0]  # top left: black
    assert found[2][9] == 255
    lungs_there = np.zeros((96, 96), bool)
    lungs_there[:16, :16] = True  # a corner that may be lung is not looked at
    assert grey_levels(bare(film, lungs_there)).shape == (1, 4 * 12)
    assert grey_levels(bare(film, np.ones((96, 96), bool))).tolist() == [[0]]


def test_seven_and_248_are_the_first_of_black_and_white() -> None:
    for grey, black, white in ((7, 1, 0), (8, 0, 0), (247, 0, 0), (248, 0, 1)):
        found = grey_levels(bare(np.full((1, 96, 96), grey, np.uint8)))[0]
        assert found.reshape(5, 12)[:, -2:].tolist() == [[black, white]] * 5


def test_a_classifier_sees_a_third_of_the_pixels_and_only_where_it_may() -> None:
    film = np.full((1, 96, 96), 90, np.uint8)
    where = np.zeros((96, 96), bool)
    where[:3] = True
    seen = seen_only(film, where)
    assert seen.dtype == np.float32
    assert seen.reshape(32, 32).tolist() == [[90] * 32] + [[0] * 32] * 31
    shows = {one.check: one for one in PROBES}
    middle = np.zeros((96, 96), bool)
    middle[30:60, 30:60] = True
    seen_at = {
        check: shows[check].features(bare(film, middle))[0].reshape(32, 32) > 0
        for check in ("border_only", "middle_blacked_out", "lungs_blacked_out")
    }
    assert seen_at["border_only"].sum() == 32**2 - 28**2
    assert seen_at["middle_blacked_out"].sum() == pytest.approx(32**2 - 28**2 + 4 * 16, abs=8)
    assert seen_at["lungs_blacked_out"].sum() == 32**2 - 10**2


@pytest.mark.parametrize(
    ("numbers", "is_own"),
    [((1, 1), True), ((1, 2), True), ((127, 254), True), ((255, 255), True), ((0, 0), False)],
)
def test_lungs_that_a_mask_numbers_are_lungs(
    tmp_path: Path, numbers: tuple[int, int], is_own: bool
) -> None:
    lungs = typical_lungs()
    mask = np.where(np.arange(SIDE) < SIDE / 2, *numbers) * lungs
    file = str(tmp_path / "mask.png")
    cv2.imwrite(file, mask.astype(np.uint8))
    found, own = lung_masks(np.zeros((1, SIDE, SIDE), np.uint8), [file])
    assert own.tolist() == [is_own]
    assert not is_own or (found[0] == lungs).all()


def test_two_numbers_that_lie_at_one_side_may_be_something_else(tmp_path: Path) -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[20:60, 20:40], mask[50:60, 30:45] = 255, 100  # a lung, and what is not to be one
    file = str(tmp_path / "mask.png")
    cv2.imwrite(file, mask)
    found, own = lung_masks(np.zeros((1, SIDE, SIDE), np.uint8), [file])
    assert own.tolist() == [True]
    assert (found[0] == (mask > 127)).all()
