"""A film's own grey values as 16-bit codes, for a screen that windows them itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class FilmGreys:
    """What the codes of a film stand for. Code 0 is no film; code c from 1 on is the grey value
    ``least`` + (c − 1) × ``step``. ``least`` and ``highest``: the ends of the whole film's grey
    values.

    ``black`` and ``white``: the grey values that the film was read with as black and as white,
    white below black for a negative. ``curve``: what each code was read as, 0 to 255, where that
    was no straight line, else empty. ``bits``: of a stored value. ``height`` and ``width``: of the
    whole film in pixels. ``spacing``: millimetres from one of these to the next, down and across,
    or None; ``at_detector`` as in ``core.images.tones.Tones``.
    """

    least: float
    highest: float
    step: float
    black: float
    white: float
    bits: int
    height: int
    width: int
    curve: tuple[int, ...] = ()
    spacing: tuple[float, float] | None = None
    at_detector: bool = False


@dataclass(frozen=True, kw_only=True)
class GreyFilm(FilmGreys):
    """``codes``: uint16 (h, w); the rest says what they stand for."""

    codes: np.ndarray

    @property
    def is_reduced(self) -> bool:
        """Whether it is smaller than the film in its file."""
        return self.codes.shape != (self.height, self.width)
