"""Whose film it is, by its name: known, unknown, or told by a pattern; never one a film."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.datasets.importers import Candidate
from core.datasets.ingest import import_folder
from core.datasets.patients import (
    patient_finder,
    patient_from_path,
    patients_from_paths,
    with_patients,
)
from core.errors import InputError
from core.store import Store


@pytest.mark.parametrize(
    ("path", "patient"),
    [
        ("patient00001/study1/view1_frontal.jpg", "patient00001"),
        ("CheXpert-v1.0-small/train/patient64541/study1/view1.jpg", "patient64541"),
        ("covid/patient00000_study1.png", "patient00000"),
        ("covid/patient00000study1.png", "patient00000"),
        ("p10000032_s50414267.png", "p10000032"),
        ("p10/p10000032/s50414267/02aa804e.jpg", "p10000032"),
        ("images_001/00001280_004.png", "00001280"),
        ("train/PNEUMONIA/person12_bacteria_47.jpeg", "person12"),
        ("NORMAL/NORMAL2-IM-1427-0001.jpeg", "normal2-im-1427"),
        ("sub-001/ses-1/sub-001_ses-1_cxr.png", "sub-001"),
        ("subject_12/film 3.png", "subject_12"),
        ("COVID/Patient 12/IM0001", "patient 12"),
        ("Patient_ID_0012_a.png", "patient_id_0012"),
        ("patient_3f2a9c1d_2.png", "patient_3f2a9c1d"),
        ("MRN123456-2.dcm", "mrn123456"),
        ("患者001/1.png", "患者001"),
        ("covid/COVID-12.png", ""),
        ("normal/0.png", ""),
        ("inpatient_2020/3.png", ""),  # a ward, nobody
        ("patients/3.png", ""),
        ("pattern_1.png", ""),
        ("20200115_001.png", ""),  # the day
        ("patient_0a1_2.png", ""),
        ("patientA_1.png", ""),  # whose is the 1?
        ("1.2.840.113619.2.5.1762583153.dcm", ""),
    ],
)
def test_a_name_tells_the_patient_or_nothing(path: str, patient: str) -> None:
    assert patient_from_path(path) == patient


@pytest.mark.parametrize(
    ("paths", "patients"),
    [
        (["a/case 1/1.png", "a/case 1/2.png", "b/case 2/1.png"], ["case 1", "case 1", "case 2"]),
        (["ID_0a1_1.png", "ID_0a1_2.png", "ID_0b2_1.png"], ["id_0a1", "id_0a1", "id_0b2"]),
        (["ID_01_1.png", "ID_01_2.png", "ID_02_1.png"], ["id_01", "id_01", "id_02"]),
        (["ID_7f3a91bc/1.dcm", "ID_7f3a91bc/2.dcm", "ID_00c2aa41/1.dcm"],
         ["id_7f3a91bc", "id_7f3a91bc", "id_00c2aa41"]),
        (["P01_ap.png", "P01_ll.png", "P02_ap.png"], ["p01", "p01", "p02"]),
        (["12345_001.png", "12345_002.png", "12346_001.png"], ["12345", "12345", "12346"]),
        (["a/LIDC-IDRI-0001/1.dcm", "a/LIDC-IDRI-0001/2.dcm"], ["lidc-idri-0001"] * 2),
        # Running numbers of the films, also where they begin anew in the next folder.
        (["ID_01.png", "ID_02.png", "ID_03.png"], [""] * 3),
        (["covid/case_1.png", "covid/case_2.png", "normal/case_1.png"], [""] * 3),
        (["case_1.png", "case_1.dcm", "case_2.png"], [""] * 3),
        # One such name among others is no custom of the collection.
        (["case 1/1.png", "case 1/2.png", "x.png", "y.png"], [""] * 4),
        ([], []),
    ],
)  # fmt: skip
def test_a_collection_tells_what_one_name_cannot(paths: list[str], patients: list[str]) -> None:
    assert patients_from_paths(paths) == patients


def test_a_pattern_of_the_users_finds_them() -> None:
    paths = ["a/K17-1.png", "a/K17-2.png", "b/other.png"]
    assert patient_finder(r"K(\d+)-")(paths) == ["17", "17", ""]
    assert patient_finder(r"(K)(?P<patient>\d+)")(paths) == ["17", "17", ""]
    assert patient_finder(r"K\d+")(paths) == ["K17", "K17", ""]


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(", "is not a regular expression"),
        (" ", "1 to 200 characters"),
        ("a" * 201, "1 to 200 characters"),
        (r"nobody(\d+)", "fits none of the 1 file names"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(pattern: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        patient_finder(pattern)(["a/film.png"])


def test_a_pattern_may_not_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.datasets.patients.SECONDS", 0.05)
    with pytest.raises(InputError, match="takes too long"):
        patient_finder(r"(?:a*a*a*a*a*)+[^!a]")(["a" * 400 + "!"] * 50)


def films(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (40, 40), dtype=np.uint8)
        cv2.imwrite(str(path), cv2.GaussianBlur(pixels, (0, 0), 2))
    return folder


def test_an_import_knows_the_patients_or_says_nothing(tmp_path: Path, store: Store) -> None:
    names = [f"covid/patient{one:05d}_study{two}.png" for one in range(2) for two in range(2)]
    import_folder(store, films(tmp_path / "one", *names, "normal/scan.png"))
    patients = store.catalogue.frame().set_index("path")["patient"]
    assert sorted(patients) == ["", *["one/patient00000"] * 2, *["one/patient00001"] * 2]


def test_importing_again_with_a_pattern_names_the_films_there(tmp_path: Path, store: Store) -> None:
    folder = films(tmp_path / "x", "covid/k1a.png", "covid/k1b.png", "normal/k2a.png")
    import_folder(store, folder)
    assert set(store.catalogue.frame()["patient"]) == {""}
    again = import_folder(store, folder, patient_pattern=r"k\d")
    assert (again.added, again.known) == (0, 3)
    assert sorted(store.catalogue.frame()["patient"]) == ["x/k1", "x/k1", "x/k2"]
    import_folder(store, folder)  # without it, what is known stays known
    assert sorted(store.catalogue.frame()["patient"]) == ["x/k1", "x/k1", "x/k2"]


@pytest.mark.parametrize("said", ["anonymous", "Unknown", "n/a", "REMOVED", "-", "patient"])
def test_what_a_table_writes_for_nobody_is_nobody(said: str) -> None:
    rows = [Candidate(f"{place}.png", Path(f"{place}.png"), said) for place in range(2)]
    assert [one.patient for one in with_patients(rows)] == ["", ""]
    rows = [Candidate("patient00007_1.png", Path("x.png"), said)]
    assert with_patients(rows)[0].patient == "patient00007"


@pytest.mark.parametrize("said", ["0", "1", "123456", "ANON0001", "patient-1", "Annon"])
def test_a_number_in_a_table_is_a_patient(said: str) -> None:
    [one] = with_patients([Candidate("1.png", Path("1.png"), said)])
    assert one.patient == said
