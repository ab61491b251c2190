"""Answers that no network has given."""

from __future__ import annotations

import numpy as np

from core.images.grey_film import GreyFilm
from core.showcase.kept import Answered


def answered(
    film_id: str = "", truth: str = "covid", answer: str = "covid", probability: float = 0.9
) -> Answered:
    """A film of 40 × 30 pixels whose heat lies in one corner."""
    codes = np.arange(1, 1201, dtype=np.uint16).reshape(40, 30)
    heat = np.zeros((7, 7), np.float32)
    heat[0, 6] = 1
    return Answered(
        film=GreyFilm(
            codes=codes,
            least=0.0,
            highest=1199.0,
            step=1.0,
            black=0.0,
            white=1199.0,
            bits=12,
            height=80,
            width=60,
            spacing=(0.5, 0.25),
            at_detector=True,
        ),
        lungs=(100.0, 900.0),
        truth=truth,
        answer=answer,
        probabilities={"covid": probability, "healthy": 1 - probability},
        heat_class="covid",
        heats={"covid": heat, "healthy": heat * 0},
        blank={"healthy": "nothing speaks for it"},
        film_id=film_id,
    )
