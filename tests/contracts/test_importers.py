"""What holds for every layout, the ones that are yet to come included."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.importers import LAYOUTS, TITLES, Candidate, Layout, Tree, detect_layout
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


def make_chestxray14(root: Path) -> None:
    film(root, "images_001/images/00000001_000.png", 1)
    film(root, "images_002/images/00000002_000.png", 2)
    (root / "Data_Entry_2017.csv").write_text(
        "Image Index,Finding Labels,Patient ID,Patient Age,Patient Gender,View Position\n"
        "00000001_000.png,Cardiomegaly|Emphysema,1,58,M,PA\n"
        "00000002_000.png,No Finding,2,414,F,AP\n00000002_001.png,Mass,2,40,F,AP\n"
    )


def make_chexpert(root: Path) -> None:
    film(root, "train/patient00001/study1/view1_frontal.jpg", 1)
    film(root, "valid/patient00002/study1/view1_frontal.jpg", 2)
    head = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Support Devices\n"
    top = "CheXpert-v1.0-small"
    (root / "train.csv").write_text(
        f"{head}{top}/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,,1.0,\n"
        f"{top}/train/patient00003/study1/view1_frontal.jpg,Male,60,Lateral,,1.0,,\n"
    )
    (root / "valid.csv").write_text(
        f"{head}{top}/valid/patient00002/study1/view1_frontal.jpg,Male,73,Frontal,PA,0.0,1.0,1.0\n"
    )


def make_mimic(root: Path) -> None:
    film(root, "files/p10/p10000032/s50414267/aaaa-1.jpg", 1)
    film(root, "files/p10/p10000764/s57375967/bbbb-2.jpg", 2)
    with gzip.open(root / "mimic-cxr-2.0.0-chexpert.csv.gz", "wt") as table:
        table.write("subject_id,study_id,Atelectasis,Edema,No Finding\n")
        table.write("10000032,50414267,1.0,,\n10000764,57375967,,,1.0\n10000999,5,,,1.0\n")
    with gzip.open(root / "mimic-cxr-2.0.0-split.csv.gz", "wt") as table:
        table.write("dicom_id,study_id,subject_id,split\naaaa-1,50414267,10000032,train\n")
        table.write("bbbb-2,57375967,10000764,test\ncccc-3,5,10000999,test\n")


def make_rsna(root: Path) -> None:
    film(root, "stage_2_train_images/one.png", 1)
    film(root, "stage_2_train_images/two.png", 2)
    (root / "stage_2_train_labels.csv").write_text(
        "patientId,x,y,width,height,Target\none,,,,,0\ntwo,1,2,3,4,1\ntwo,5,6,7,8,1\nthree,,,,,0\n"
    )


def make_vindr(root: Path) -> None:
    film(root, "train/1a2b.png", 1)
    film(root, "train/3c4d.png", 2)
    rows = "".join(
        f"{image},{name},{reader}\n"
        for image, name in (("1a2b", "Nodule/Mass"), ("3c4d", "No finding"), ("gone", "Mass"))
        for reader in ("R1", "R2", "R3")
    )
    (root / "train.csv").write_text("image_id,class_name,rad_id\n" + rows)


def make_padchest(root: Path) -> None:
    film(root, "0/1.2.826_p1.png", 1)
    film(root, "1/1.2.826_p2.png", 2)
    (root / "PADCHEST_chest_x_ray_images_labels_160K.csv").write_text(
        "ImageID,ImageDir,StudyDate_DICOM,PatientID,PatientBirth,PatientSex_DICOM,Projection,Labels\n"
        "1.2.826_p1.png,0,20140915,7,1930.0,F,PA,\"['pleural effusion', 'unchanged']\"\n"
        "1.2.826_p2.png,1,20140915,8,1950,M,L,['normal']\n"
        "1.2.826_p3.png,1,20140915,8,1950,M,EXCLUDE,['normal']\n"
    )


def make_covid_radiography(root: Path) -> None:
    film(root, "COVID/images/COVID-1.png", 1)
    film(root, "COVID/masks/COVID-1.png", 3)
    film(root, "Lung_Opacity/images/Lung_Opacity-1.png", 2)
    (root / "Normal/images").mkdir(parents=True)
    (root / "Normal/images/Normal-1.png").write_bytes(b"no film")


def make_covid_qu_ex(root: Path) -> None:
    part = "Lung Segmentation Data/Lung Segmentation Data"
    film(root, f"{part}/Train/COVID-19/images/covid_1.png", 1)
    film(root, f"{part}/Train/COVID-19/lung masks/covid_1.png", 3)
    film(root, f"{part}/Test/Normal/images/normal_1.png", 2)
    (root / f"{part}/Test/Normal/images/normal_2.png").write_bytes(b"no film")
    part = "Infection Segmentation Data/Infection Segmentation Data"
    film(root, f"{part}/Val/COVID-19/images/covid_1.png", 1)
    film(root, f"{part}/Val/COVID-19/infection masks/covid_1.png", 4)


def make_named_films(root: Path) -> None:
    film(root, "CXR_png/CHNCXR_0001_0.png", 1)
    film(root, "CXR_png/CHNCXR_0327_1.png", 2)
    (root / "CXR_png/CHNCXR_0328_1.png").write_bytes(b"no film")


def make_table(root: Path) -> None:
    film(root, "images/a.png", 1)
    film(root, "images/b.png", 2)
    (root / "list.csv").write_text(
        "file;diagnosis;patient_id\na.png;Pneumonia;7\nb.png;normal;8\nc.png;normal;9\n"
    )


MAKERS: dict[str, Callable[[Path], None]] = {
    "ieee8023": make_ieee8023,
    "kaggle": make_kaggle,
    "phantom": make_phantom,
    "folders": make_folders,
    "chestxray14": make_chestxray14,
    "chexpert": make_chexpert,
    "mimic": make_mimic,
    "rsna": make_rsna,
    "vindr": make_vindr,
    "padchest": make_padchest,
    "covid_radiography": make_covid_radiography,
    "covid_qu_ex": make_covid_qu_ex,
    "named_films": make_named_films,
    "table": make_table,
}
# These collections do not say whose films they are.
NOBODY = {"vindr", "covid_radiography", "covid_qu_ex", "named_films"}


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.NAME)
def layout(request: pytest.FixtureRequest) -> Layout:
    one: Layout = request.param
    return one


@pytest.fixture
def root(layout: Layout, tmp_path: Path) -> Path:
    folder = tmp_path / "Some collection"
    folder.mkdir()
    MAKERS[layout.NAME](folder)
    return folder


def test_is_found_at_the_top_and_one_level_down(layout: Layout, root: Path) -> None:
    assert detect_layout(root)[:2] == (layout, root)
    assert detect_layout(root.parent)[:2] == (layout, root)


def test_it_has_a_title_of_its_own(layout: Layout) -> None:
    assert layout.TITLE
    assert [one.TITLE for one in LAYOUTS].count(layout.TITLE) == 1
    assert TITLES[layout.NAME] == layout.TITLE


def test_an_empty_folder_is_no_collection(layout: Layout, tmp_path: Path) -> None:
    assert not layout.detect(Tree(tmp_path))


def test_candidates_are_complete_and_repeatable(layout: Layout, root: Path) -> None:
    found = list(layout.read(Tree(root)))
    assert found == list(layout.read(Tree(root)))
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
    if layout.NAME in NOBODY:
        assert set(patients) == {""}
    else:
        assert patients.str.startswith("Mine/").all()
        assert patients.nunique() == 2
    [source] = store.catalogue.sources()
    assert source.artificial == (layout.NAME == "phantom")
    assert source.report is not None
    assert source.report.records == 3
