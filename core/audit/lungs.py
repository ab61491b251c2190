"""Where the lungs are: from a film's own mask, or found roughly by their darkness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from core.audit.some_films import FilmStack, film_parts
from core.errors import FilmError
from core.images.decode import GreyFilm, decode_file
from core.images.emptiness import histogram

SIDE = 96  # pixels: all that the audit asks of a film's places is coarse
_LEAST, _MOST = 0.03, 0.30  # of the film's area: a single lung outside this was not found
_WHITE = 255
_COMMON = 0.05  # a place belongs to the lung region when it is lung on so many films


def small_films(films: np.ndarray) -> np.ndarray:
    """Films uint8 (n, S, S) → uint8 (n, SIDE, SIDE), areas averaged."""
    return np.stack(
        [cv2.resize(np.asarray(one), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for one in films]
    )


def find_lungs(film: np.ndarray) -> np.ndarray:
    """A rough segmentation: film uint8 (SIDE, SIDE) → bool (SIDE, SIDE).

    Dark places (Otsu 1979) that do not hang together with the film's edge, the best one in
    each half, closed and filled; where none of a likely size and place is found, the
    typical place of that lung.
    """
    even = cv2.createCLAHE(2.0, (4, 4)).apply(cv2.GaussianBlur(film, (0, 0), 1.2))
    inside = even[8:-8, 8:-8]
    threshold, _ = cv2.threshold(inside, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    dark: np.ndarray = (even < threshold).astype(np.uint8)
    dark[:, :4] = dark[:, -4:] = dark[:3] = dark[-4:] = 0
    # Black beside the body is no lung: what can be reached from the sides goes.
    dark &= ~_beside_body(even)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    found = np.zeros((SIDE, SIDE), bool)
    for left in (True, False):
        half = dark.copy()
        half[:, SIDE // 2 :] = 0 if left else half[:, SIDE // 2 :]
        half[:, : SIDE // 2] = half[:, : SIDE // 2] if left else 0
        found |= _one_lung(half, left)
    return found


def _beside_body(film: np.ndarray) -> np.ndarray:
    black = np.pad((film < 25).astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(black, None, (0, 0), 2)
    values: np.ndarray = (black[1:-1, 1:-1] == 2).astype(np.uint8)
    return values


def _one_lung(half: np.ndarray, left: bool) -> np.ndarray:
    count, labels, stats, centres = cv2.connectedComponentsWithStats(half)
    typical = typical_lungs()
    typical[:, SIDE // 2 :] &= not left
    typical[:, : SIDE // 2] &= left
    best, most = None, 0.0
    for index in range(1, count):
        area = stats[index, cv2.CC_STAT_AREA] / SIDE**2
        overlap = (typical & (labels == index)).sum() / typical.sum()
        if _LEAST <= area <= _MOST and 0.15 < centres[index][1] / SIDE < 0.8 and overlap > most:
            best, most = index, overlap
    if best is None or most < 0.25:
        return typical
    shape = (labels == best).astype(np.uint8)
    closed = cv2.morphologyEx(shape, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(shape)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    inside: np.ndarray = filled.astype(bool)
    return inside


def typical_lungs() -> np.ndarray:
    """Where lungs are on most frontal films: two ellipses, bool (SIDE, SIDE)."""
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    for middle in (0.30, 0.70):
        centre = (round(middle * SIDE), round(0.45 * SIDE))
        cv2.ellipse(drawn, centre, (round(0.135 * SIDE), round(0.30 * SIDE)), 0, 0, 360, 1, -1)
    return drawn.astype(bool)


def lung_masks(films: np.ndarray, masks: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The lungs of each film bool (n, SIDE, SIDE), and bool (n,) whether from its own mask.

    ``films`` uint8 (n, SIDE, SIDE); ``masks``: paths, "" where there is none. A mask that
    cannot be read counts as none.
    """
    found = np.zeros(films.shape, bool)
    own = np.zeros(len(films), bool)
    for index, (film, path) in enumerate(zip(films, masks, strict=True)):
        mask = _read(path)
        own[index] = mask is not None
        found[index] = find_lungs(film) if mask is None else mask
    return found, own


def _read(path: str) -> np.ndarray | None:
    if not path or not Path(path).is_file():
        return None
    try:
        pixels = decode_file(path).pixels
    except FilmError:
        return None
    mask = cv2.resize(_white_on_black(pixels), (SIDE, SIDE), interpolation=cv2.INTER_AREA) > 127
    return mask if mask.any() else None


def _white_on_black(mask: np.ndarray) -> np.ndarray:
    """A mask uint8 (H, W) whose lungs are numbered and not white: 1, or 1 and 2 for one each, or
    such numbers times something. Any other one stays as it is: two numbers that do not lie at
    either side may be lungs and heart."""
    numbers = np.flatnonzero(histogram(mask))
    if len(numbers) not in (2, 3) or numbers[0] != 0 or numbers[1] == _WHITE:
        return mask
    middles = [np.flatnonzero(mask == one) % mask.shape[1] for one in numbers[1:]]
    sides = {float(one.mean()) < mask.shape[1] / 2 for one in middles}
    if len(sides) < len(middles):
        return mask
    white: np.ndarray = np.where(mask > 0, _WHITE, 0).astype(np.uint8)
    return white


def lung_greys(film: GreyFilm) -> tuple[float, float] | None:
    """The lowest and the highest grey value where the lungs of one film seem to be, but for the
    hundredth part at each end; None where they are one."""
    codes = cv2.resize(film.codes, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    if film.curve:
        shades = np.array(film.curve)[codes.astype(int)]
    else:
        greys = film.least + (codes - 1) * film.step
        shades = 255 * (greys - film.black) / ((film.white - film.black) or 1)
    lungs = find_lungs(np.where(codes > 0, np.clip(shades, 0, 255), 0).astype(np.uint8))
    there = codes[lungs & (codes > 0)]
    if not there.size:
        return None
    low, high = (film.least + (one - 1) * film.step for one in np.percentile(there, (1, 99)))
    return (float(low), float(high)) if low < high else None


def lung_region(lungs: FilmStack) -> np.ndarray:
    """Where lungs, bool (n, SIDE, SIDE), are on 1 of 20 films or more, bool (SIDE, SIDE): one
    region for all films.

    Blacking out each film's own lungs would leave their outline, and disease changes it.
    """
    films = np.zeros((SIDE, SIDE), np.int64)
    for part in film_parts(lungs):
        films += part.sum(axis=0)
    common = (films / max(len(lungs), 1) >= _COMMON).astype(np.uint8)
    return cv2.dilate(common, np.ones((3, 3), np.uint8)).astype(bool)
