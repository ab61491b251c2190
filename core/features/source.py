"""What vectors are made from: films, how they are shown to a network, and which network it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.images.augment import augment
from core.specs import AugmentSpec

VERSION = 3  # raise it when the same film gives another vector


class SizedFilms(Protocol):
    """Films to look at: an array uint8 (n, S, S), or what reads them when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, S, S)."""

    def __getitem__(self, place: int, /) -> np.ndarray | None:
        """uint8 (S, S); None for a film that cannot be read. Asked by several threads."""


@dataclass(frozen=True)
class Variant:
    """How films are shown to the backbone: as they are, or augmented in one of many ways.

    The random change of a film depends on ``seed``, ``number`` and the film's hash only, so
    it is the same in every data set and whichever process computes it.
    """

    spec: AugmentSpec | None = None
    seed: int = 0
    number: int = 0

    def apply(self, film: np.ndarray, film_id: str) -> np.ndarray:
        """uint8 (S, S) → uint8 (S, S)."""
        if self.spec is None:
            return film
        drawn = hashlib.sha256(film_id.encode()).digest()
        rng = np.random.default_rng([self.seed, self.number, int.from_bytes(drawn[:8], "big")])
        return augment(film, self.spec, rng)

    def key(self) -> list[object]:
        return [] if self.spec is None else [self.spec.to_json(), self.seed, self.number]


@dataclass(frozen=True)
class FeatureSource:
    """What vectors are made from. ``films``: as ``SizedFilms``; ``film_ids``: their hashes;
    ``backbone``: the hash of its weights; ``preprocessing``: a kind of
    ``core.models.preprocess``; ``channels``: the length of a vector; ``blocks``: of how many
    blocks it has the channels."""

    films: SizedFilms
    film_ids: Sequence[str] | np.ndarray
    backbone_name: str
    backbone: str
    preprocessing: str
    channels: int
    blocks: int = 1

    def key(self, variant: Variant) -> str:
        """A name for the vectors of this network in this variant: hex, 32 digits."""
        parts = [
            VERSION,
            self.backbone_name,
            self.backbone,
            self.films.shape[1:],
            self.preprocessing,
            variant.key(),
            # Of one block they keep the name that they had when there was no choice.
            *([self.blocks] if self.blocks > 1 else []),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
