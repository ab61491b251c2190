"""Artificial films: for the first start, for tests, and to plant a shortcut on purpose.

A set of them lies in a folder of its own layout: ``films/``, ``masks/`` and one table,
``phantoms.csv``, which ``core.datasets.importers.phantom`` reads.
"""

from __future__ import annotations

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock

from core.datasets.ingest import import_folder
from core.datasets.phantom_film import MARKER_CORNERS, Person, Phantom, person, render
from core.documents import Document
from core.errors import InputError
from core.people.asking import asks
from core.people.roles import Deed
from core.progress import NamedProgress
from core.store import Store
from core.workspace import Workspace

__all__ = [
    "CLASSES",
    "COLUMNS",
    "MARKER_CORNERS",
    "PHANTOM_SOURCE",
    "TABLE",
    "Phantom",
    "draw",
    "ensure_phantoms",
    "make_phantoms",
    "restore_phantoms",
]

PHANTOM_SOURCE = "Phantom films"
TABLE = "phantoms.csv"
COLUMNS = (
    "file", "patient", "finding", "view", "sex", "age", "opacity_mask", "lungs_mask", "marker",
)  # fmt: skip
CLASSES = ("COVID-19", "No finding")


def draw(
    seed: int,
    *,
    covid_like: bool,
    size: int = 256,
    marker: str | None = None,
    strength: float = 1.0,
) -> Phantom:
    """One frontal chest film; the same seed gives the same patient, sick or healthy.

    ``size``: side in pixels, at least 32. ``covid_like`` adds soft patches of haze in
    both lungs, outwards and low; ``opacity_mask`` is where they add more attenuation than
    a lung's own texture. The mean brightness follows from the seed, not from the finding.
    ``marker`` (``top_left`` or ``top_right``) plants a bright letter in that corner.
    ``strength`` multiplies the attenuation that the opacities add. Raises InputError for a
    smaller size or another marker.
    """
    view = "PA" if np.random.default_rng([seed, 5]).random() < 0.6 else "AP"
    return render(
        person(seed), seed, view,
        covid_like=covid_like, size=size, marker=marker, strength=strength,
    )  # fmt: skip


@dataclass(frozen=True)
class _Exposure:
    """One film to be drawn."""

    patient: str
    number: int
    who: Person
    seed: int
    view: str
    covid_like: bool
    marker: str | None

    @property
    def stem(self) -> str:
        return f"{self.patient}-{self.number}"


