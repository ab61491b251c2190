"""Is a heat map right? Cover the hottest fifth of it and ask again; a random part beside it.

A map that shows what the answer rests on loses the answer with its hottest part, and more than
with a part that lies anywhere. That is deletion as in Petsiuk, Das and Saenko, RISE, BMVC 2018,
arXiv:1806.07421, at one step instead of all, with a control: the same shape, moved at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from core.images.overlay import enlarge
from core.text import interval, percent, probability

FIFTH = 0.2  # of the film
RANDOM_PARTS = 8
MOSTLY_FIFTH = 0.19  # a map of few places cannot always be cut at a fifth
HARDLY = 0.01  # of a probability
SEED = 0  # the same film and map give the same parts, whoever asks


@dataclass(frozen=True)
class Covering:
    """What covering did to the probability of the class (0 to 1). ``share``: of the film, that
    was covered. ``whole``: of the film as it is; ``hottest``: with the hottest part covered;
    ``randoms``: with a part of the same shape somewhere else, once for each."""

    share: float
    whole: float
    hottest: float
    randoms: tuple[float, ...]

    @classmethod
    def of(cls, share: float, whole: float, covered: np.ndarray) -> Self:
        """``covered`` float (1 + ``RANDOM_PARTS``,): of the films of ``covered_parts``."""
        first, *others = map(float, covered)
        return cls(share, float(whole), first, tuple(others))

    @property
    def fall(self) -> float:
        """What covering the hottest part takes away; negative where the probability rises."""
        return self.whole - self.hottest

    @property
    def random_fall(self) -> float:
        """The mean of what the random parts take away."""
        return self.whole - float(np.mean(self.randoms))

    @property
    def random_falls(self) -> tuple[float, float]:
        """The least and the most that a random part takes away."""
        return self.whole - max(self.randoms), self.whole - min(self.randoms)

    @property
    def beats_random(self) -> bool:
        """Whether the hottest part takes something, and more than every random part."""
        return self.fall >= HARDLY and self.fall > self.random_falls[1]

    def in_words(self) -> str:
        """Two sentences: what each kind of part leaves of the probability, and what follows."""
        low, high = min(self.randoms), max(self.randoms)
        is_fifth = self.share > MOSTLY_FIFTH
        part = "the hottest fifth" if is_fifth else f"the warm part ({percent(self.share)})"
        return (
            f"With {part} covered, its probability is {probability(self.hottest)} instead of "
            f"{probability(self.whole)}; with a random part as large, "
            f"{probability(float(np.mean(self.randoms)))} on average "
            f"({interval((low, high), joint=' to ')}). {self._verdict()}"
        )

    def _verdict(self) -> str:
        if abs(self.fall) < HARDLY and abs(self.random_fall) < HARDLY:
            return "It rests on no single part."
        if self.beats_random:
            return "It rests on what is warm here."
        if self.fall >= HARDLY and self.fall > self.random_fall:
            return "It rests little more on what is warm here than on the rest."
        return "It does not rest on what is warm here."


def hottest_part(heat: np.ndarray, shape: tuple[int, int], share: float = FIFTH) -> np.ndarray:
    """The hottest ``share`` of a film of ``shape`` (H, W), as bool (H, W): ``heat`` (h, w) is
    enlarged as it is drawn. Less where less is warm, since of cold places none is hotter than
    another; all False where all places are as warm as each other."""
    spread = enlarge(heat, shape)
    if np.ptp(spread) == 0:
        return np.zeros(shape, bool)
    most = round(share * spread.size)
    # A stable sort: where many are as warm as the last, the upper ones, each time the same.
    order = np.argsort(-spread, axis=None, kind="stable")[:most]
    chosen = np.zeros(spread.size, bool)
    chosen[order] = spread.ravel()[order] > 0
    return chosen.reshape(shape)


def covered_parts(film: np.ndarray, hottest: np.ndarray) -> np.ndarray:
    """A film uint8 (S, S) with the part ``hottest`` (bool) covered by its mean grey, and then with
    ``RANDOM_PARTS`` parts of the same shape, moved over the film's edges; uint8
    (1 + ``RANDOM_PARTS``, S, S)."""
    rng = np.random.default_rng(SEED)
    height, width = film.shape
    moves = rng.integers((0, 0), (height, width), size=(RANDOM_PARTS, 2))
    grey = np.uint8(np.rint(film.mean()))
    parts = [hottest, *(np.roll(hottest, tuple(move), axis=(0, 1)) for move in moves.tolist())]
    return np.stack([np.where(part, grey, film) for part in parts])
