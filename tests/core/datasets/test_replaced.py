"""Files that change under the catalogue: replaced, swapped, moved, dated in the future."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from core.datasets.export import export_tree, export_zip
from core.datasets.ingest import import_folder
from core.datasets.training_data import load_training_data
from core.errors import FilmError, InputError
from core.images.decode import read_imported
from core.store import Film, Store
from pages.components.classify.film_input import sample
from tests.pages.runs import make_dataset


@pytest.fixture
def own(store: Store, phantom_folder: Path, tmp_path: Path) -> Path:
    """A folder of phantoms that may be changed; imported, with a data set “tiny”."""
    folder = tmp_path / "Phantom films"
    shutil.copytree(phantom_folder, folder)
    import_folder(store, folder, name="films")
    make_dataset(store, "tiny")
    return folder


def of(store: Store, path: Path) -> Film:
    frame = store.catalogue.frame()
    (film_id,) = frame[frame["path"] == str(path)]["film_id"]
    return store.catalogue.film(film_id)


def replace_one(store: Store, folder: Path) -> tuple[Film, Path]:
    """Put another picture in the place of a film of the data set; the old film, its path."""
    path = Path(store.datasets.members("tiny")["path"].iloc[0])
    film = of(store, path)
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("L").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    return film, path


def test_nothing_goes_by_the_pixels_of_a_file_that_was_replaced(
    store: Store, own: Path, tmp_path: Path
) -> None:
    film, path = replace_one(store, own)
    wanted = f"{path.name} is not the file that was imported"
    with pytest.raises(FilmError, match=wanted):
        read_imported(film.path, film.film_id)
    with pytest.raises(FilmError, match=wanted):
        sample(film.film_id, film.path, "", "films", "").content()
    with pytest.raises(InputError, match=wanted):
        export_tree(store, "tiny", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match=wanted):
        export_zip(store, "tiny")
    # What was decoded when the data set was saved are the old pixels; at another size they are
    # not to be had any more.
    assert len(load_training_data(store, "tiny", 64, None).films)
    with pytest.raises(FilmError, match=wanted):
        load_training_data(store, "tiny", 48, None)


def test_a_replaced_film_that_is_imported_again_is_another_film(store: Store, own: Path) -> None:
    film, path = replace_one(store, own)
    films = store.catalogue.count()
    assert store.datasets.lost("tiny") == 0
    report = import_folder(store, own)
    assert report.added == 1
    assert any("had another file in its place" in note for note in report.notes)
    assert store.catalogue.count() == films, "the old one is gone, the new one there"
    assert of(store, path).film_id != film.film_id
    assert store.datasets.lost("tiny") == 1
    with pytest.raises(InputError, match="no longer in the catalogue"):
        load_training_data(store, "tiny", 64, None)
    assert not import_folder(store, own).added


def test_two_files_that_were_swapped_are_the_same_films(store: Store, own: Path) -> None:
    first, second = sorted(own.rglob("*.png"))[:2]
    one, two = of(store, first), of(store, second)
    aside = own.parent / "aside"
    for source, target in ((first, aside), (second, first), (aside, second)):
        source.rename(target)
    report = import_folder(store, own)
    assert (report.added, report.known) == (0, 40)
    assert Path(store.catalogue.film(one.film_id).path) == second
    assert Path(store.catalogue.film(two.film_id).path) == first
    assert read_imported(second, one.film_id)


def test_files_dated_in_the_future_are_imported_and_read(
    store: Store, phantom_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    shutil.copytree(phantom_folder, folder)
    ahead = time.time() + 10 * 365 * 86400
    for file in folder.rglob("*.png"):
        os.utime(file, (ahead, ahead))
    assert import_folder(store, folder).added == 40
    make_dataset(store, "tiny")
    assert export_zip(store, "tiny").is_file()
    for file in folder.rglob("*.png"):
        os.utime(file, (0, 0))  # before a zip's calendar begins
    assert export_zip(store, "tiny").is_file()


def test_films_that_were_moved_are_told_and_come_back(
    store: Store, own: Path, tmp_path: Path
) -> None:
    away = own.rename(tmp_path / "away")
    with pytest.raises(InputError, match="films are gone, for example"):
        export_zip(store, "tiny")
    with pytest.raises(FilmError, match="Put the files back"):
        load_training_data(store, "tiny", 48, None)
    away.rename(own)
    assert len(load_training_data(store, "tiny", 48, None).films)
