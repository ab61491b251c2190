"""COVID-19 Radiography Database: four classes, each with ``images/`` and ``masks/``."""

from __future__ import annotations

from collections.abc import Iterator

from core.datasets.importers import folders
from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.tree import Tree

NAME = "covid_radiography"
TITLE = "COVID-19 Radiography Database"
LOOKS_LIKE = "COVID-19 Radiography Database"

CLASSES = frozenset({"COVID", "Lung_Opacity", "Normal", "Viral Pneumonia"})


def detect(tree: Tree) -> bool:
    """Two of the four are enough: many a copy has only those."""
    held = {name.split("/")[0] for name in tree.films if name.count("/") > 1}
    return len(CLASSES & held) > 1 and any("/images/" in name for name in tree.films)


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film; its lung mask goes with it. The views are not recorded."""
    return folders.read(tree, choices)
