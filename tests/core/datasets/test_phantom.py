"""Phantom films: what the drawing promises, and how they come and go."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.datasets.phantom import (
    CLASSES,
    PHANTOM_SOURCE,
    draw,
    ensure_phantoms,
    make_phantoms,
    restore_phantoms,
)
from core.errors import InputError
from core.images.decode import decode_file
from core.store import Store
from core.workspace import PROJECT_ROOT


def test_same_seed_same_film_other_seed_other_film() -> None:
    film = draw(7, covid_like=True, size=128)
    assert np.array_equal(film.pixels, draw(7, covid_like=True, size=128).pixels)
    assert not np.array_equal(film.pixels, draw(8, covid_like=True, size=128).pixels)
    for picture in (film.pixels, film.opacity_mask, film.lung_mask):
        assert picture.shape == (128, 128)
        assert picture.dtype == np.uint8
    assert set(np.unique(film.opacity_mask)) == {0, 255}
    assert film.sex in ("F", "M")
    assert 18 <= film.age <= 95
    assert film.view in ("PA", "AP")


@pytest.mark.parametrize("seed", range(6))
def test_opacities_lie_in_both_lungs_and_brighten_them(seed: int) -> None:
    sick, healthy = (draw(seed, covid_like=one, size=128) for one in (True, False))
    mask, lungs = sick.opacity_mask > 0, sick.lung_mask > 0
    assert not healthy.opacity_mask.any()
    assert np.array_equal(sick.lung_mask, healthy.lung_mask)
    assert mask[:, :64].any()
    assert mask[:, 64:].any()
    assert (mask & lungs).sum() > 0.9 * mask.sum()
    assert 0.005 < mask.mean() < 0.25
    added = sick.pixels.astype(float) - healthy.pixels
    assert added[mask].mean() > added[lungs & ~mask].mean() + 10


def test_lungs_are_darker_than_what_surrounds_them() -> None:
    for seed in range(6):
        film = draw(seed, covid_like=False, size=128)
        lungs = film.lung_mask > 0
        middle = film.pixels[40:, 54:74][~lungs[40:, 54:74]]
        assert 0.1 < lungs.mean() < 0.5
        assert film.pixels[lungs].mean() < middle.mean() - 40


def test_marker_changes_its_corner_only() -> None:
    plain = draw(3, covid_like=False).pixels
    for corner, part in (("top_left", np.s_[:48, :64]), ("top_right", np.s_[:48, 192:])):
        marked = draw(3, covid_like=False, marker=corner).pixels
        changed = marked != plain
        assert changed[part].sum() > 50
        assert changed.sum() == changed[part].sum()
        assert marked[part].max() >= 245


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(InputError, match="top_left"):
        draw(0, covid_like=True, marker="bottom")
    with pytest.raises(InputError, match="at least 32 pixels"):
        draw(0, covid_like=True, size=8)
    with pytest.raises(InputError, match="at least 1 film"):
        make_phantoms(Path("nowhere"), per_class=0)
    with pytest.raises(InputError, match="not for lungs"):
        make_phantoms(Path("nowhere"), marker_class="lungs")


def test_nothing_but_the_finding_tells_the_classes_apart(phantom_folder: Path) -> None:
    table = pd.read_csv(phantom_folder / "phantoms.csv", keep_default_na=False)
    assert Counter(table["finding"]) == dict.fromkeys(CLASSES, 20)
    twins = [
        sorted(zip(films["view"], films["sex"], films["age"], strict=True))
        for _, films in table.groupby("finding")
    ]
    assert twins[0] == twins[1]
    assert table.groupby("patient")["finding"].nunique().max() == 1
    assert table["patient"].value_counts().max() in (2, 3)
    means = table["file"].map(lambda name: decode_file(phantom_folder / name).pixels.mean())
    by_class = means.groupby(table["finding"])
    assert abs(by_class.mean().diff().iloc[1]) < by_class.std().max()


def test_a_folder_of_phantoms_is_reproducible_and_complete(
    phantom_folder: Path, tmp_path: Path
) -> None:
    make_phantoms(tmp_path / "again", per_class=20, size=128, seed=0)
    for file in sorted(phantom_folder.rglob("*.*")):
        copy = tmp_path / "again" / file.relative_to(phantom_folder)
        assert copy.read_bytes() == file.read_bytes()
    table = pd.read_csv(phantom_folder / "phantoms.csv", keep_default_na=False)
    for row in table.to_dict("records"):
        assert (phantom_folder / row["lungs_mask"]).is_file()
        assert bool(row["opacity_mask"]) == (row["finding"] == "COVID-19")


def test_a_marked_class_is_marked_and_the_other_is_not(tmp_path: Path) -> None:
    make_phantoms(tmp_path, per_class=3, size=64, marker_class="No finding")
    table = pd.read_csv(tmp_path / "phantoms.csv", keep_default_na=False)
    assert set(table.loc[table["finding"] == "No finding", "marker"]) == {"top_right"}
    assert set(table.loc[table["finding"] == "COVID-19", "marker"]) == {""}


def test_import_keeps_masks_patients_and_says_artificial(phantom_store: Store) -> None:
    (source,) = phantom_store.catalogue.sources()
    assert (source.name, source.layout, source.artificial) == (PHANTOM_SOURCE, "phantom", True)
    frame = phantom_store.catalogue.frame()
    assert len(frame) == 40
    for film in phantom_store.catalogue.films(frame["film_id"].tolist()):
        kinds = {"lungs", "opacity"} if film.finding == "COVID-19" else {"lungs"}
        assert set(film.masks) == kinds
        assert all(Path(mask).is_file() for mask in film.masks.values())
        assert film.patient.startswith(f"{PHANTOM_SOURCE}/P")
        assert film.age is not None


@pytest.fixture
def small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default set, but small: these tests are about when it is made, not what it is."""
    import core.datasets.phantom as module

    def small(folder: Path) -> None:
        make_phantoms(folder, per_class=3, size=64)

    monkeypatch.setattr(module, "make_phantoms", small)


