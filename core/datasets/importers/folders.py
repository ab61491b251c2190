"""Class folders: a folder a finding, with or without ``train``, ``test`` … above them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from core.datasets.importers.candidate import Candidate
from core.datasets.vocabulary import UNKNOWN, normalise_finding

NAME = "folders"
LOOKS_LIKE = "class folders: one folder of films a finding, also inside train/, validation/, test/"

SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".dcm", ".dicom"})
# What archives and file managers leave behind; nobody means these as films.
LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
NO_FINDING_OF_THEIRS = frozenset({"images", "image", "films", "data", "pictures", "masks"})


def detect(root: Path) -> bool:
    """Whether some class folder holds a film directly."""
    return any(_holds_film(folder) for _, folder in class_folders(root))


def read(root: Path) -> Iterator[Candidate]:
    """One candidate a file, sorted by name; the folder's name is the finding."""
    for subset, folder in class_folders(root):
        for path in films_below(folder):
            yield Candidate(
                file=path.relative_to(root).as_posix(),
                path=path,
                patient="",
                finding=finding_of(folder),
                finding_original=folder.name,
                subset=subset,
            )


def unlisted(root: Path) -> list[str]:
    """Films that lie beside the class folders instead of inside one."""
    places = [root, *(one for one in _folders(root) if one.name.lower() in SPLITS)]
    return [
        path.relative_to(root).as_posix()
        for place in places
        for path in sorted(place.iterdir())
        if path.is_file() and _suffix(path) in SUFFIXES
    ]


def class_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """(name of the split folder or ``""``, class folder), sorted."""
    for folder in _folders(root):
        if folder.name.lower() in SPLITS:
            yield from ((folder.name.lower(), one) for one in _folders(folder))
        else:
            yield "", folder


def films_below(folder: Path) -> Iterator[Path]:
    """Every file in a class folder and below it, masks and litter apart, sorted."""
    for place, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not _is_litter(name) and name != "masks")
        yield from (Path(place) / name for name in sorted(files) if not _is_litter(name))


def finding_of(folder: Path) -> str:
    """The finding that a class folder stands for."""
    name = folder.name
    return UNKNOWN if name.lower() in NO_FINDING_OF_THEIRS else normalise_finding(name)


def _holds_film(folder: Path) -> bool:
    return any(
        path.is_file() and (_suffix(path) in SUFFIXES or _is_dicom(path))
        for path in folder.iterdir()
        if not _is_litter(path.name)
    )


def _is_dicom(path: Path) -> bool:
    """Scanners write DICOM files without a suffix."""
    if _suffix(path):
        return False
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _folders(root: Path) -> list[Path]:
    return sorted(one for one in root.iterdir() if one.is_dir() and not _is_litter(one.name))


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER


def _suffix(path: Path) -> str:
    return path.suffix.strip().lower()