def make_phantoms(
    folder: Path,
    *,
    per_class: int = 60,
    seed: int = 0,
    size: int = 256,
    marker_class: str | None = None,
) -> None:
    """Fill ``folder`` with 2 · ``per_class`` films, their masks and ``phantoms.csv``.

    Every patient with opacities has a healthy twin of the same sex, age, views and number
    of films (one to three), so that nothing but the finding tells the classes apart.
    ``marker_class`` (a finding) plants a letter on every film of that class: a shortcut
    to be found. Deterministic; files are 8-bit grey PNG. Raises InputError.
    """
    if per_class < 1:
        raise InputError(f"A class of phantom films needs at least 1 film, not {per_class}.")
    if marker_class is not None and marker_class not in CLASSES:
        raise InputError(f"A marker is for {' or '.join(CLASSES)}, not for {marker_class}.")
    exposures = _plan(per_class, seed, marker_class)
    for name in ("films", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        rows = list(threads.map(lambda one: _write(folder, one, size), exposures))
    # The table comes last and whole: a folder without it is no phantom layout yet.
    unfinished = folder / (TABLE + ".part")
    with unfinished.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    unfinished.replace(folder / TABLE)


def _plan(per_class: int, seed: int, marker_class: str | None) -> list[_Exposure]:
    rng = np.random.default_rng([seed, 0])
    numbers: list[int] = []  # films of each pair of twins
    while sum(numbers) < per_class:
        wanted = int(rng.choice([1, 2, 3], p=[0.72, 0.19, 0.09]))
        numbers.append(min(wanted, per_class - sum(numbers)))
    pairs = len(numbers)
    labels = iter(rng.permutation(2 * pairs) + 1)
    sexes = rng.permutation(np.resize(["F", "M"], pairs))
    ages = np.round(rng.permutation(np.linspace(21, 88, pairs)))
    found = []
    for pair, films in enumerate(numbers):
        views = rng.choice(["PA", "AP"], films, p=[0.65, 0.35])
        for covid_like in (True, False):
            own = int(rng.integers(2**31))
            who = Person(own, str(sexes[pair]), float(ages[pair]))
            marked = marker_class == CLASSES[0 if covid_like else 1]
            patient = f"P{next(labels):03d}"
            for number, view in enumerate(views, 1):
                found.append(
                    _Exposure(
                        patient, number, who, own + number, str(view), covid_like,
                        "top_right" if marked else None,
                    )
                )  # fmt: skip
    return sorted(found, key=lambda one: one.stem)


def _write(folder: Path, one: _Exposure, size: int) -> dict[str, str]:
    film = render(
        one.who, one.seed, one.view, covid_like=one.covid_like, size=size, marker=one.marker
    )
    lungs, opacity = f"masks/{one.stem}-lungs.png", f"masks/{one.stem}-opacity.png"
    files = {f"films/{one.stem}.png": film.pixels, lungs: film.lung_mask}
    if one.covid_like:
        files[opacity] = film.opacity_mask
    for name, pixels in files.items():
        # Grain does not compress: level 1 gives nearly the same size in a fifth of the time.
        if not cv2.imwrite(str(folder / name), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
            raise InputError(f"{folder / name} cannot be written. Is the disk full?")
    return {
        "file": f"films/{one.stem}.png",
        "patient": one.patient,
        "finding": CLASSES[0 if one.covid_like else 1],
        "view": film.view,
        "sex": film.sex,
        "age": f"{film.age:.0f}",
        "opacity_mask": opacity if one.covid_like else "",
        "lungs_mask": lungs,
        "marker": one.marker or "",
    }


class PhantomNote(Document):
    """That phantom films have been made in a data folder, and when (ISO 8601, UTC)."""

    imported_at: str = ""


@asks(Deed.IMPORT)
def ensure_phantoms(store: Store, progress: NamedProgress | None = None) -> None:
    """At a workspace's first start, make and import 60 phantom films of each class.

    Does nothing ever after: who has removed them does not get them back unasked.
    Safe to call from several processes at once. ``progress(done, total, text)``.
    """
    note = store.workspace.phantom_note
    if note.exists():
        return
    with _lock(store.workspace):
        if not note.exists():
            _install(store, progress)


@asks(Deed.IMPORT)
def restore_phantoms(store: Store, progress: NamedProgress | None = None) -> None:
    """Bring the phantom films back after their source was removed; else changes nothing."""
    with _lock(store.workspace):
        _install(store, progress)


def _lock(workspace: Workspace) -> FileLock:
    return FileLock(workspace.root / "phantoms.lock")


def _install(store: Store, progress: NamedProgress | None) -> None:
    if PHANTOM_SOURCE not in {source.name for source in store.catalogue.sources()}:
        folder = store.workspace.uploads / "phantom-films"
        if not _is_whole(folder):
            if progress is not None:
                progress(0, 1, "Drawing phantom films")
            make_phantoms(folder)
        import_folder(store, folder, name=PHANTOM_SOURCE, progress=progress)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    PhantomNote(imported_at=made).save(store.workspace.phantom_note)


def _is_whole(folder: Path) -> bool:
    if not (folder / TABLE).is_file():
        return False
    with (folder / TABLE).open(newline="", encoding="utf-8") as stream:
        return all((folder / row["file"]).is_file() for row in csv.DictReader(stream))
