"""Exports: the study's folders, unique names, and never over somebody's files."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from core.datasets.export import _unique_files, export_tree, export_zip
from core.datasets.ingest import import_folder
from core.datasets.prepare import plan, save_dataset
from core.datasets.presets import study_spec
from core.errors import InputError, NotFoundError, SpecError
from core.images.decode import film_id_of
from core.specs import ClassSpec, DatasetSpec
from core.store import Store


@pytest.fixture
def prepared(phantom_store: Store) -> Store:
    """A store with a data set “set” of 40 films: 24 / 8 / 8."""
    spec = study_spec(phantom_store.catalogue, "set").changed(image_size=32)
    save_dataset(phantom_store, plan(phantom_store.catalogue.frame(), spec))
    return phantom_store


def test_the_tree_is_the_studys(prepared: Store, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = tmp_path / "new" / "folder"
    count = export_tree(prepared, "set", target, lambda done, total: seen.append((done, total)))
    assert count == 40
    assert seen[-1] == (40, 40)
    counts = {
        f"{folder.parent.name}/{folder.name}": len(list(folder.iterdir()))
        for folder in target.glob("*/*")
    }
    assert counts == {
        "train/covid": 12, "train/healthy": 12, "validation/covid": 4,
        "validation/healthy": 4, "test/covid": 4, "test/healthy": 4,
    }  # fmt: skip
    table = pd.read_csv(target / "films.csv", keep_default_na=False)
    assert len(table) == 40
    for row in table.to_dict("records"):
        assert film_id_of((target / row["file"]).read_bytes()) == row["film_id"]
        assert row["file"].startswith(f"{row['split']}/{row['class']}/")
    text = (target / "spec.json").read_text()
    assert DatasetSpec.from_json(text) == prepared.datasets.get("set").spec


def test_the_zip_holds_the_same(prepared: Store, tmp_path: Path) -> None:
    export_tree(prepared, "set", tmp_path / "tree")
    path = export_zip(prepared, "set")
    assert path.name == "set.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unzipped")
    files = {one.relative_to(tmp_path / "tree") for one in (tmp_path / "tree").rglob("*.*")}
    assert len(files) == 42
    for file in files:
        expected = (tmp_path / "tree" / file).read_bytes()
        assert (tmp_path / "unzipped" / file).read_bytes() == expected
    old = path.with_name("old.zip")
    shutil.copy(path, old)
    os.utime(old, (0, 0))
    assert export_zip(prepared, "set") == path
    assert [one.name for one in path.parent.iterdir()] == ["set.zip"]


def test_a_full_folder_or_a_file_is_refused_untouched(prepared: Store, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    kept = tmp_path / "full" / "thesis.txt"
    kept.write_text("mine")
    for target in (tmp_path / "full", kept):
        with pytest.raises(InputError, match="not an empty folder"):
            export_tree(prepared, "set", target)
    assert [one.read_text() for one in (tmp_path / "full").iterdir()] == ["mine"]
    (tmp_path / "empty").mkdir()
    assert export_tree(prepared, "set", tmp_path / "empty") == 40


def test_films_that_are_gone_are_said_before_anything_is_written(
    prepared: Store, tmp_path: Path
) -> None:
    prepared.catalogue.remove_source("Phantom films")
    with pytest.raises(InputError, match="40 of 40 films are gone"):
        export_tree(prepared, "set", tmp_path / "out")
    with pytest.raises(InputError, match="40 of 40 films are gone"):
        export_zip(prepared, "set")
    assert not (tmp_path / "out").exists()
    with pytest.raises(NotFoundError, match="no data set called “other”"):
        export_tree(prepared, "other", tmp_path / "out")


@pytest.mark.parametrize("existed", [True, False])
def test_a_broken_off_export_leaves_nothing(prepared: Store, tmp_path: Path, existed: bool) -> None:
    target = tmp_path / "out"
    if existed:
        target.mkdir()

    def stops(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_tree(prepared, "set", target, stops)
    assert target.exists() == existed
    assert not list(tmp_path.glob("out/*"))


def test_equal_and_odd_names_stay_apart(store: Store, phantom_folder: Path, tmp_path: Path) -> None:
    films = sorted((phantom_folder / "films").glob("*.png"))
    names = ["film.png", "FILM.png", "sp ace.png", "naïve.png", "a:b?.png", "q.png"]
    for number, film in enumerate(films[:12]):
        folder = tmp_path / f"own {number // 6}" / "normal"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(film, folder / names[number % 6])
    for film in films[12:20]:
        (tmp_path / "own 0" / "covid").mkdir(exist_ok=True)
        shutil.copy(film, tmp_path / "own 0" / "covid")
    for number in (0, 1):
        import_folder(store, tmp_path / f"own {number}")
    spec = DatasetSpec.build(
        name="odd",
        classes=(ClassSpec(name="covid", findings=("COVID-19",)),
                 ClassSpec(name="healthy", findings=("No finding",))),
        balance="none", split_by="study", image_size=32,
    )  # fmt: skip
    save_dataset(store, plan(store.catalogue.frame(), spec))
    assert export_tree(store, "odd", tmp_path / "out") == 20
    written = [one for one in (tmp_path / "out").glob("*/*/*") if one.is_file()]
    assert len({one.name.casefold() for one in written}) == len(written) == 20
    assert not any(set(one.name) & set('<>:"\\|?*') for one in written)
    table = json.loads((tmp_path / "out" / "spec.json").read_text())
    assert table["name"] == "odd"


def test_classes_and_films_in_any_script_are_safe_on_every_disk(
    phantom_store: Store, tmp_path: Path
) -> None:
    films = phantom_store.catalogue.frame()
    name = "Обзор: 肺炎"
    with pytest.raises(SpecError, match="cannot hold “:”"):
        study_spec(phantom_store.catalogue, name)
    classes = (
        ClassSpec(name="肺炎", findings=("COVID-19",)),
        ClassSpec(name="CON", findings=("No finding",)),
    )
    spec = DatasetSpec.build(name="Обзор 肺炎", classes=classes, image_size=32)
    save_dataset(phantom_store, plan(films, spec))
    export_tree(phantom_store, "ОБЗОР 肺炎", tmp_path / "tree")
    assert {one.name for one in (tmp_path / "tree" / "test").iterdir()} == {"肺炎", "CON_"}
    path = export_zip(phantom_store, "обзор 肺炎")
    assert path.name == "Обзор 肺炎.zip"
    with zipfile.ZipFile(path) as archive:
        assert any(one.startswith("train/肺炎/") for one in archive.namelist())
    members = phantom_store.datasets.members("Обзор 肺炎").assign(class_name=["CON.", "con_"] * 20)
    files = _unique_files(members, ["CON.", "con_"])
    assert len({one.split("/")[1].casefold() for one in files}) == 2
    assert not any(one.split("/")[1].endswith(".") for one in files)
