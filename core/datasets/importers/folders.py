"""Class folders: a folder a finding, with or without ``train``, ``test`` … above or below it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from core.datasets.importers import names
from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.tree import TABLE_SUFFIXES, Tree
from core.datasets.label_map import UNKNOWN, normalise_finding

NAME = "folders"
TITLE = "one folder a class"
LOOKS_LIKE = "class folders: one folder of films a finding, also inside train/, validation/, test/"


class Place(NamedTuple):
    """What the folders above a film say: the part of a split, and the class folder's name."""

    source_split: str
    folder: str


def detect(tree: Tree) -> bool:
    """Whether films lie directly in class folders, also inside ``train``, ``test`` …, or in
    several class folders that hold them in ``images`` and the like. Where all that lies side by
    side are parts, folds, patients or hospitals, they are one collection."""
    through = set()
    tops = {name.split("/")[0] for name in tree.films if "/" in name}
    divided = len(tops) > 1 and all(map(names.is_part, tops))
    for name in tree.films:
        *folders, _ = name.split("/")
        if folders and names.is_split(folders[0]):
            folders = folders[1:]
        below = [one for one in folders if not names.is_part(one)] if divided else []
        if len(folders) == 1 or len(below) == 1:
            return True
        if folders and all(map(names.is_container, folders)):
            return True
        if folders and all(map(names.is_container, folders[1:])):
            through.add(folders[0])
    described = {table.split("/")[0] for table in tree.all_tables if table.count("/") == 1}
    return len(through - described) > 1


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a file, sorted by name; the class folder's name is the finding."""
    for name in tree.files:
        if "/" not in name or name.casefold().endswith(TABLE_SUFFIXES):
            continue
        place = place_of(name)
        if not place.folder and names.is_split(name.split("/")[-2]):
            continue  # beside the class folders of its part
        yield Candidate(
            file=name,
            path=tree.path(name),
            patient="",
            finding=normalise_finding(names.without_copy(place.folder))
            if place.folder
            else UNKNOWN,
            finding_original=place.folder or name.split("/")[0],
            source_split=place.source_split,
            masks=tree.masks_of(name),
        )


def place_of(name: str) -> Place:
    """Class and part of a film from the folders in its relative name.

    The class is the first folder below ``train``, ``test`` … that says anything (``images``
    and ``patient00012`` do not), or the first at all where there is no such folder.
    """
    folders = PurePosixPath(name).parts[:-1]
    parts = [place for place, folder in enumerate(folders) if names.split_of(folder)]
    source_split = names.split_of(folders[parts[0]]) if parts else ""
    below = folders[parts[0] + 1 :] if parts else folders
    above = folders[: parts[0]] if parts else ()
    said = [folder for folder in (*below, *above) if not names.is_container(folder)]
    return Place(source_split, said[0] if said else "")
