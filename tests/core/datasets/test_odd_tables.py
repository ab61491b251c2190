"""Tables as people write them: what each says, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.datasets.importers import detect_layout
from core.datasets.importers.candidate import OUTSIDE
from core.datasets.importers.choices import Choices, Columns
from core.datasets.importers.rows import Files
from core.datasets.importers.tree import Tree
from core.datasets.ingest import import_folder
from core.datasets.label_map import normalise_finding, normalise_view
from core.store import Film, Store
from tests.core.datasets.conftest import film_bytes, write
from tests.core.datasets.test_table_layouts import read


def test_files_that_were_converted_keep_the_ending_of_what_they_were(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("train/a.dicom.png", "train/b.dcm.jpg", "train/c.png.png"), b""))
    table = b"image_id,rad_id,Mass,No finding\na,R1,1,0\nb.dcm,R1,0,1\nc.png,R1,1,0\n"
    write(tmp_path, {"image_labels_train.csv": table})
    assert {name: one.finding for name, one in read(tmp_path, "vindr").items()} == {
        "train/a.dicom.png": "Mass",
        "train/b.dcm.jpg": "No finding",
        "train/c.png.png": "Mass",
    }


def own(root: Path, tables: dict[str, str], films: str = "abcd") -> Path:
    write(root, {f"images/{one}.png": film_bytes(ord(one)) for one in films})
    return write(root, {name: text.encode() for name, text in tables.items()})


def films_of(store: Store) -> list[Film]:
    return store.catalogue.films(list(store.catalogue.known()))


@pytest.mark.parametrize(
    ("table", "findings"),
    [
        # A film that its table does not call healthy is not healthy.
        ("image,No Finding,Mass\na.png,0,0\nb.png,0,1\n", {"a": "unknown", "b": "Mass"}),
        ("image,normal,covid\na.png,0,0\nb.png,0,1\n", {"a": "unknown", "b": "COVID-19"}),
        ("image,covid\na.png,0\nb.png,1\n", {"a": "No covid", "b": "COVID-19"}),
        # Nobody knows what such a column has 0 and 1 of: “No label” would be an invention.
        ("image,label\na.png,0\nb.png,1.0\n", {"a": "label 0", "b": "label 1"}),
        ("image,class\na.png,negative\nb.png,positive\n", {"a": "negative", "b": "positive"}),
        ("path,label\n../images/a.png,Mass\nx/../b.png,TB\n", {"a": "Mass", "b": "Tuberculosis"}),
    ],
)
def test_what_a_table_says(tmp_path: Path, table: str, findings: dict[str, str]) -> None:
    found = detect_layout(own(tmp_path, {"list.csv": table}, "ab"))
    read = {one.path.stem: one.finding for one in found.layout.read(found.tree)}
    assert (found.layout.NAME, read) == ("table", findings)


def test_a_path_that_leads_outside_is_found_only_where_the_film_is_meant(tmp_path: Path) -> None:
    """Two folders have a film of this name: the path says which."""
    write(tmp_path, dict.fromkeys(("x/a.png", "y/b.png", "y/a.png"), b""))
    files = Files(Tree(tmp_path), ["../x/a.png", "../z/a.png", "y/b.png"])
    assert files.find("../x/a.png") == ("x/a.png", "")
    assert files.find("../z/a.png") == ("", OUTSIDE)
    assert files.find("../../etc/passwd") == ("", OUTSIDE)


@pytest.mark.parametrize(
    "names", [("train.csv", "test.csv"), ("labels_train.csv", "labels_test.csv")]
)
def test_tables_of_the_parts_of_a_split_are_read_together(
    store: Store, tmp_path: Path, names: tuple[str, str]
) -> None:
    head = "file,label\n"
    tables = {names[0]: f"{head}a.png,TB\nb.png,normal\n", names[1]: f"{head}c.png,TB\n"}
    report = import_folder(store, own(tmp_path, tables, "abc"))
    assert report.by_finding == {"Tuberculosis": 2, "No finding": 1}
    assert {film.source_split for film in films_of(store)} == {"train", "test"}
    assert f"{names[1]} and {names[0]} were read as file = file, finding = label." in report.notes


def test_tables_inside_the_parts_name_their_own_films(tmp_path: Path) -> None:
    for part, finding in (("train", "TB"), ("test", "normal")):
        table = f"file,label\n1.png,{finding}\n".encode()
        write(tmp_path, {f"{part}/labels.csv": table, f"{part}/1.png": b""})
    found = detect_layout(tmp_path)
    read = {one.file: (one.finding, one.source_split) for one in found.layout.read(found.tree)}
    assert read == {
        "train/1.png": ("Tuberculosis", "train"),
        "test/1.png": ("No finding", "test"),
    }


def test_tables_of_two_readers_are_not_mixed_and_the_other_is_told(
    store: Store, tmp_path: Path
) -> None:
    tables = {
        f"reader{n}.csv": f"file,label\na.png,{one}\n" for n, one in enumerate(("TB", "Mass"))
    }
    report = import_folder(store, own(tmp_path, tables, "a"))
    assert report.by_finding == {"Tuberculosis": 1}
    assert any(note.startswith("reader1.csv names films too, and was not") for note in report.notes)


def test_a_table_that_lies_deep_is_told_of(store: Store, tmp_path: Path) -> None:
    report = import_folder(store, own(tmp_path, {"docs/x/list.csv": "file,label\na.png,TB\n"}))
    assert report.notes[0].startswith("If docs/x/list.csv says what the films show")


def test_a_column_of_patients_names_is_kept_as_a_hash(store: Store, tmp_path: Path) -> None:
    table = "file,label,Patient Name\na.png,TB,Hans  Planted\nb.png,TB,hans planted\nc.png,TB,Ida\n"
    folder = own(tmp_path, {"list.csv": table}, "abc")
    import_folder(store, folder)
    patients = [film.patient for film in films_of(store)]
    assert len(set(patients)) == 2
    assert "planted" not in "".join(patients).casefold()
    columns = Columns("file", ("label",), patient="Patient Name")
    again = import_folder(store, folder, choices=Choices(table="list.csv", columns=columns))
    assert again.known == 3
    assert [film.patient for film in films_of(store)] == patients


def test_a_number_with_a_decimal_nought_is_the_same_patient(store: Store, tmp_path: Path) -> None:
    table = "file,label,Patient ID\na.png,TB,17.0\nb.png,TB,17\nc.png,TB,1.5\n"
    import_folder(store, own(tmp_path, {"list.csv": table}, "abc"))
    assert len({film.patient for film in films_of(store)}) == 2


def test_votes_and_lists_are_no_spellings(store: Store, tmp_path: Path) -> None:
    votes = "image_id,rad_id,class_name\na,R1,No finding\na,R2,No finding\nb,R1,No finding\n"
    votes += "a,R3,Mass\n"
    report = import_folder(store, own(tmp_path, {"train.csv": votes}, "ab"))
    assert report.by_finding == {"No finding": 2}
    assert not any("several ways" in note for note in report.notes)
    lists = "file,label\nc.png,Mass|Nodule\nd.png,Nodule|Mass\n"
    report = import_folder(store, own(tmp_path / "lists", {"list.csv": lists}, "cd"))
    assert report.by_finding == {"Mass": 2, "Nodule": 2}
    assert not any("several ways" in note for note in report.notes)


def test_many_folders_of_a_film_or_two_may_be_patients(store: Store, tmp_path: Path) -> None:
    people = ("Mueller_Hans", "Meier_Ida", "Kunz_Ueli", "Frei_Urs", "Roth_Eva", "Kern_Max")
    write(tmp_path, {f"{one}/1.png": film_bytes(n) for n, one in enumerate(people)})
    report = import_folder(store, tmp_path)
    assert report.notes[0].startswith("Each folder counts as a finding: 6 of them for 6 films.")


def test_the_edition_at_mendeley_tells_cause_and_patient(tmp_path: Path) -> None:
    films = ("NORMAL/NORMAL-115218-0001", "NORMAL/NORMAL-115218-0002",
             "PNEUMONIA/BACTERIA-7422-0001", "PNEUMONIA/VIRUS-7422-0001")  # fmt: skip
    write(tmp_path, {f"train/{one}.jpeg": b"" for one in films})
    found = read(tmp_path, "kaggle").values()
    assert [(one.finding, one.patient) for one in found] == [
        ("No finding", "NORMAL-115218"),
        ("No finding", "NORMAL-115218"),
        ("Bacterial pneumonia", "BACTERIA-7422"),
        ("Viral pneumonia", "VIRUS-7422"),
    ]


@pytest.mark.parametrize(
    ("written", "view"),
    [("PA view", "PA"), ("P-A", "PA"), ("Lateral View", "Lateral"), ("view", "unknown")],
)
def test_views_in_other_words(written: str, view: str) -> None:
    assert normalise_view(written) == view


def test_findings_in_the_names_of_files(tmp_path: Path) -> None:
    write(tmp_path, {f"CXR_png/{one}.png": b"" for one in ("CHNCXR_0001_0", "CHNCXR_0327_1")})
    write(tmp_path, {"mask/CHNCXR_0327_1_mask.png": b"", "readme.txt": b"not a film"})
    readings = {"0001_0": "male 45yrs\nnormal", "0327_1": "female, 6 months\nbilateral PTB, 3 m"}
    write(tmp_path, {f"ClinicalReadings/CHNCXR_{n}.txt": t.encode() for n, t in readings.items()})
    healthy, sick = read(tmp_path, "named_films").values()
    assert (healthy.finding, healthy.sex, healthy.age, healthy.masks) == ("No finding", "M", 45, {})
    assert (sick.finding, sick.sex, sick.age) == ("Tuberculosis", "F", 0.5)
    assert list(sick.masks) == ["lungs"]


def test_jsrt_is_read_by_its_names_unless_somebody_sorted_the_films(tmp_path: Path) -> None:
    write(tmp_path / "flat", {"All247images/JPCLN001.png": b"", "All247images/JPCNN001.png": b""})
    found = read(tmp_path / "flat", "named_films").values()
    assert [one.finding for one in found] == ["Nodule", "No finding"]
    write(tmp_path / "sorted", {"benign/JPCLN001.png": b"", "malignant/JPCLN002.png": b""})
    found = read(tmp_path / "sorted", "folders").values()
    assert [one.finding for one in found] == ["benign", "malignant"]


def test_a_finding_that_comes_late_in_a_table_is_one(tmp_path: Path) -> None:
    rows = [f"f{n}.png,{int(n == 0)},{int(n == 259)},{-int(n == 258)}" for n in range(260)]
    write(tmp_path, {f"images/f{n}.png": b"" for n in range(260)})
    write(tmp_path, {"t.csv": "\n".join(["file,TB,Mass,Nodule", *rows]).encode()})
    found = detect_layout(tmp_path)
    read = {one.path.stem: one for one in found.layout.read(found.tree)}
    assert [read[f"f{n}"].finding for n in (0, 1, 259)] == ["Tuberculosis", "No finding", "Mass"]
    assert read["f258"].left_out == "a finding of it is uncertain: Nodule"


def test_a_question_is_no_finding_that_is_sure() -> None:
    assert normalise_finding("TB?") == "TB?"
    assert normalise_finding("TB.") == "Tuberculosis"


def test_an_import_of_nothing_says_why(store: Store, tmp_path: Path) -> None:
    tables = {"Data_Entry.csv": "Image Index,Finding Labels\nx.png,Mass\ny.png,Mass\n"}
    report = import_folder(store, own(tmp_path, tables, "ab"))
    assert report.added == 0
    assert "No film came in: the file is not there (2)." in report.notes