@pytest.mark.usefixtures("small_sets")
def test_first_start_brings_them_removal_lasts_and_restoring_works(store: Store) -> None:
    ensure_phantoms(store)
    frame = store.catalogue.frame()
    assert len(frame) == 6
    assert store.catalogue.sources()[0].artificial
    assert all(store.workspace.thumbnail(one).is_file() for one in frame["film_id"])
    version = store.catalogue.version()
    ensure_phantoms(store)
    assert store.catalogue.version() == version

    store.catalogue.remove_source(PHANTOM_SOURCE)
    ensure_phantoms(store)
    assert store.catalogue.count() == 0

    restore_phantoms(store)
    assert sorted(store.catalogue.frame()["film_id"]) == sorted(frame["film_id"])
    assert store.catalogue.sources()[0].artificial
    restore_phantoms(store)
    assert store.catalogue.count() == 6


@pytest.mark.usefixtures("small_sets")
def test_a_start_that_broke_off_is_finished_by_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.datasets.phantom as module

    def breaks(*_: object, **__: object) -> None:
        raise InputError("no room")

    with monkeypatch.context() as once:
        once.setattr(module, "import_folder", breaks)
        with pytest.raises(InputError, match="no room"):
            ensure_phantoms(store)
    ensure_phantoms(store)
    assert store.catalogue.count() == 6


@pytest.mark.usefixtures("small_sets")
def test_lost_files_are_drawn_again_when_restoring(store: Store) -> None:
    ensure_phantoms(store)
    before = sorted(store.catalogue.frame()["film_id"])
    store.catalogue.remove_source(PHANTOM_SOURCE)
    for film in list(store.workspace.uploads.rglob("films/*.png"))[:2]:
        film.unlink()
    restore_phantoms(store)
    assert sorted(store.catalogue.frame()["film_id"]) == before


def test_phantoms_imported_from_elsewhere_are_left_alone(phantom_store: Store) -> None:
    ensure_phantoms(phantom_store)
    assert phantom_store.catalogue.count() == 40
    assert not list(phantom_store.workspace.uploads.iterdir())


def test_two_processes_start_at_once(store: Store) -> None:
    program = (
        "import sys\n"
        "import core.datasets.phantom as phantom\n"
        "from core.store import open_store\n"
        "from core.workspace import open_workspace\n"
        "make = phantom.make_phantoms\n"
        "phantom.make_phantoms = lambda folder: make(folder, per_class=4, size=64)\n"
        "phantom.ensure_phantoms(open_store(open_workspace(sys.argv[1])))\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(store.workspace.root)], cwd=PROJECT_ROOT
        )
        for _ in range(2)
    ]
    assert [one.wait(timeout=240) for one in running] == [0, 0]
    assert store.catalogue.count() == 8
