"""The films that the sections work on."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from core.datasets.export import export_tree
from core.datasets.ingest import import_folder
from core.datasets.phantom import draw, ensure_phantoms, make_phantoms
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import study_spec
from core.specs import ClassSpec, DatasetSpec
from core.store import Store, open_store
from core.workspace import PROJECT_ROOT, open_workspace

DATASET = "bench"
DRAWINGS = 150  # phantoms of each class that are drawn, for many that are made of them
CLASSES = {"covid": "COVID-19", "healthy": "No finding"}


def study_films(data: Path, tree: Path, *, phantoms: bool, size: int) -> str:
    """The study's data set in ``data``, and as folders in ``tree`` for the plain way; says in
    a line what it is. Real films when they are here, unless ``phantoms``."""
    store = open_store(open_workspace(data))
    real = None if phantoms else real_films()
    if real is not None:
        import_folder(store, real / "covid-chestxray-dataset")
        import_folder(store, real / "chest_xray")
        kind = "real films"
    else:
        ensure_phantoms(store)
        kind = "phantom films"
    spec = study_spec(store.catalogue, DATASET).changed(image_size=size)
    save_dataset(store, plan(store.catalogue.frame(), spec))
    export_tree(store, DATASET, tree)
    counts = store.datasets.get(DATASET).counts
    totals = " + ".join(str(sum(one.values())) for one in counts.values())
    return f"{kind}, {totals} (train + validation + test), {size} px"


def real_films() -> Path | None:
    """Where the three public collections lie, None where they are not here."""
    named = os.environ.get("THORAXLENS_REAL_DATA")
    real = Path(named) if named else PROJECT_ROOT.parent / "shared" / "data"
    return real if real.exists() else None


def few_phantoms(folder: Path, data: Path, *, size: int, per_class: int = 12) -> list[Path]:
    """A small data set of phantoms in ``data``; returns the films' files."""
    make_phantoms(folder, per_class=per_class)
    prepare(data, folder, size)
    return sorted((folder / "films").rglob("*.png"))


def many_phantoms(folder: Path, count: int, size: int) -> None:
    """``count`` different files, half of them of each class, from 16 drawings: a pixel or two
    tell them apart, so that every one has a hash of its own."""
    drawn = {
        finding: [
            draw(seed, covid_like=finding == "COVID-19", size=size).pixels for seed in range(8)
        ]
        for finding in CLASSES.values()
    }
    for place in range(count):
        finding = list(drawn)[place % 2]
        pixels = drawn[finding][place // 2 % 8].copy()
        # The number of the film, digit by digit, in the corner that no lung reaches.
        pixels[0, :3] = [place // 2 % 256, place // 512 % 256, place // 131_072]
        target = folder / finding
        target.mkdir(parents=True, exist_ok=True)
        # Each a patient's only film, as the split by patient reads names.
        cv2.imwrite(str(target / f"{place:08d}_000.png"), pixels)


def changed_phantoms(folder: Path, count: int, size: int) -> None:
    """``count`` different films, half of them of each class, from some hundred drawings, each
    moved, turned, enlarged and lit anew: no two are nearly the same. A patient has up to four of
    one class, as many as in ChestX-ray14 on the whole. Those that are there stay, so that a larger
    number goes on from a smaller one."""
    drawn = {
        finding: [
            draw(seed, covid_like=finding == "COVID-19", size=size).pixels
            for seed in range(DRAWINGS)
        ]
        for finding in CLASSES.values()
    }
    for finding in drawn:
        (folder / finding).mkdir(parents=True, exist_ok=True)
    for place in range(count):
        finding, of_class = list(drawn)[place % 2], place // 2
        name = f"{of_class // 4 * 2 + place % 2:08d}_{of_class % 4:03d}.png"
        target = folder / finding / name
        if target.exists():
            continue
        rng = np.random.default_rng(place)
        film = _changed(drawn[finding][int(rng.integers(DRAWINGS))], rng)
        cv2.imwrite(str(target), film)


def _changed(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (S, S) → uint8 (S, S)."""
    side = len(film)
    turn: np.ndarray = cv2.getRotationMatrix2D(
        (side / 2, side / 2), rng.uniform(-8, 8), rng.uniform(0.92, 1.15)
    )
    turn[:, 2] = turn[:, 2] + rng.uniform(-0.06, 0.06, 2) * side
    moved = cv2.warpAffine(film, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
    light = cv2.resize(rng.normal(0, 9, (4, 4)), (side, side), interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, 2, film.shape)
    changed: np.ndarray = np.clip(moved * rng.uniform(0.85, 1.1) + light + noise, 0, 255)
    return changed.astype(np.uint8)


def prepare(data: Path, folder: Path, size: int) -> Store:
    """Import ``folder`` and make the data set of it."""
    store = open_store(open_workspace(data))
    import_folder(store, folder, name="Films of the benchmark")
    classes = tuple(ClassSpec(name=name, findings=(one,)) for name, one in CLASSES.items())
    spec = DatasetSpec.build(name=DATASET, classes=classes, image_size=size)
    save_dataset(store, plan(store.catalogue.frame(), spec))
    return store
