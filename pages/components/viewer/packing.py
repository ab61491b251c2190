"""A film with its heat maps and marks as one block of bytes, for the viewer in the browser.

Four bytes (the length of what follows, little endian), a JSON object, and then the parts that it
names by start and size. ``browser/packed.js`` and ``browser/panes.js`` read it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256

import numpy as np

from core.documents import Json
from core.images.grey_film import GreyFilm
from core.palette import heat_colours, heat_ramp
from core.text import count

FAST = 1  # of zlib: a film must be there soon, and grain hardly gets smaller
TALL = 0.58  # of the window: what is below a film is to be seen with it
BEYOND = 9.0  # windows: as much as it takes


@dataclass(frozen=True)
class HeatLayer:
    """A heat map to choose. ``network``: its place among those of the viewer. ``heat``: float
    (h, w) in [0, 1]. ``answered``: whether it shows what the network answers. ``said``: what
    stands below the film while it is seen. ``testable``: whether its hottest part can be covered,
    and has not been yet."""

    network: int
    class_name: str
    method: str
    heat: np.ndarray
    answered: bool = True
    said: str = ""
    testable: bool = False


@dataclass(frozen=True)
class OfferedMethod:
    """A way to explain that can be chosen. ``line``: what it shows and what not. ``why``: why there
    is no heat map by it, where it was asked for in vain."""

    name: str
    line: str
    why: str = ""


@dataclass(frozen=True)
class Offer:
    """What can be asked of the networks beyond the heat maps that are there. ``pending``: whether
    they are being asked; ``turn``: how often they were, so that an end is noticed."""

    methods: Sequence[OfferedMethod]
    pending: bool = False
    turn: int = 0


@dataclass(frozen=True)
class Mark:
    """An area to switch on. ``mask``: uint8 (h, w) over the whole film, 1 inside, 2 on its edge.
    ``colour``: RGB."""

    label: str
    colour: tuple[int, int, int]
    mask: np.ndarray


@dataclass(frozen=True)
class PackedFilm:
    """``told``: what the viewer has to know of the film, as JSON has it. ``codes`` and ``curve``:
    its grey values and, where it has one, the file's own curve, as bytes."""

    told: Json
    codes: bytes
    curve: bytes


def packed_film(film: GreyFilm, lungs: tuple[float, float] | None) -> PackedFilm:
    """``lungs``: the lowest and highest grey value of its lungs."""
    height, width = film.codes.shape
    top = int(film.codes.max())
    extent = [film.least, max(film.highest, film.least + film.step)]
    told = {
        "width": width,
        "height": height,
        "codes": top + 1,
        "least": film.least,
        "step": film.step,
        "black": film.black,
        "white": film.white,
        "extent": extent,
        "lungs": list(lungs) if lungs else None,
        "millimetres": film.spacing[1] * film.width / width if film.spacing else None,
        "at_detector": film.at_detector,
        "note": _note(film),
    }
    return PackedFilm(told, _deflated(film.codes), bytes(film.curve[: top + 1]))


def _note(film: GreyFilm) -> str:
    height, width = film.codes.shape
    said = (
        f"Grey values of {count(film.bits, 'bit')}, from {film.least:,.6g} to {film.highest:,.6g}."
    )
    if film.is_reduced:
        said += (
            f" Shown at {width:,} × {height:,} of the film's {film.width:,} × {film.height:,} "
            "pixels."
        )
    return said


def _deflated(codes: np.ndarray) -> bytes:
    """Differences along each row are small; their high bytes are nearly all alike."""
    steps = np.diff(codes, axis=1, prepend=np.uint16(0)).astype("<u2")
    planes = steps.view(np.uint8).reshape(-1, 2).T
    return zlib.compress(np.ascontiguousarray(planes).tobytes(), FAST)


def block(
    film: PackedFilm,
    *,
    place: str,
    alt: str,
    networks: Sequence[str] = (),
    layers: Sequence[HeatLayer] = (),
    marks: Sequence[Mark] = (),
    offer: Offer | None = None,
    few_tools: bool = False,
    tall: float = TALL,
    whole: float = BEYOND,
) -> bytes:
    """All that one viewer shows. ``place``: where settings are remembered from film to film.
    ``networks``: what they are called, in the order of ``HeatLayer.network``. ``few_tools``: of the
    buttons only those of the heat map, until the film fills the screen. ``tall``: the film's share
    of the window's height, at most; ``whole``: the same with the tools below it."""
    parts: list[bytes] = []

    def part(content: bytes) -> list[int]:
        start = sum(map(len, parts))
        parts.append(content)
        return [start, len(content)]

    named = {"film": part(film.codes), "ramp": part(_ramp())}
    if film.curve:
        named["curve"] = part(film.curve)
    told: Json = {
        "place": place,
        "tall": tall,
        "whole": whole,
        "film": {**film.told, "alt": alt, "key": sha256(film.codes).hexdigest()[:16]},
        "note": film.told["note"],
        "networks": list(networks),
        "layers": [_layer(one, part(_levels(one.heat).tobytes())) for one in layers],
        "marks": [_mark(one, part(one.mask.tobytes())) for one in marks],
        "offer": asdict(offer) if offer else None,
        "few_tools": few_tools,
        "legend": [colour for _, colour in heat_colours()] if layers else [],
        "parts": named,
    }
    rest = b"".join(parts)
    told["mark"] = sha256(json.dumps(told).encode() + rest).hexdigest()[:16]
    words = json.dumps(told).encode()
    return len(words).to_bytes(4, "little") + words + rest


def _layer(one: HeatLayer, part: list[int]) -> Json:
    height, width = one.heat.shape
    return {
        "network": one.network,
        "class": one.class_name,
        "method": one.method,
        "answered": one.answered,
        "said": one.said,
        "testable": one.testable,
        "height": height,
        "width": width,
        "part": part,
    }


def _levels(heat: np.ndarray) -> np.ndarray:
    warm = np.clip(np.nan_to_num(np.asarray(heat, np.float32)), 0, 1)
    levels: np.ndarray = np.rint(warm * 255).astype(np.uint8)
    return levels


def _mark(one: Mark, part: list[int]) -> Json:
    height, width = one.mask.shape
    return {
        "label": one.label,
        "colour": list(one.colour),
        "height": height,
        "width": width,
        "part": part,
    }


def _ramp() -> bytes:
    return bytes(value for colour in heat_ramp() for value in colour)
