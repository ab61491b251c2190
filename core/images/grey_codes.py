"""From a film's stored values to the codes of a ``GreyFilm``.

Whole numbers over a range of up to 65,534 keep each of their values; wider ranges and fractions
are put into as many steps. A film larger than asked for is reduced, areas averaged.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from core.images.grey_film import GreyFilm
from core.images.grey_range import strips, valid_values
from core.images.tones import Tones

CODES = 65_534  # different grey values, the first of which is code 1
SAMPLED = 4_000_000  # pixels that a curve is told from
WHOLE = 65_535  # of a pixel, as 16 bits


def coded(tones: Tones, pixels: np.ndarray, bits: int, most: int) -> GreyFilm:
    """``pixels``: uint8 (H, W), what ``tones`` were read as. ``most``: the longest side."""
    low, high = _extent(tones)
    sign = 1.0 if tones.slope > 0 else -1.0
    whole = tones.values.dtype.kind in "iub" and high - low <= CODES - 1
    stride = 1.0 if whole else (high - low) / (CODES - 1) or 1.0
    start = low if sign > 0 else high
    codes = np.zeros(tones.values.shape, np.uint16)
    height, width = tones.values.shape
    for rows in strips(height, width):
        if whole:
            codes[rows] = (tones.values[rows].astype(np.int64) - int(start)) * int(sign) + 1
            continue
        places = (tones.values[rows].astype(np.float64) - start) * (sign / stride) + 1
        codes[rows] = np.clip(np.rint(np.nan_to_num(places, nan=0.0)), 0, CODES)
    if tones.left_out is not None:
        codes[tones.left_out] = 0
    curve: tuple[int, ...] = ()
    if tones.ends is None:
        curve = _curve(codes, pixels)
        ends = _ends_of(curve, start, sign * stride)
    else:
        ends = tones.ends
    return GreyFilm(
        codes=_reduced(codes, most),
        least=start * tones.slope + tones.intercept,
        highest=(low + high - start) * tones.slope + tones.intercept,
        step=stride * abs(tones.slope),
        black=ends[0] * tones.slope + tones.intercept,
        white=ends[1] * tones.slope + tones.intercept,
        bits=bits,
        height=height,
        width=width,
        curve=curve,
        spacing=tones.spacing,
        at_detector=tones.at_detector,
    )


def _extent(tones: Tones) -> tuple[float, float]:
    """The lowest and the highest stored value of the film; 0 and 0 where there is none."""
    low, high = math.inf, -math.inf
    for rows in strips(*tones.values.shape):
        some = valid_values(tones.values, tones.left_out, rows)
        if some.size:
            low, high = min(low, float(some.min())), max(high, float(some.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def _curve(codes: np.ndarray, pixels: np.ndarray) -> tuple[int, ...]:
    """What each code was read as; between codes that do not occur, evenly."""
    rows = max(1, codes.size // SAMPLED)
    some, read = codes[::rows].ravel(), pixels[::rows].ravel()
    known, first = np.unique(some, return_index=True)
    if known[0] == 0:
        known, first = known[1:], first[1:]
    if not len(known):
        return (0, 0)
    places = np.arange(int(known[-1]) + 1)
    found = np.rint(np.interp(places, known, read[first])).astype(int)
    found[0] = 0
    return tuple(found.tolist())


def _ends_of(curve: tuple[int, ...], start: float, stride: float) -> tuple[float, float]:
    """The stored values between which a curve does what it does."""
    film = np.array(curve[1:])
    rises = film[-1] >= film[0]
    changing = np.flatnonzero((film > film.min()) & (film < film.max()))
    first, last = (int(changing[0]), int(changing[-1])) if len(changing) else (0, len(film) - 1)
    ends = start + first * stride, start + last * stride
    return ends if rises else ends[::-1]


def _reduced(codes: np.ndarray, most: int) -> np.ndarray:
    height, width = codes.shape
    share = most / max(height, width)
    if share >= 1:
        return np.ascontiguousarray(codes)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small: np.ndarray = cv2.resize(codes, size, interpolation=cv2.INTER_AREA)
    shown = codes > 0
    if shown.all():
        return small
    # What is no film has no part in an average; where it is the larger part, there is no film.
    part = cv2.resize(shown.astype(np.uint16) * WHOLE, size, interpolation=cv2.INTER_AREA) / WHOLE
    averages = np.rint(small / np.maximum(part, 0.5))
    return np.where(part >= 0.5, np.clip(averages, 1, CODES), 0).astype(np.uint16)
