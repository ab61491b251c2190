"""Reading a folder's names from disk: links in circles, locked folders and odd files included."""

from __future__ import annotations

import os
from collections.abc import Callable
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
            entries = list(os.scandir(place))
        except OSError as error:
            if not prefix:
                raise
            left_out.append((prefix, f"the folder cannot be opened ({error.strerror or error})"))
            continue
        for entry in entries:
            name = prefix + entry.name
            if names.is_litter(entry.name):
                litter.append(name)
            elif _answers(entry, os.DirEntry.is_dir):
                (links if _answers(entry, os.DirEntry.is_symlink) else folders).append(f"{name}/")
            elif _answers(entry, os.DirEntry.is_file):
                files.append(name)
            else:
                left_out.append((name, NO_FILE if Path(entry.path).exists() else NOWHERE))
        if len(files) + len(left_out) > MOST:
            raise InputError(
                f"{root} holds more than {MOST:,} files. Choose the folder of one collection."
            )
    return files, sorted(litter), sorted(left_out)


def _answers(entry: os.DirEntry[str], asked: Callable[[os.DirEntry[str]], bool]) -> bool:
    try:
        return asked(entry)
    except OSError:
        return False
