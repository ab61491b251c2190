"""What a network says of a film, as heat maps to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.evaluation.operating_point import NOT_SURE
from core.explain.methods import DEFAULT, WORDS
from pages.components.viewer.packing import HeatLayer

if TYPE_CHECKING:
    from core.prediction.client import FilmResult

METHOD = WORDS[DEFAULT].title


def heat_layers(network: int, answer: FilmResult, label: str) -> list[HeatLayer]:
    """The heat maps of one network's answer ``label``: each class's to choose, first that of the
    answer; of *not sure*, of the class on whose side of the threshold the film lies."""
    heats = dict(answer.heats)
    if not heats and answer.heat is not None:
        heats = {answer.heat_class or label: answer.heat}
    shown = label if label in heats else answer.heat_class
    return [
        HeatLayer(network, name, METHOD, heat, name == shown, _said(answer, label, name))
        for name, heat in heats.items()
    ]


def _said(answer: FilmResult, label: str, name: str) -> str:
    why = answer.blank.get(name, "")
    aside = "" if name == label or label == NOT_SURE else f"; the answer is “{label}”"
    if why:
        return f"The heat map for “{name}” is empty: {why}{aside}."
    return f"Heat map for “{name}”{aside}"
