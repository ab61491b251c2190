"""Tables of the public collections: what each layout makes of its rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from core.datasets.importers import Candidate, Choices, Tree, detect_layout, rows
from core.datasets.importers.candidate import MISSING, NAMELESS, OUTSIDE, TOO_LONG
from core.datasets.importers.choices import DEFAULT
from core.datasets.importers.rows import Files
from tests.core.datasets.conftest import write


def read(root: Path, layout: str, choices: Choices = DEFAULT) -> dict[str, Candidate]:
    found = detect_layout(root)
    assert layout == found.layout.NAME
    return {one.file: one for one in found.layout.read(found.tree, choices)}


def collection(root: Path, files: tuple[str, ...], **tables: str) -> Path:
    write(root, dict.fromkeys(files, b"film"))
    return write(root, {name.replace("__", "."): text.encode() for name, text in tables.items()})


NIH = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"


def test_chestxray14_has_several_findings_patients_and_ages(tmp_path: Path) -> None:
    collection(
        tmp_path,
        ("images_001/images/00000001_000.png", "images_002/images/00000002_000.png"),
        Data_Entry_2017_v2020__csv=NIH
        + "00000001_000.png,Emphysema|Cardiomegaly,0,1,58,M,PA\n"
        + "00000002_000.png,No Finding,0,2,414,F,AP\n"
        + "00000009_000.png,Mass,0,9,40,F,AP\n",
        train_val_list__txt="00000001_000.png\n",
        test_list__txt="00000002_000.png\n",
    )
    found = read(tmp_path, "chestxray14")
    first = found["images_001/images/00000001_000.png"]
    assert first.finding == "Cardiomegaly + Emphysema"
    assert first.finding_original == "Emphysema|Cardiomegaly"
    assert (first.patient, first.sex, first.age, first.view) == ("1", "M", 58.0, "PA")
    assert first.source_split == "train"
    second = found["images_002/images/00000002_000.png"]
    assert (second.finding, second.age, second.source_split) == ("No finding", None, "test")
    assert found["00000009_000.png"].left_out == MISSING


CHEXPERT = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Pleural Effusion\n"


@pytest.mark.parametrize("top", ["", "CheXpert-v1.0/"])
@pytest.mark.parametrize(
    ("uncertain", "finding", "left_out"),
    [
        ("left out", "unknown", "a finding of it is uncertain: Edema"),
        ("positive", "Edema + Pleural Effusion", ""),
        ("negative", "Pleural Effusion", ""),
    ],
)
def test_chexpert_leaves_uncertain_findings_to_the_user(
    tmp_path: Path, top: str, uncertain: str, finding: str, left_out: str
) -> None:
    place = f"{top}train/patient00001/study1/view1_frontal.jpg"
    other = f"{top}valid/patient00002/study1/view1_frontal.jpg"
    line = "CheXpert-v1.0-small/{}/study1/view1_frontal.jpg,Female,68,Frontal,AP,{}\n"
    collection(
        tmp_path,
        (place, other),
        train__csv=CHEXPERT + line.format("train/patient00001", ",-1.0,1.0"),
        valid__csv=CHEXPERT
        + line.format("valid/patient00002", "1.0,0.0,")
        + line.format("valid/patient00003", "1.0,,"),
    )
    found = read(tmp_path, "chexpert", Choices(uncertain))
    assert found[place].left_out == left_out
    if not left_out:
        assert found[place].finding == finding
    assert (found[other].finding, found[other].source_split) == ("No finding", "valid")
    assert (found[other].sex, found[other].age, found[other].view) == ("F", 68.0, "AP")
    [missing] = [one for one in found.values() if "patient00003" in one.file]
    assert missing.left_out == MISSING, "a file of the same name is another patient's"


def test_chexpert_without_any_mark_knows_nothing(tmp_path: Path) -> None:
    place = "train/patient00001/study1/view2_lateral.jpg"
    row = f"CheXpert-v1.0-small/{place},Male,60,Lateral,,0.0,,\n"
    collection(tmp_path, (place,), train__csv=CHEXPERT + row)
    assert read(tmp_path, "chexpert")[place].finding == "unknown"
    assert read(tmp_path, "chexpert")[place].view == "Lateral"


RSNA = "patientId,x,y,width,height,Target\na,,,,,0\nb,1,2,3,4,1\nb,5,6,7,8,1\nc,,,,,0\n"


def test_rsna_makes_one_film_of_several_boxes(tmp_path: Path) -> None:
    files = tuple(f"stage_2_train_images/{one}.dcm" for one in "abc")
    collection(tmp_path, files, stage_2_train_labels__csv=RSNA)
    found = read(tmp_path, "rsna")
    assert [(one.finding, one.patient) for one in found.values()] == [
        ("No pneumonia", "a"), ("Pneumonia", "b"), ("No pneumonia", "c"),
    ]  # fmt: skip
    assert found["stage_2_train_images/b.dcm"].metadata == {"boxes": "2"}


def test_rsnas_detailed_table_tells_healthy_from_other(tmp_path: Path) -> None:
    files = tuple(f"stage_2_train_images/{one}.dcm" for one in "abc")
    collection(
        tmp_path,
        files,
        stage_2_train_labels__csv=RSNA,
        stage_2_detailed_class_info__csv="patientId,class\na,Normal\nb,Lung Opacity\n"
        "b,Lung Opacity\nc,No Lung Opacity / Not Normal\n",
    )
    findings = [one.finding for one in read(tmp_path, "rsna").values()]
    assert findings == ["No finding", "Pneumonia", "No pneumonia"]


def votes(rows: dict[str, list[str]]) -> str:
    """``rows``: image → what each reader says, several with ``/``."""
    return "image_id,class_name,class_id,rad_id\n" + "".join(
        f"{image},{name},0,R{reader}\n"
        for image, readers in rows.items()
        for reader, said in enumerate(readers)
        for name in said.split("+")
    )


def test_vindr_goes_by_most_of_its_readers_and_tells_ties(tmp_path: Path) -> None:
    images = ("one", "two", "tie", "open", "healthy")
    table = votes(
        {
            "one": ["Nodule/Mass+Cardiomegaly", "Nodule/Mass+Nodule/Mass", "Cardiomegaly"],
            "two": ["Cardiomegaly", "Cardiomegaly", "No finding"],
            "tie": ["Cardiomegaly", "No finding"],
            "open": ["Cardiomegaly", "No finding", "Nodule/Mass"],
            "healthy": ["No finding"] * 3,
        }
    )
    collection(tmp_path, tuple(f"train/{one}.dicom" for one in images), train__csv=table)
    found = read(tmp_path, "vindr")
    assert {one.path.stem: one.finding for one in found.values()} == {
        "one": "Cardiomegaly + Nodule/Mass",
        "two": "Cardiomegaly",
        "tie": "unknown",
        "open": "unknown",
        "healthy": "No finding",
    }
    tie = found["train/tie.dicom"]
    assert tie.remark.startswith("its readers are evenly split on a finding: Cardiomegaly")
    assert tie.finding_original == "Cardiomegaly (1 of 2), No finding (1 of 2)"
    assert "agree on no finding" in found["train/open.dicom"].remark
    assert found["train/one.dicom"].remark == ""


def test_vindrs_tables_with_a_column_a_finding(tmp_path: Path) -> None:
    head = "image_id,rad_id,Cardiomegaly,Other diseases,No finding\n"
    collection(
        tmp_path,
        ("train/a.dicom", "test/b.dicom"),
        **{
            "annotations/image_labels_train__csv": head + "a,R1,1,0,0\na,R2,1,1,0\na,R3,0,0,1\n",
            "annotations/image_labels_test__csv": head.replace("rad_id,", "") + "b,0,0,1\n",
        },
    )
    found = read(tmp_path, "vindr")
    assert found["train/a.dicom"].finding == "Cardiomegaly"
    assert (found["test/b.dicom"].finding, found["test/b.dicom"].source_split) == (
        "No finding",
        "test",
    )


def test_padchest_reads_pythons_lists(tmp_path: Path) -> None:
    head = "ImageID,ImageDir,StudyDate_DICOM,PatientID,PatientBirth,PatientSex_DICOM,Projection"
    head += ",Labels\n"
    collection(
        tmp_path,
        ("0/a.png", "1/b.png", "1/c.png", "1/d.png"),
        table__csv=head
        + "a.png,0,20140915,7,1930.0,F,PA,\"['pleural effusion', ' cardiomegaly']\"\n"
        + "b.png,1,20140915,8,1950,M,L,['normal']\n"
        + "c.png,1,20140915,8,1950,M,AP_horizontal,\"['unchanged']\"\n"
        + "d.png,1,20140915,8,1950,M,PA,\"['exclude']\"\n",
    )
    found = read(tmp_path, "padchest")
    first = found["0/a.png"]
    assert first.finding == "cardiomegaly + pleural effusion"
    assert (first.patient, first.age, first.sex, first.view) == ("7", 84.0, "F", "PA")
    assert not any("1930" in text for text in first.metadata.values())
    assert (found["1/b.png"].finding, found["1/b.png"].view) == ("No finding", "Lateral")
    assert (found["1/c.png"].finding, found["1/c.png"].view) == ("unknown", "AP supine")
    assert "excluded" in found["1/d.png"].left_out


@pytest.mark.parametrize("with_tables", [True, False])
def test_mimic_takes_the_labels_of_the_study(tmp_path: Path, with_tables: bool) -> None:
    place = "files/p10/p10000032/s50414267/02aa804e-bde0afdd.jpg"
    collection(tmp_path, (place,))
    labels = "subject_id,study_id,Atelectasis,Edema,No Finding\n10000032,50414267,1.0,1.0,\n"
    (tmp_path / "mimic-cxr-2.0.0-chexpert.csv.gz").write_bytes(gzip.compress(labels.encode()))
    if with_tables:
        split = "dicom_id,study_id,subject_id,split\n02aa804e-bde0afdd,50414267,10000032,validate\n"
        views = "dicom_id,subject_id,study_id,ViewPosition,StudyDate\n"
        views += "02aa804e-bde0afdd,10000032,50414267,LATERAL,21800506\n"
        (tmp_path / "mimic-cxr-2.0.0-split.csv.gz").write_bytes(gzip.compress(split.encode()))
        (tmp_path / "mimic-cxr-2.0.0-metadata.csv.gz").write_bytes(gzip.compress(views.encode()))
    one = read(tmp_path, "mimic")[place]
    assert (one.finding, one.patient) == ("Atelectasis + Edema", "10000032")
    assert (one.view, one.source_split) == (
        ("Lateral", "validate") if with_tables else ("unknown", "")
    )


def test_covid_qu_ex_is_one_film_a_name_with_both_masks(tmp_path: Path) -> None:
    lungs, infection = ("Lung Segmentation Data/Lung Segmentation Data",
                        "Infection Segmentation Data/Infection Segmentation Data")  # fmt: skip
    collection(
        tmp_path,
        (
            f"{lungs}/Train/COVID-19/images/covid_1.png",
            f"{lungs}/Train/COVID-19/lung masks/covid_1.png",
            f"{lungs}/Test/Non-COVID/images/non_1.png",
            f"{infection}/Val/COVID-19/images/covid_1.png",
            f"{infection}/Val/COVID-19/infection masks/covid_1.png",
            f"{infection}/Val/COVID-19/lung masks/covid_1.png",
        ),
    )
    other, covid = read(tmp_path, "covid_qu_ex").values()
    assert (covid.finding, covid.source_split) == ("COVID-19", "train")
    assert {kind: Path(mask).parent.name for kind, mask in covid.masks.items()} == {
        "lungs": "lung masks", "opacity": "infection masks",
    }  # fmt: skip
    assert (other.finding, other.source_split, other.masks) == ("Non-COVID", "test", {})


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("../../etc/passwd.png", OUTSIDE),
        ("x" * 300 + ".png", TOO_LONG),
        ("", NAMELESS),
        ("nan", NAMELESS),
        ("a\0b.png", NAMELESS),
        ("nowhere/else.png", MISSING),
        ("b.png", "several files have this name: images/one/b.png, images/two/b.png"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_alone(
    tmp_path: Path, written: str, reason: str
) -> None:
    files = ("images/00000001_000.png", "images/one/b.png", "images/two/b.png")
    lines = f"00000001_000.png,Mass,0,1,58,M,PA\n{written},Mass,0,1,58,M,PA\n"
    collection(tmp_path, files, Data_Entry_2017__csv=NIH + lines)
    good, bad = read(tmp_path, "chestxray14").values()
    assert (good.finding, good.left_out) == ("Mass", "")
    assert bad.left_out == reason
    assert bad.file


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("images\\Sub\\A.PNG", "images/sub/a.png"),
        ("C:\\data\\images\\sub\\a.png", "images/sub/a.png"),
        ("./images/sub/a.png", "images/sub/a.png"),
        ("/srv/films/images/sub/a.png", "images/sub/a.png"),
        ("a", "images/sub/a.png"),
        ("a.dcm", "images/sub/a.png"),
        ("\u0042\u00f6se.png", "images/sub/Bo\u0308se.png"),
    ],
)
def test_files_are_found_however_the_table_writes_them(
    tmp_path: Path, written: str, file: str
) -> None:
    collection(
        tmp_path,
        ("images/sub/a.png", "images/sub/Bo\u0308se.png"),
        Data_Entry_2017__csv=f"{NIH}{written},Mass,0,1,58,M,PA\n",
    )
    assert list(read(tmp_path, "chestxray14")) == [file]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.TSV.GZ"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_tables_in_any_wrapping(tmp_path: Path, name: str, encoding: str) -> None:
    collection(tmp_path, ("images/ä.png",))
    text = "Image Index,Finding Labels,Patient ID\nä.png,Verschattung|Ödem,7\n"
    text = text.replace(",", "\t" if ".tsv" in name.lower() else ";")
    data = text.encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.lower().endswith("gz") else data)
    [one] = read(tmp_path, "chestxray14").values()
    assert (one.file, one.finding, one.patient) == ("images/ä.png", "Verschattung + Ödem", "7")


def test_a_line_with_too_many_cells_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    collection(
        tmp_path,
        ("images/a.png", "images/b.png"),
        t__csv="Image Index,Finding Labels,Patient ID\na.png,Mass,1\nb.png,Mass,2,oops,oops\n",
    )
    good, bad = read(tmp_path, "chestxray14").values()
    assert (good.file, good.left_out) == ("images/a.png", "")
    assert (bad.file, bad.left_out) == (
        "line 3 of t.csv", "it has more cells than the table has columns",
    )  # fmt: skip


def test_rows_about_one_film_are_one_film_unless_they_contradict_each_other(tmp_path: Path) -> None:
    collection(
        tmp_path,
        ("images/a.png", "images/b.png"),
        t__csv="Image Index,Finding Labels\na.png,Mass\na.png,Nodule\n"
        "b.png,Mass\nb.png,No Finding\n",
    )
    found = read(tmp_path, "chestxray14")
    assert found["images/a.png"].finding == "Mass + Nodule"
    assert found["images/b.png"].left_out == "its rows contradict each other: No finding, Mass"


def test_a_name_that_is_there_a_thousand_times_is_found_without_comparing_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CheXpert has 200,000 films of one name: comparing each with each would take days."""
    paths = [f"train/patient{n:05d}/study1/view1_frontal.jpg" for n in range(1000)]
    files = Files(Tree(tmp_path, ([*paths], [], [])), [f"C/{path}" for path in paths])
    compared = []
    whole = rows._common_tail
    monkeypatch.setattr(rows, "_common_tail", lambda *two: compared.append(1) or whole(*two))
    assert [files.find(f"C/{path}") for path in paths] == [(path, "") for path in paths]
    assert files.find("C/train/patient77777/study1/view1_frontal.jpg") == ("", MISSING)
    assert len(compared) <= 2 * len(paths)


def test_chexperts_own_folders_go_before_the_name_of_a_table_of_several_parts(
    tmp_path: Path,
) -> None:
    place = "valid/patient00002/study1/view1_frontal.jpg"
    row = f"CheXpert-v1.0-small/{place},Female,68,Frontal,AP,1.0,,\n"
    collection(tmp_path, (place,), train_and_valid__csv=CHEXPERT + row)
    assert read(tmp_path, "chexpert")[place].source_split == "valid"
