"""What holds for every layout, the ones that are yet to come included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.importers import LAYOUTS, Candidate, Layout, detect_layout
from core.datasets.ingest import import_folder
from core.store import Store

VIEWS = {"PA", "AP", "AP supine", "Lateral", "Axial", "Coronal", "unknown"}


def film(root: Path, name: str, seed: int) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 24), np.uint8)
    Image.fromarray(pixels).save(path, "PNG")


def make_ieee8023(root: Path) -> None:
    film(root, "images/a.png", 1)
    film(root, "images/b.png", 2)
    rows = "1,M,50,COVID-19,PA,X-ray,images,a.png\n2,F,?,No Finding,AP,X-ray,images,b.png\n"
    (root / "metadata.csv").write_text(
        "patientid,sex,age,finding,view,modality,folder,filename\n"
        + rows
        + "3,,,COVID-19,PA,X-ray,images,gone.png\n"
    )


def make_kaggle(root: Path) -> None:
    film(root, "train/NORMAL/IM-0115-0001.jpeg", 1)
    film(root, "train/PNEUMONIA/person1_virus_6.jpeg", 2)
    (root / "train/NORMAL/broken.jpeg").write_bytes(b"no film")


def make_phantom(root: Path) -> None:
    film(root, "films/a.png", 1)
    film(root, "films/b.png", 2)
    film(root, "masks/a-lungs.png", 3)
    (root / "phantoms.csv").write_text(
        "file,patient,finding,view,sex,age,opacity_mask,lungs_mask,marker\n"
        "films/a.png,P1,COVID-19,PA,F,40,,masks/a-lungs.png,\n"
        "films/b.png,P2,No finding,AP,M,41,,,top_left\n"
        "films/gone.png,P2,No finding,AP,M,41,,,\n"
    )


def make_folders(root: Path) -> None:
    film(root, "COVID/00000001_000.png", 1)
    film(root, "healthy/00000002_000.png", 2)
    (root / "healthy/notes.txt").write_text("no film")


MAKERS: dict[str, Callable[[Path], None]] = {
    "ieee8023": make_ieee8023,
    "kaggle": make_kaggle,
    "phantom": make_phantom,
    "folders": make_folders,
}


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.NAME)
def layout(request: pytest.FixtureRequest) -> Layout:
    return request.param


@pytest.fixture
def root(layout: Layout, tmp_path: Path) -> Path:
    folder = tmp_path / "Some collection"
    folder.mkdir()
    MAKERS[layout.NAME](folder)
    return folder


def test_is_found_at_the_top_and_one_level_down(layout: Layout, root: Path) -> None:
    assert detect_layout(root) == (layout, root)
    assert detect_layout(root.parent) == (layout, root)


def test_an_empty_folder_is_no_collection(layout: Layout, tmp_path: Path) -> None:
    assert not layout.detect(tmp_path)


def test_candidates_are_complete_and_repeatable(layout: Layout, root: Path) -> None:
    found = list(layout.read(root))
    assert found == list(layout.read(root))
    assert found
    for one in found:
        assert isinstance(one, Candidate)
        assert one.file
        assert isinstance(one.patient, str)
        assert one.finding
        assert one.view in VIEWS
        assert one.sex in {"F", "M", "unknown"}
        assert one.path.is_relative_to(root)
        assert one.left_out or one.path.is_file()
        assert all(Path(mask).is_file() for mask in one.masks.values())
        assert all(isinstance(text, str) for text in one.metadata.values())


def test_imports_twice_with_the_same_end(layout: Layout, root: Path, store: Store) -> None:
    first = import_folder(store, root)
    assert (first.layout, first.records, first.added) == (layout.NAME, 3, 2)
    assert len(first.left_out) == 1
    before = store.catalogue.frame()
    second = import_folder(store, root)
    assert (second.records, second.added, second.known) == (3, 0, 2)
    assert second.left_out == first.left_out
    assert second.by_finding == first.by_finding
    assert before.equals(store.catalogue.frame())


def test_patients_carry_their_source(layout: Layout, root: Path, store: Store) -> None:
    import_folder(store, root, name="Mine")
    patients = store.catalogue.frame()["patient"]
    assert patients.str.startswith("Mine/").all()
    assert patients.nunique() == 2
    [source] = store.catalogue.sources()
    assert source.artificial == (layout.NAME == "phantom")
    assert source.report["records"] == 3
