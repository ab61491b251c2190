"""Is a picture a frontal chest X-ray, a lateral one, or something else?

A multinomial logistic regression on what ``core.gate.handcrafted_features`` measures, and two
rules in front of it: a picture in colour is no film, and one that lies far outside of everything
that frontal films measure is no film either, whatever side of a plane it lies on. The numbers in
constants.json come from ``python -m tools.gate_fit``; docs/adr/0013 tells what was measured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from core.gate.handcrafted_features import LEAST_SIDE, Reference, measure, without_borders
from core.images.resize import thumbnail
from core.statistics.softmax import softmax

PictureKind = Literal["frontal", "lateral", "not_a_chest_xray"]
KINDS_OF_PICTURE: tuple[PictureKind, ...] = get_args(PictureKind)
CONSTANTS = Path(__file__).with_name("constants.json")

REFUSED = "refused"  # the answer to whatever no network is asked about
COLOURED = 0.1  # of the picture; real films reach 0.03, photographs begin at 0.3
LOOKED_AT = 512  # px, longest side: the size at which the numbers were measured
CONTRAST = 24  # of 255, between dark and bright: below, nothing can be told
MUCH = 0.5  # a kind is named only when it is more probable than both others together

COLOUR = "It is a picture in colour, and an X-ray has none."
FLAT = "It shows hardly anything but one shade of grey."
SMALL = f"It is smaller than {LEAST_SIDE} × {LEAST_SIDE} pixels."
OTHER = (
    "It does not look like a chest X-ray. If it is one, cut off what lies around the film, and "
    "try again."
)
NEGATIVE = "It looks like a chest X-ray in negative. Invert it, so that bones are bright."
TURNED = "It looks like a chest X-ray that lies on its side or head. Turn it upright."
SIDEWAYS = (
    "It looks like a chest X-ray from the side. The networks here learn from frontal films "
    "and cannot read it."
)


@dataclass(frozen=True)
class GateVerdict:
    """``reason``: why it is no frontal film, as a sentence; empty for a frontal one."""

    kind: PictureKind
    reason: str = ""


@dataclass(frozen=True)
class Constants:
    """``weights`` (3, m) and ``bias`` (3,): of the regression, for measures as they are.
    ``centre`` and ``spread`` (2, m): of frontal and of lateral films. ``odd`` (2,): how far 998
    of 1,000 of them are from that centre at most, as mean square of spreads."""

    weights: np.ndarray
    bias: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    odd: np.ndarray
    reference: Reference


@cache
def constants() -> Constants:
    """The committed numbers, read once a process."""
    kept = json.loads(CONSTANTS.read_text(encoding="utf-8"))
    names = ("weights", "bias", "centre", "spread", "odd", "tones", "edges")
    arrays = {name: np.asarray(kept[name], dtype=np.float32) for name in names}
    reference = Reference(arrays.pop("tones"), arrays.pop("edges"))
    return Constants(**arrays, reference=reference)


def assess(pixels: np.ndarray, colour: float = 0.0) -> GateVerdict:
    """What a decoded picture is: uint8 (H, W), 0 = black, of any size.

    ``colour``: the share of it that had a colour (``core.images.decode.DecodedFilm``).
    """
    if colour > COLOURED:
        return GateVerdict("not_a_chest_xray", COLOUR)
    if min(pixels.shape) < LEAST_SIDE:
        return GateVerdict("not_a_chest_xray", SMALL)
    pixels = thumbnail(pixels, LOOKED_AT)
    if np.ptp(np.percentile(without_borders(pixels), [2, 98])) < CONTRAST:
        return GateVerdict("not_a_chest_xray", FLAT)
    kind = _kind(pixels)
    if kind == "frontal":
        return GateVerdict(kind)
    if kind == "lateral":
        return GateVerdict(kind, SIDEWAYS)
    return GateVerdict(kind, _what_else(pixels))


def _kind(pixels: np.ndarray) -> PictureKind:
    known = constants()
    found = measure(pixels, known.reference)
    shares = softmax(known.weights @ found + known.bias)
    best = int(shares.argmax())
    if shares[best] < MUCH:
        return "not_a_chest_xray"
    if best < len(known.odd):
        oddness = (((found - known.centre[best]) / known.spread[best]) ** 2).mean()
        if oddness > known.odd[best]:
            return "not_a_chest_xray"
    return KINDS_OF_PICTURE[best]


def _what_else(pixels: np.ndarray) -> str:
    """A hint for films that only need to be turned or inverted."""
    if _kind(255 - pixels) == "frontal":
        return NEGATIVE
    for quarters in (1, 2, 3):
        if _kind(np.ascontiguousarray(np.rot90(pixels, quarters))) == "frontal":
            return TURNED
    return OTHER
