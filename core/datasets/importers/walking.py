"""Reading a folder's names from disk: links in circles, locked folders and odd files included."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from core.datasets.importers import names
from core.errors import InputError

MOST = 2_000_000  # entries: the largest public collection has a third of that
LOOP = "the link leads to a folder that is looked through already"
NO_FILE = "it is no ordinary file"
NOWHERE = "the link leads nowhere"


def walk(root: Path) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Names below ``root``: (files, litter, (what cannot be looked at, why)).

    Links to folders are followed, each folder once. Raises OSError when ``root`` itself cannot
    be opened, InputError for more files than any collection has.
    """
    files: list[str] = []
    litter: list[str] = []
    left_out: list[tuple[str, str]] = []
    folders, links = [""], list[str]()
    here = root.resolve()
    seen: set[tuple[int, int]] = set()
    while folders or links:
        # Links last, so that a folder is known by its own name and not by a link's.
        linked = not folders
        prefix = links.pop() if linked else folders.pop()
        place = root / prefix
        try:
            status = place.stat()
            loops = linked and here.is_relative_to(place.resolve())
            if loops or (status.st_dev, status.st_ino) in seen:
                left_out.append((prefix, LOOP))
                continue
            seen.add((status.st_dev, status.st_ino))
            found = _entries(place, prefix)
        except OSError as error:
            if not prefix:
                raise
            left_out.append((prefix, f"the folder cannot be opened ({error.strerror or error})"))
            continue
        files += found[_Kind.FILE]
        litter += found[_Kind.LITTER]
        folders += (f"{name}/" for name in found[_Kind.FOLDER])
        links += (f"{name}/" for name in found[_Kind.LINK])
        left_out += (
            (name, NO_FILE if (root / name).exists() else NOWHERE) for name in found[_Kind.OTHER]
        )
        if len(files) + len(left_out) > MOST:
            raise InputError(
                f"{root} holds more than {MOST:,} files. Choose the folder of one collection."
            )
    return files, sorted(litter), sorted(left_out)


def sort_names(everything: list[str]) -> None:
    """By their folders, and then by what is in each; in place."""
    # As text, with what stands before all else between them: their parts as keys of the sorting
    # would take three times the memory of the names.
    for place, name in enumerate(everything):
        everything[place] = name.replace("/", "\0")
    everything.sort()
    for place, name in enumerate(everything):
        everything[place] = name.replace("\0", "/")


class _Kind(Enum):
    LITTER, FOLDER, LINK, FILE, OTHER = range(5)


def _entries(place: Path, prefix: str) -> dict[_Kind, list[str]]:
    """The names of what lies in a folder, after ``prefix``. Raises OSError when it cannot be read
    to its end."""
    found: dict[_Kind, list[str]] = {kind: [] for kind in _Kind}
    with os.scandir(place) as entries:
        for entry in entries:  # one at a time: 100,000 of them take 30 MB
            found[_kind(entry)].append(prefix + entry.name)
    return found


def _kind(entry: os.DirEntry[str]) -> _Kind:
    if names.is_litter(entry.name):
        return _Kind.LITTER
    if _answers(entry, os.DirEntry.is_dir):  # LINK: to a folder
        return _Kind.LINK if _answers(entry, os.DirEntry.is_symlink) else _Kind.FOLDER
    return _Kind.FILE if _answers(entry, os.DirEntry.is_file) else _Kind.OTHER


def _answers(entry: os.DirEntry[str], asked: Callable[[os.DirEntry[str]], bool]) -> bool:
    try:
        return asked(entry)
    except OSError:
        return False
