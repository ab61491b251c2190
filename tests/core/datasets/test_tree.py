"""What lies in a folder beside films: litter, masks, second copies, links, locked folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.datasets.importers import detect_layout
from core.datasets.importers.names import (
    is_container,
    is_litter,
    is_mask_folder,
    mask_stem,
    split_of,
)
from core.datasets.importers.tree import Tree
from core.datasets.importers.walking import LOOP, NO_FILE, NOWHERE, walk
from core.datasets.ingest import import_folder
from core.errors import InputError
from core.store import Store
from tests.core.datasets.conftest import film_bytes, write
from tests.core.images.dicom_films import dicom, film, written

LITTER = (
    "@eaDir/0.png/SYNOPHOTO_THUMB_XL.jpg", "$RECYCLE.BIN/0.png", "lost+found/0.png",
    "System Volume Information/0.png", "#recycle/0.png", "#snapshot/day/covid/0.png",
    ".Trash-1000/files/0.png", ".thumbnails/0.png", "__MACOSX/covid/._0.png",
    "covid/.ipynb_checkpoints/0-checkpoint.png", "covid/.snapshot/hourly/0.png",
    "covid/._0.png", "covid/Thumbs.db", "covid/desktop.ini", "covid/~$list.xlsx",
    "covid/SYNOFILE_THUMB_M_0.png", "covid/0.png.part", "covid/0.png:Zone.Identifier",
    "covid/Thumbnail/0.png", "Recycle Bin/0.png", "covid/checkpoints/0.png", "venv/lib/0.png",
    ".@__thumb/default0.png", "found.000/0.png",
)  # fmt: skip


def test_litter_is_no_film_and_no_finding(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "nas", {name: film_bytes(99) for name in LITTER})
    write(folder, {f"{part}/{n}.png": film_bytes(n + 10 * len(part))
                   for part in ("covid", "normal") for n in range(3)})  # fmt: skip
    report = import_folder(store, folder)
    assert report.by_finding == {"COVID-19": 3, "No finding": 3}
    assert (report.records, report.left_out, report.unlisted) == (6, (), ())
    [note] = [one for one in report.notes if "other programs" in one]
    assert note.startswith(f"{len(LITTER)} files and folders"), "each is counted where it begins"


@pytest.mark.parametrize("name", ["Trash", "covid", "thumb.png", "film~1.png", "part.png", "@home"])
def test_ordinary_names_are_no_litter(name: str) -> None:
    assert not is_litter(name)


@pytest.mark.parametrize(
    ("name", "says_nothing"),
    [
        ("images", True), ("images_001", True), ("stage_2_train_images", True), ("CXR_png", True),
        ("patient00012", True), ("study1", True), ("p10000032", True), ("20190101", True),
        ("Normal images", False), ("covid", False), ("0", False), ("肺炎", False), ("TB", False),
        ("Class 1", False), ("class_0", False), ("fold_2", True), ("TrainData", True),
        ("All247images", True), ("2021-03-04", True), ("04.03.2021", True), ("2019", True),
        ("5776db0cec75", True), ("31d4a7f5-9c02-4e7d", True), ("Hospital B", True),
        ("facade", False), ("grade 2", False), ("Testis", False),
        ("sarcoidosis", False), ("p", False), ("Pneumonia", False),
    ],
)  # fmt: skip
def test_folders_that_say_nothing_of_their_films(name: str, says_nothing: bool) -> None:
    assert is_container(name) == says_nothing


def test_masks_lie_beside_images_at_any_depth_and_serve_as_lung_masks(
    store: Store, tmp_path: Path
) -> None:
    films = ("COVID/images/a.png", "COVID/images/b.png", "Normal/images/deep/c.png", "Normal/d.png")
    masks = ("COVID/masks/a.png", "COVID/masks/b_mask.png", "Normal/masks/deep/c-mask.png",
             "Normal/d_mask.png", "Normal/masks/nobody.png")  # fmt: skip
    folder = write(tmp_path / "set", {name: film_bytes(n) for n, name in enumerate(films)})
    write(folder, {name: film_bytes(50 + n) for n, name in enumerate(masks)})
    report = import_folder(store, folder)
    assert report.by_finding == {"COVID-19": 2, "No finding": 2}
    assert "5 masks were left out of the films; 4 of them go with their films." in report.notes
    ids = list(store.catalogue.frame()["film_id"])
    found = {film.path: film.masks for film in store.catalogue.films(ids)}
    assert found == {
        str(folder / film): {"lungs": str(folder / mask)}
        for film, mask in zip(films, masks, strict=False)
    }


def test_a_film_called_mask_alone_is_a_film_and_half_a_lung_is_no_lung_mask(tmp_path: Path) -> None:
    write(tmp_path, {"TB/oxygen mask.png": b"", "TB/a.png": b"", "TB/leftMask/a.png": b""})
    tree = Tree(tmp_path)
    assert list(tree.files) == ["TB/a.png", "TB/oxygen mask.png"]
    assert tree.masks == ["TB/leftMask/a.png"]
    assert tree.masks_of("TB/a.png") == {}


def test_names_of_masks() -> None:
    assert all(map(is_mask_folder, ("masks", "Mask", "lung masks", "lungVAE-masks", "ManualMask")))
    assert not any(map(is_mask_folder, ("masked", "damask rose", "images")))
    for stem in ("a", "a_mask", "a-mask", "a.mask", "a lung mask", "a_masks", "a_mask_1", "amask",
                 "mask_a", "lung-mask-a", "a_seg", "a-lung-segmentation", "a_gt"):  # fmt: skip
        assert mask_stem(stem) == "a"
    assert mask_stem("segmental_a") == "segmental_a"
    assert split_of("training_set") == "training"
    assert split_of("TestData") == "test"
    assert split_of("train-80") == split_of("traindata") == "train"
    assert split_of("test positive") == split_of("images") == ""


def test_folders_of_outlines_are_masks_where_they_are_named_like_films(tmp_path: Path) -> None:
    write(tmp_path, {f"TB/{folder}/{film}.png": b"" for film in "ab"
                     for folder in ("images", "lung_segmentation", "GT")})  # fmt: skip
    write(tmp_path, {"TB/a_seg.png": b"", "TB/a.png": b"", "Segmentation/1.png": b""})
    tree = Tree(tmp_path)
    assert list(tree.files) == [
        "Segmentation/1.png",
        "TB/a.png",
        "TB/images/a.png",
        "TB/images/b.png",
    ]
    assert tree.masks_of("TB/images/b.png") == {
        "lungs": str(tmp_path / "TB/lung_segmentation/b.png")
    }


@pytest.mark.parametrize(
    ("parts", "source_splits"),
    [
        (("fold1", "fold2", "fold3"), {""}),
        (("fold_1/train", "fold_1/test", "fold_2/train"), {"train", "test"}),
        (("TrainData", "TestData"), {"train", "test"}),
        (("training_set", "test_set"), {"training", "test"}),
        (("entrenamiento", "prueba"), {"entrenamiento", "prueba"}),
        (("dev", "holdout", "train"), {"dev", "holdout", "train"}),
        (("P001", "P002"), {""}),
        (("Hospital A", "Hospital B/2021-03-04"), {""}),
    ],
)
def test_parts_of_one_collection_are_one_collection(
    tmp_path: Path, parts: tuple[str, ...], source_splits: set[str]
) -> None:
    write(tmp_path, {f"{part}/{one}/{part[-1]}.png": b"" for part in parts
                     for one in ("covid", "normal")})  # fmt: skip
    found = detect_layout(tmp_path)
    assert found.root == tmp_path
    read = list(found.layout.read(found.tree))
    assert {one.finding for one in read} == {"COVID-19", "No finding"}
    assert {one.source_split for one in read} == source_splits


def test_two_collections_side_by_side_are_still_two(tmp_path: Path) -> None:
    write(tmp_path, {f"{place}/{one}/1.png": b"" for place in ("chest_xray", "mine")
                     for one in ("covid", "normal")})  # fmt: skip
    with pytest.raises(InputError, match="several collections"):
        detect_layout(tmp_path)


def test_copies_of_class_folders_are_that_class(tmp_path: Path) -> None:
    copies = ("covid", "covid - Copy", "covid (1)", "covid copy 2", "covid_copy", "Copy of covid",
              "Kopie von covid")  # fmt: skip
    write(tmp_path, {f"{one}/{n}.png": b"" for n, one in enumerate(copies)})
    found = detect_layout(tmp_path)
    assert {one.finding for one in found.layout.read(found.tree)} == {"COVID-19"}


def test_a_second_copy_inside_itself_is_named_as_that(store: Store, tmp_path: Path) -> None:
    films = {f"{part}/{n}.png": film_bytes(n + 10 * len(part))
             for part in ("covid", "normal") for n in range(3)}  # fmt: skip
    folder = write(tmp_path / "set", films)
    write(folder / "set", films)
    report = import_folder(store, folder)
    assert report.by_finding == {"COVID-19": 3, "No finding": 3}
    assert report.left_out == ()
    assert report.unlisted == ("set/",)
    assert any("“set” is a second copy" in note and "6 files" in note for note in report.notes)


def test_folders_of_the_same_file_names_are_no_copies(store: Store, tmp_path: Path) -> None:
    """Two hospitals number their films alike."""
    folder = write(tmp_path / "set", {f"train/covid/{n}.png": film_bytes(n) for n in range(3)})
    write(folder, {f"test/covid/{n}.png": film_bytes(n + 10) for n in range(3)})
    assert import_folder(store, folder).added == 6


def test_a_link_to_a_device_is_told_from_one_that_leads_nowhere(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {"covid/a.png": film_bytes(1)})
    (folder / "endless.png").symlink_to("/dev/zero")
    (folder / "gone.png").symlink_to("nothing.png")
    assert walk(folder)[2] == [("endless.png", NO_FILE), ("gone.png", NOWHERE)]


def test_links_that_go_in_circles_or_nowhere_are_listed(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {"covid/a.png": film_bytes(1), "normal/b.png": film_bytes(2)})
    elsewhere = write(tmp_path / "disk", {"c.png": film_bytes(3)})
    (folder / "covid" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "covid" / "itself").symlink_to(folder / "covid", target_is_directory=True)
    (folder / "normal" / "gone.png").symlink_to(folder / "nothing.png")
    (folder / "normal" / "linked").symlink_to(elsewhere, target_is_directory=True)
    os.mkfifo(folder / "normal" / "pipe.png")
    report = import_folder(store, folder)
    assert report.by_finding == {"No finding": 2, "COVID-19": 1}
    assert {one.file: one.reason for one in report.left_out} == {
        "covid/up/": LOOP,
        "covid/itself/": LOOP,
        "normal/gone.png": NOWHERE,
        "normal/pipe.png": NO_FILE,
    }


def test_a_folder_that_cannot_be_read_is_listed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "set", {"covid/a.png": film_bytes(1), "normal/b.png": film_bytes(2)})
    write(folder, {"normal/locked/c.png": film_bytes(3)})
    whole = os.scandir

    def locked(place: Path) -> object:  # root may read everything: permissions alone test nothing
        if Path(place).name == "locked":
            raise PermissionError(13, "Permission denied", str(place))
        return whole(place)

    monkeypatch.setattr(os, "scandir", locked)
    report = import_folder(store, folder)
    assert report.added == 2
    [one] = report.left_out
    assert one.file == "normal/locked/"
    assert one.reason == "the folder cannot be opened (Permission denied)"


def test_what_vanishes_between_listing_and_reading_is_left_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "set", {f"covid/{n}.png": film_bytes(n) for n in range(3)})
    found = detect_layout(folder)
    (folder / "covid/1.png").unlink()
    monkeypatch.setattr("core.datasets.ingest.detect_layout", lambda *_, **__: found)
    report = import_folder(store, folder)
    assert report.added == 2
    assert report.left_out[0].reason.startswith("cannot be read: 1.png cannot be opened")


def test_a_place_with_far_too_many_files_is_no_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.datasets.importers.walking.MOST", 5)
    write(tmp_path, {f"covid/{n}.png": b"" for n in range(7)})
    with pytest.raises(InputError, match="more than 5 files"):
        Tree(tmp_path)


def test_an_archive_in_an_archive_is_looked_through(store: Store, tmp_path: Path) -> None:
    inner = tmp_path / "download" / "archive" / "archive" / "my films"
    write(inner, {"covid/a.png": film_bytes(1), "normal/b.png": film_bytes(2)})
    report = import_folder(store, tmp_path / "download")
    assert (report.source, report.by_finding) == ("my films", {"COVID-19": 1, "No finding": 1})


def test_dicom_files_that_are_called_by_their_uid_are_films(store: Store, tmp_path: Path) -> None:
    uid = "1.2.826.0.1.3680043.8.498.{}"
    films = {
        f"{finding}/CR.{uid.format(number)}": written(dicom(film() + number))
        for number, finding in enumerate(("covid", "covid", "normal"))
    }
    folder = write(tmp_path / "pacs", {**films, "covid/notes.2020": b"no film"})
    report = import_folder(store, folder)
    assert (report.added, report.by_finding) == (3, {"COVID-19": 2, "No finding": 1})
