"""The layouts that can be imported: one module each, tried in order.

A new layout is one more module with ``NAME``, ``LOOKS_LIKE``, ``detect``, ``read`` and
``unlisted``, and one more entry in ``LAYOUTS``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from core.datasets.importers import folders, ieee8023, kaggle, phantom
from core.datasets.importers.candidate import MISSING, Candidate
from core.errors import InputError

__all__ = ["LAYOUTS", "MISSING", "Candidate", "Found", "Layout", "detect_layout"]


class Layout(Protocol):
    """What a layout's module offers."""

    NAME: str
    LOOKS_LIKE: str  # for the message when nothing fits

    def detect(self, root: Path) -> bool:
        """Whether ``root`` is the top of such a collection."""

    def read(self, root: Path) -> Iterator[Candidate]:
        """Every row or file of it, those that will be left out included."""

    def unlisted(self, root: Path) -> list[str]:
        """Films in the folder that the collection does not describe."""


class Found(NamedTuple):
    """A layout, and the folder it begins in."""

    layout: Layout
    root: Path


# Class folders come last: nearly anything with subfolders of images looks like them.
LAYOUTS: tuple[Layout, ...] = (ieee8023, kaggle, phantom, folders)


def detect_layout(root: Path, called: str = "") -> Found:
    """The layout of ``root``, or of the one folder inside it that has one.

    ``called``: the name to speak of it by, by default the folder's.

    An unpacked archive often holds a single folder with everything. Raises InputError
    when nothing fits, or when several collections lie side by side.
    """
    called = called or root.name
    try:
        here = _layout_of(root)
        if here:
            return Found(here, root)
        below = [
            Found(layout, folder)
            for folder in sorted(root.iterdir())
            if folder.is_dir() and not folder.name.startswith((".", "__MACOSX"))
            for layout in [_layout_of(folder)]
            if layout
        ]
    except OSError as error:
        raise InputError(
            f"{error.filename or root} cannot be opened ({error.strerror or error}). "
            "Check that this user may read it."
        ) from error
    if len(below) == 1:
        return below[0]
    if below:
        names = ", ".join(found.root.name for found in below)
        raise InputError(
            f"“{called}” holds several collections: {names}. Import each of them on its own."
        )
    known = "; ".join(layout.LOOKS_LIKE for layout in LAYOUTS)
    raise InputError(
        f"“{called}” is not laid out in a way that ThoraxLens understands. It reads: {known}."
    )


def _layout_of(root: Path) -> Layout | None:
    return next((layout for layout in LAYOUTS if layout.detect(root)), None)
