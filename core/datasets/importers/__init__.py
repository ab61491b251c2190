"""The layouts that can be imported: one module each, tried in order.

A new layout is one more module with ``NAME``, ``TITLE``, ``LOOKS_LIKE``, ``detect`` and
``read``, and one more entry in ``LAYOUTS``. One with a table says what a row means; ``rows``
finds the films.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from core.datasets.importers import (
    any_table,
    chestxray14,
    chexpert,
    covid_qu_ex,
    covid_radiography,
    folders,
    ieee8023,
    kaggle,
    mimic,
    named_films,
    padchest,
    phantom,
    rsna,
    vindr,
)
from core.datasets.importers.candidate import MISSING, Candidate
from core.datasets.importers.choices import DEFAULT, Choices, Columns
from core.datasets.importers.tree import Tree
from core.errors import InputError

__all__ = [
    "LAYOUTS",
    "MISSING",
    "TITLES",
    "WORKBOOKS",
    "Candidate",
    "Choices",
    "Columns",
    "Found",
    "Layout",
    "Tree",
    "detect_layout",
    "unlisted",
]

DEEPEST = 5  # folders with nothing but a folder in them, as archives are packed
MOST_SIDE_BY_SIDE = 100  # folders that are looked into: more are no collections
WORKBOOKS = (".xlsx", ".xls", ".ods")


class Layout(Protocol):
    """What a layout's module offers."""

    NAME: str  # as the store and the commands know it
    TITLE: str  # on pages
    LOOKS_LIKE: str  # for the message when nothing fits

    def detect(self, tree: Tree) -> bool:
        """Whether the tree's root is the top of such a collection."""

    def read(self, tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
        """Every row or file of it, those that will be left out included."""


class Found(NamedTuple):
    """A layout, the folder it begins in, and what lies there."""

    layout: Layout
    root: Path
    tree: Tree


# Class folders come last: nearly anything with subfolders of images looks like them. The user's
# own table comes before them, for a folder “images” says nothing.
LAYOUTS: tuple[Layout, ...] = (
    phantom,
    chestxray14,
    chexpert,
    mimic,
    rsna,
    vindr,
    padchest,
    ieee8023,
    kaggle,
    covid_radiography,
    covid_qu_ex,
    any_table,
    named_films,
    folders,
)
TITLES = {one.NAME: one.TITLE for one in LAYOUTS}


def detect_layout(root: Path, called: str = "", choices: Choices = DEFAULT) -> Found:
    """The layout of ``root``, or of the one folder inside it that has one.

    ``called``: the name to speak of it by, by default the folder's. With a table chosen, that
    table is read, whatever lies there.

    An unpacked archive often holds a single folder with everything. Raises InputError
    when nothing fits, or when several collections lie side by side.
    """
    called = called or root.name
    try:
        tree = Tree(root)
    except OSError as error:
        raise InputError(
            f"{error.filename or root} cannot be opened ({error.strerror or error}). "
            "Check that this user may read it."
        ) from error
    if choices.table:
        return Found(any_table, tree.root, tree)
    return _found(tree, called)


def unlisted(tree: Tree, candidates: Iterable[Candidate]) -> list[str]:
    """Films that the collection does not describe, and second copies inside itself."""
    films = tree.films
    described = bytearray(len(films))
    for one in candidates:
        place = films.place_of(one.file)
        if place is not None:
            described[place] = True
    left = (name for name, told in zip(films, described, strict=True) if not told)
    return [*left, *(f"{folder}/" for folder, _ in tree.copies)]


def _found(tree: Tree, called: str) -> Found:
    for _ in range(DEEPEST):
        here = _layout_of(tree)
        if here:
            return Found(here, tree.root, tree)
        with_films = _folders_with_films(tree)
        if len(with_films) > MOST_SIDE_BY_SIDE:
            break
        inside = [tree.below(folder) for folder in with_films]
        below = [Found(layout, one.root, one) for one in inside if (layout := _layout_of(one))]
        if len(below) == 1:
            return below[0]
        if below:
            names = ", ".join(found.root.name for found in below)
            raise InputError(
                f"“{called}” holds several collections: {names}. Import each of them on its own."
            )
        if len(inside) != 1 or any("/" not in name for name in tree.films):
            break
        tree = inside[0]
    raise InputError(_not_understood(tree, called))


def _folders_with_films(tree: Tree) -> list[str]:
    held = {name.split("/", 1)[0] for name in tree.files if "/" in name}
    return sorted(held)


def _layout_of(tree: Tree) -> Layout | None:
    return next((layout for layout in LAYOUTS if layout.detect(tree)), None)


def _not_understood(tree: Tree, called: str) -> str:
    start = f"“{called}” is not laid out in a way that ThoraxLens understands."
    if tree.all_tables and tree.films:
        some = ", ".join(tree.all_tables[:3])
        return (
            f"{start} It holds tables ({some}): say which column names the film and which the "
            "finding, on the page or with --table and --columns."
        )
    workbooks = [name for name in tree.files if name.casefold().endswith(WORKBOOKS)]
    if workbooks and tree.films:
        return (
            f"{start} If {workbooks[0]} says what the films show, save it as CSV in your "
            "spreadsheet program and import the folder again."
        )
    known = "; ".join(layout.LOOKS_LIKE for layout in LAYOUTS)
    return f"{start} It reads: {known}."
