"""Kaggle's chest-xray-pneumonia: ``train|test|val`` / ``NORMAL|PNEUMONIA``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.datasets.importers import folders
from core.datasets.importers.candidate import Candidate

NAME = "kaggle"
LOOKS_LIKE = "chest-xray-pneumonia of Kaggle: train/, test/ or val/ with NORMAL/ and PNEUMONIA/"

CLASSES = frozenset({"NORMAL", "PNEUMONIA"})
SICK = re.compile(r"(person\d+)_(bacteria|virus)_\d+")
HEALTHY = re.compile(r"((?:NORMAL\d-)?IM-\d+)(?:-\d+)+")
CAUSES = {"bacteria": "Bacterial pneumonia", "virus": "Viral pneumonia"}


def detect(root: Path) -> bool:
    """Whether a split folder holds one of the two class folders, spelt as Kaggle does."""
    return any(subset and folder.name in CLASSES for subset, folder in folders.class_folders(root))


def read(root: Path) -> Iterator[Candidate]:
    """One candidate a file. Cause and patient stand in the name; the view is not recorded."""
    for one in folders.read(root):
        if not one.subset:
            continue  # Kaggle's own archive holds a second copy of itself; see ``unlisted``
        sick, healthy = SICK.fullmatch(one.path.stem), HEALTHY.fullmatch(one.path.stem)
        if sick:
            yield replace(one, patient=sick[1], finding=CAUSES[sick[2]])
        elif healthy:
            yield replace(one, patient=healthy[1])
        else:
            yield one


def unlisted(root: Path) -> list[str]:
    """Films beside the class folders, and folders beside ``train``, ``test`` and ``val``."""
    beside = {folder.name for subset, folder in folders.class_folders(root) if not subset}
    return [*folders.unlisted(root), *(f"{name}/" for name in sorted(beside))]
