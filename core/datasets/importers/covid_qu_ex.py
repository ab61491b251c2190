"""COVID-QU-Ex: films with lung masks, and a part of them again with masks of the infection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.datasets.importers import folders
from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.tree import Tree

NAME = "covid_qu_ex"
TITLE = "COVID-QU-Ex"
LOOKS_LIKE = "COVID-QU-Ex"

PARTS = ("lung segmentation data", "infection segmentation data")


def detect(tree: Tree) -> bool:
    return any(name.casefold() in PARTS for name in tree.folders)


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film. The infection part repeats films of the lung part, by the same
    names: they are one film with both masks."""
    found = list(folders.read(tree, choices))
    lungs = {_name(one): one for one in found if not _is_infection(one)}
    both = {_name(one): one for one in found if _is_infection(one)}
    for one in found:
        name = _name(one)
        if _is_infection(one):
            if name not in lungs:
                yield one
        elif name in both:
            yield replace(one, masks={**both[name].masks, **one.masks})
        else:
            yield one


def _is_infection(one: Candidate) -> bool:
    return one.file.casefold().startswith("infection")


def _name(one: Candidate) -> tuple[str, str]:
    """The parts of its split differ between the two: the name and the class do not."""
    return one.finding, one.path.name
