"""Kaggle's chest-xray-pneumonia: ``train|test|val`` / ``NORMAL|PNEUMONIA``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from core.datasets.importers import folders, names
from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.tree import Tree

NAME = "kaggle"
TITLE = "Kaggle pneumonia set"
LOOKS_LIKE = "chest-xray-pneumonia of Kaggle: train/, test/ or val/ with NORMAL/ and PNEUMONIA/"

CLASSES = frozenset({"NORMAL", "PNEUMONIA"})
# Kaggle's names; and those of the edition at Mendeley: (disease)-(patient)-(number of the film).
SICK = re.compile(r"(person\d+)_(bacteria|virus)_\d+|(?=(BACTERIA|VIRUS)-)(\w+-\d+)-\d+")
HEALTHY = re.compile(r"((?:NORMAL\d-)?IM-\d+)(?:-\d+)+|(NORMAL-\d+)-\d+")
CAUSES = {"bacteria": "Bacterial pneumonia", "virus": "Viral pneumonia"}


def detect(tree: Tree) -> bool:
    """Whether a split folder holds one of the two class folders, spelt as Kaggle does."""
    return any(_is_theirs(name) for name in tree.films)


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a file. Cause and patient stand in the name; the view is not recorded."""
    for one in folders.read(tree, choices):
        if not names.is_split(one.file.split("/")[0]):
            continue  # what else lies beside train/, test/ and val/ is told as unlisted
        sick, healthy = SICK.fullmatch(one.path.stem), HEALTHY.fullmatch(one.path.stem)
        if sick:
            cause = (sick[2] or sick[3]).casefold()
            yield replace(one, patient=sick[1] or sick[4], finding=CAUSES[cause])
        elif healthy:
            yield replace(one, patient=healthy[1] or healthy[2])
        else:
            yield one


def _is_theirs(name: str) -> bool:
    split, _, rest = name.partition("/")
    return names.is_split(split) and "/" in rest and rest.split("/")[0] in CLASSES
