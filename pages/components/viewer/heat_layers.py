"""What a network says of a film, as heat maps to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.evaluation.operating_point import NOT_SURE
from core.explain.methods import DEFAULT, METHODS, WORDS
from core.text import points
from pages.components.viewer.packing import HeatLayer

if TYPE_CHECKING:
    from core.prediction.client import FilmResult
    from core.prediction.explanations import HeatMap


def heat_layers(
    network: int, answer: FilmResult, label: str, more: Sequence[HeatMap] = ()
) -> list[HeatLayer]:
    """The heat maps of one network's answer ``label``: each class's to choose, first that of the
    answer; of *not sure*, of the class on whose side of the threshold the film lies. ``more``: what
    was asked for beyond those that came with the answer."""
    found = {(one.method, one.class_name): one for one in [*maps_with(answer, label), *more]}
    classes = list(dict.fromkeys(name for _, name in found))
    shown = label if label in classes else answer.heat_class
    return [
        HeatLayer(
            network,
            name,
            WORDS[method].title,
            one.heat,
            name == shown,
            _said(one, label),
            one.covering is None and bool(np.ptp(one.heat)),
        )
        for method in METHODS
        for name in classes
        if (one := found.get((method, name))) is not None
    ]


def maps_with(answer: FilmResult, label: str) -> list[HeatMap]:
    """The heat maps that came with one network's answer ``label``."""
    # Only here: pages that show no answer do without what answers are made of.
    from core.prediction.explanations import HeatMap

    heats = dict(answer.heats)
    if not heats and answer.heat is not None:
        heats = {answer.heat_class or label: answer.heat}
    return [
        HeatMap(answer.run_id, DEFAULT, name, heat, answer.blank.get(name, ""))
        for name, heat in heats.items()
    ]


def _said(one: HeatMap, label: str) -> str:
    name = one.class_name
    aside = "" if label in (name, NOT_SURE) else f"; the answer is “{label}”"
    if one.blank:
        return f"The heat map for “{name}” is empty: {one.blank}{aside}."
    said = f"Heat map for “{name}”{aside}"
    if one.deepest is not None:
        fall = points(one.deepest, signed=False)
        said += f"; a grey square takes up to {fall} percentage points from it"
    return f"{said}. {one.covering.in_words()}" if one.covering else said
