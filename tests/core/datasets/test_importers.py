from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.datasets.importers import (
    Candidate,
    Tree,
    detect_layout,
    folders,
    ieee8023,
    kaggle,
    unlisted,
)
from core.datasets.patients import with_patients
from core.errors import InputError

HEADER = "patientid,sex,age,finding,view,modality,folder,filename,license,notes,\n"


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"film")
    return root


def table(root: Path, rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    (root / "images").mkdir(parents=True, exist_ok=True)
    (root / "metadata.csv").write_text(header + rows, encoding=encoding)
    return root


def unlisted_in(root: Path) -> list[str]:
    found = detect_layout(root)
    return unlisted(found.tree, list(found.layout.read(found.tree)))


def by_file(root: Path) -> dict[str, Candidate]:
    found = detect_layout(root)
    return {one.file: one for one in with_patients(list(found.layout.read(found.tree)))}


def test_a_row_becomes_a_candidate(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.jpg", "annotations/lungVAE-masks/a_mask.png")
    table(tmp_path, '7,F,61,"COVID-19, ARDS",AP Supine,X-ray,images,a.jpg,CC BY,?,\n')
    one = by_file(tmp_path)["images/a.jpg"]
    assert (one.patient, one.sex, one.age) == ("7", "F", 61.0)
    assert (one.finding, one.finding_original) == ("COVID-19 + ARDS", "COVID-19, ARDS")
    assert (one.view, one.view_original) == ("AP supine", "AP Supine")
    assert one.metadata == {"license": "CC BY"}  # the "?" says nothing
    assert one.masks == {"lungs": str(tmp_path / "annotations/lungVAE-masks/a_mask.png")}
    assert one.left_out == ""


def test_rows_that_are_no_film_say_why(tmp_path: Path) -> None:
    touch(tmp_path, "images/ct.png", "images/odd.png")
    table(
        tmp_path,
        "1,,,COVID-19,Axial,CT,images,ct.png,,,\n"
        "1,,,COVID-19,Axial,CT,volumes,scan.nii.gz,,,\n"
        "2,,,COVID-19,PA,X-ray,images,gone.png,,,\n"
        "3,,,COVID-19,PA,X-ray,images,,,,\n"
        "4,,,COVID-19,PA,X-ray,images,../../secret.png,,,\n"
        "5,,,COVID-19,PA,Ultrasound,images,odd.png,,,\n"
        "6,,,COVID-19,PA,X-ray,images,odd.png ,,,\n",
    )
    reasons = {name: one.left_out for name, one in by_file(tmp_path).items()}
    assert reasons == {
        "images/ct.png": "a CT slice, not an X-ray",
        "volumes/scan.nii.gz": "a CT slice, not an X-ray",
        "images/gone.png": "the file is not there",
        "row 5 of metadata.csv": "the row names no file",
        "images/../../secret.png": "its name leads out of the folder",
        "images/odd.png": "Ultrasound, not an X-ray",
        "images/odd.png ": "the file is not there",
    }


def test_a_table_of_few_columns_and_silent_cells(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.png", "images/b.png")
    table(
        tmp_path,
        "?,COVID-19,?,a.png\nnan,todo,,b.png\n",
        header="patientid,finding,view,filename\n",
    )
    first, second = by_file(tmp_path).values()
    assert (first.patient, second.patient) == ("", "")  # unknown, not one each
    assert (first.view, first.sex, first.age) == ("unknown", "unknown", None)
    assert second.finding == "unknown"
    assert not first.left_out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_any_encoding_of_the_table(tmp_path: Path, encoding: str) -> None:
    touch(tmp_path, "images/a.png")
    table(tmp_path, "1,,,COVID-19,PA,X-ray,images,a.png,,Bnà,\n", encoding=encoding)
    assert by_file(tmp_path)["images/a.png"].metadata["notes"] == "Bnà"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["", "{0}"])
def test_tables_as_spreadsheets_save_them(tmp_path: Path, separator: str, end: str) -> None:
    """Semicolons and tabs, and a separator at the end of each row but not of the header."""
    touch(tmp_path, "images/a.png")
    touch(tmp_path, "images/b.png")
    rows = ["patientid,finding,view,filename", "1,COVID-19,PA,a.png{1}", "2,SARS,AP,b.png{1}"]
    text = "\n".join(rows).replace(",", "{0}").replace("{1}", end).replace("{0}", separator)
    table(tmp_path, text, header="")
    assert [
        (one.file, one.patient, one.finding, one.left_out) for one in ieee8023.read(Tree(tmp_path))
    ] == [
        ("images/a.png", "1", "COVID-19", ""),
        ("images/b.png", "2", "SARS", ""),
    ]


def test_bytes_that_no_encoding_knows(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.png")
    table(tmp_path, "")
    raw = HEADER.encode() + b"1,,,COVID-19,PA,X-ray,images,a.png,,\x81\xff,\n"
    (tmp_path / "metadata.csv").write_bytes(raw)
    assert by_file(tmp_path)["images/a.png"].finding == "COVID-19"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id,label\n1,covid\n", "lacks the columns patientid, finding, view, filename"),
        ("patientid,finding,filename\n1,covid,a.png\n", "lacks the column view"),
        ("", "cannot be read as a table"),
        ('patientid,finding,view,filename\n"1,2,3\n', "cannot be read as a table"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, content: str, says: str) -> None:
    table(tmp_path, content, header="")
    with pytest.raises(InputError, match=says):
        list(ieee8023.read(detect_layout(tmp_path).tree))


def test_images_that_no_row_names_are_listed(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.png", "images/extra.png", "images/.hidden")
    table(tmp_path, "1,,,COVID-19,PA,X-ray,images,a.png,,,\n")
    assert unlisted_in(tmp_path) == ["images/extra.png"]


def test_kaggle_names_tell_cause_and_patient(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "train/PNEUMONIA/person12_bacteria_47.jpeg",
        "train/PNEUMONIA/person12_virus_48.jpeg",
        "test/PNEUMONIA/other.jpeg",
        "train/NORMAL/IM-0115-0001.jpeg",
        "val/NORMAL/NORMAL2-IM-0437-0001-0002.jpeg",
        "chest_xray/train/NORMAL/IM-0115-0001.jpeg",  # Kaggle's own second copy
        "__MACOSX/train/NORMAL/._IM-0115-0001.jpeg",
        "train/.DS_Store",
    )
    found = by_file(tmp_path)
    assert {name: (one.patient, one.finding, one.source_split) for name, one in found.items()} == {
        "test/PNEUMONIA/other.jpeg": ("", "Pneumonia", "test"),
        "train/NORMAL/IM-0115-0001.jpeg": ("IM-0115", "No finding", "train"),
        "train/PNEUMONIA/person12_bacteria_47.jpeg": ("person12", "Bacterial pneumonia", "train"),
        "train/PNEUMONIA/person12_virus_48.jpeg": ("person12", "Viral pneumonia", "train"),
        "val/NORMAL/NORMAL2-IM-0437-0001-0002.jpeg": ("NORMAL2-IM-0437", "No finding", "val"),
    }
    assert {one.view for one in found.values()} == {"unknown"}
    assert detect_layout(tmp_path).layout is kaggle
    assert unlisted_in(tmp_path) == ["chest_xray/"]


def test_class_folders_take_the_patient_from_the_name(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "No_findings/00001280_004.png",
        "No_findings/00001280_005.PNG",
        "Pneumonia/film.jpg",
        "Pneumonia/deeper/film.jpg",
        "Pneumonia/masks/film.png",
        "Thumbs.db",
        "beside.png",
    )
    found = by_file(tmp_path)
    assert {name: (one.patient, one.finding) for name, one in found.items()} == {
        "No_findings/00001280_004.png": ("00001280", "No finding"),
        "No_findings/00001280_005.PNG": ("00001280", "No finding"),
        "Pneumonia/deeper/film.jpg": ("", "Pneumonia"),
        "Pneumonia/film.jpg": ("", "Pneumonia"),
    }
    assert unlisted_in(tmp_path) == ["beside.png"]


def test_the_studys_own_folders_are_class_folders(tmp_path: Path) -> None:
    touch(tmp_path, "train/covid/a.png", "validation/healthy/b.png", "test/images/c.png")
    found = detect_layout(tmp_path)
    assert found.layout is folders
    assert sorted((one.source_split, one.finding) for one in found.layout.read(found.tree)) == [
        ("test", "unknown"),
        ("train", "COVID-19"),
        ("validation", "No finding"),
    ]


def test_scanners_files_without_a_suffix_are_seen(tmp_path: Path) -> None:
    (tmp_path / "Pneumonia").mkdir()
    (tmp_path / "Pneumonia" / "IM0001").write_bytes(b"\0" * 128 + b"DICM")
    assert detect_layout(tmp_path).layout is folders


def test_the_layout_may_begin_one_level_down(tmp_path: Path) -> None:
    inner = tmp_path / "covid-chestxray-dataset-master"
    touch(inner, "images/a.png")
    table(inner, "1,,,COVID-19,PA,X-ray,images,a.png,,,\n")
    touch(tmp_path, "__MACOSX/images/._a.png", ".git/films/a.png", "README.txt")
    found = detect_layout(tmp_path)
    assert (found.layout.NAME, found.root) == ("ieee8023", inner)


def test_several_collections_side_by_side_are_not_guessed_at(tmp_path: Path) -> None:
    touch(tmp_path, "one/COVID/a.png", "two/train/NORMAL/b.png")
    with pytest.raises(InputError, match="several collections: one, two"):
        detect_layout(tmp_path)


def test_nothing_known_says_what_is_understood(tmp_path: Path) -> None:
    touch(tmp_path, "letter.txt", "a.png", "deep/er/still/a.png")
    with pytest.raises(InputError) as caught:
        detect_layout(tmp_path)
    for word in ("metadata.csv", "NORMAL", "class folders", "phantoms.csv"):
        assert word in str(caught.value)


def test_the_real_collections(real_data: Path) -> None:
    covid = list(by_row(real_data / "covid-chestxray-dataset"))
    assert len(covid) == 682
    assert sum(one.finding == "COVID-19" and one.view == "PA" for one in covid) == 198
    assert sum(one.finding == "COVID-19 + ARDS" for one in covid) == 12
    reasons = Counter(one.left_out for one in covid)
    assert reasons == {"": 581, "a CT slice, not an X-ray": 84, "the file is not there": 17}
    assert all(Path(mask).is_file() for one in covid for mask in one.masks.values())
    children = list(by_row(real_data / "chest_xray"))
    assert Counter(one.finding for one in children) == {
        "No finding": 240, "Bacterial pneumonia": 240, "Viral pneumonia": 240,
    }  # fmt: skip
    adults = list(by_row(real_data / "chestxray8_sample"))
    assert len(adults) == 401
    assert all(len(one.patient) == 8 and one.patient.isdigit() for one in adults)


def by_row(root: Path) -> list[Candidate]:
    found = detect_layout(root)
    return with_patients(list(found.layout.read(found.tree)))
