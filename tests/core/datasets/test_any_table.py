"""Tables of one's own: columns that are guessed, or named by the user."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from core.__main__ import main
from core.datasets.importers import Choices, Columns, Tree, detect_layout
from core.datasets.importers.any_table import settled
from core.datasets.importers.choices import columns_from, uncertain_from
from core.datasets.importers.labels import labels_in
from core.datasets.ingest import import_folder, import_zip
from core.datasets.table_choice import tables_in_folder, tables_in_zip
from core.errors import InputError
from core.store import Store
from tests.core.datasets.conftest import film_bytes, write


def films(count: int, suffix: str = ".png") -> dict[str, bytes]:
    return {f"pictures/f{n}{suffix}": film_bytes(n) for n in range(count)}


def with_table(root: Path, text: str, name: str = "list.csv", count: int = 4) -> Path:
    return write(root, {**films(count), name: text.encode()})


@pytest.mark.parametrize(
    ("table", "guess"),
    [
        (
            "StudyInstanceUID,Edema,Mass,Nodule Count,PatientID\n"
            "f0,1,0,3,a\nf1,0,0,1,a\nf2,0,1,2,b\nf3,1,1,4,b\n",
            Columns("studyinstanceuid", ("edema", "mass"), patient="patientid"),
        ),
        (
            "nr;Bild;Diagnose;Geschlecht;Alter;Patient\n1;f0.png;Erguss;w;50;7\n2;f1.png;normal;m;"
            "51;8\n3;f2.png;Erguss;w;52;7\n4;f3.png;normal;m;53;9\n",
            Columns("bild", ("diagnose",), patient="patient", sex="geschlecht", age="alter"),
        ),
        (
            "image_path\tlabel\tview\tsplit\nx/pictures/f0.png\t0\tPA\ttrain\n"
            "x/pictures/f1.png\t1\tAP\ttest\nx/pictures/f2.png\t1\tPA\ttrain\n",
            Columns("image_path", ("label",), view="view", split="split"),
        ),
        ("filename,comment\nf0.png,hello\nf1.png,you\n", Columns("filename")),
    ],
)
def test_columns_are_guessed(tmp_path: Path, table: str, guess: Columns) -> None:
    folder = with_table(tmp_path, table)
    choice = tables_in_folder(folder)
    assert choice.guess is not None
    assert choice.guess.each(str.lower) == guess
    assert len(choice.rows) == table.count("\n") - 1


def test_a_table_that_tells_findings_is_read_without_being_asked(
    store: Store, tmp_path: Path
) -> None:
    table = "id,diagnosis,case_id\nf0,Mass,1\nf1,normal,2\nf2,Mass; Effusion,3\nf3,,4\n"
    report = import_folder(store, with_table(tmp_path / "own", table))
    assert report.layout == "table"
    assert report.by_finding == {"Mass": 2, "No finding": 1, "Effusion": 1, "unknown": 1}
    assert "list.csv was read as file = id, finding = diagnosis, patient = case_id." in report.notes
    assert "1 of the 4 films have no finding." in report.notes


def test_class_folders_go_before_a_table_beside_them(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "own", {f"Mass/f{n}.png": film_bytes(n) for n in range(4)})
    write(folder, {"list.csv": b"file,label\nf0.png,Nodule\nf1.png,Nodule\n"})
    report = import_folder(store, folder)
    assert report.by_finding == {"Mass": 4}
    assert report.notes[0].startswith("The table list.csv names these films too.")


def test_a_table_goes_before_folders_that_may_be_hospitals(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "own", {f"{place}/images/1.png": film_bytes(ord(place))
                                      for place in "AB"})  # fmt: skip
    write(folder, {"t.csv": b"path,finding\nA/images/1.png,Mass\nB\\images\\1.png,Nodule\n"})
    assert import_folder(store, folder).by_finding == {"Mass": 1, "Nodule": 1}


def test_a_table_that_tells_nothing_of_findings_says_so(store: Store, tmp_path: Path) -> None:
    report = import_folder(store, with_table(tmp_path / "own", "filename,weight\nf0.png,3\n"))
    assert report.layout == "folders"
    assert report.notes[0].startswith("The table list.csv names these films too.")
    assert "None of the 4 films has a finding." in report.notes
    assert "Patients are not known for 4 films." in report.notes


@pytest.mark.parametrize(
    ("cells", "findings"),
    [
        (("1,0", "0,0", "0,1", "1,1"), {"Edema": 2, "Mass": 2, "No finding": 1}),
        (("yes,no", "no,no", "No,YES", "Yes,yes"), {"Edema": 2, "Mass": 2, "No finding": 1}),
        (("1.0,", ",", ",1.0", "1.0,1.0"), {"Edema": 2, "Mass": 2, "unknown": 1}),
    ],
)
def test_columns_of_ones_and_noughts_are_findings(
    store: Store, tmp_path: Path, cells: tuple[str, ...], findings: dict[str, int]
) -> None:
    rows = "".join(f"f{n}.png,{two}\n" for n, two in enumerate(cells))
    folder = with_table(tmp_path / "own", f"file,Edema,Mass\n{rows}")
    choices = Choices(table="list.csv", columns=Columns("file", ("Edema", "Mass")))
    assert import_folder(store, folder, choices=choices).by_finding == findings


def test_a_single_column_of_ones_and_noughts(store: Store, tmp_path: Path) -> None:
    folder = with_table(tmp_path / "own", "file,Pneumothorax\nf0.png,1\nf1.png,0\n", count=2)
    choices = Choices(table="list.csv", columns=Columns("file", ("Pneumothorax",)))
    report = import_folder(store, folder, choices=choices)
    assert report.by_finding == {"Pneumothorax": 1, "No Pneumothorax": 1}


def test_the_choice_is_kept_for_the_next_import(store: Store, tmp_path: Path) -> None:
    table = "odd,what,who\nf0.png,Mass,1\nf1.png,Mass,2\n"
    folder = with_table(tmp_path / "own", table, count=3)
    choices = Choices(table="list.csv", columns=Columns("odd", ("what",), patient="who"))
    assert import_folder(store, folder, choices=choices).added == 2
    (folder / "list.csv").write_text(f"{table}f2.png,Nodule,2\n")
    again = import_folder(store, folder)
    assert (again.layout, again.added, again.known) == ("table", 1, 2)
    assert store.catalogue.frame()["patient"].nunique() == 2


def test_what_the_table_says_now_is_taken_over(store: Store, tmp_path: Path) -> None:
    folder = with_table(tmp_path / "own", "file,finding\nf0.png,Mass\nf1.png,Mass\n", count=2)
    import_folder(store, folder)
    (folder / "list.csv").write_text("file,finding\nf0.png,Mass\nf1.png,Nodule\n")
    again = import_folder(store, folder)
    assert again.by_finding == {"Mass": 1, "Nodule": 1}
    assert sorted(store.catalogue.frame()["finding"]) == ["Mass", "Nodule"]
    assert any("of 1 film has changed" in note for note in again.notes)


def test_personal_columns_are_kept_nowhere(store: Store, tmp_path: Path) -> None:
    table = ("file,finding,Patient Name,PatientBirthDate,dob,address,device,comment\n"
             "f0.png,Mass,Jane Roe,19500101,1950,Main St 5,DX1,calm\n")  # fmt: skip
    import_folder(store, with_table(tmp_path / "own", table, count=1))
    [film] = store.catalogue.sample(5)
    assert film.metadata == {"device": "DX1", "comment": "calm"}
    assert b"Jane Roe" not in store.workspace.database.read_bytes()


def test_the_shell_takes_a_table_and_its_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = "n,a\nf0.png,Mass|Nodule\nf1.png,\n"
    folder = with_table(tmp_path / "own", table, "sub/my table.tsv", count=2)
    columns = "file=n,finding=A"
    assert main(["import", str(folder), "--table", "my table.tsv", "--columns", columns,
                 "--json"]) == 0  # fmt: skip
    said = json.loads(capsys.readouterr().out)
    assert said["by_finding"] == {"Mass": 1, "Nodule": 1, "unknown": 1}
    assert "my table.tsv was read as file = n, finding = a." in said["notes"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (["--columns", "file=n"], "--columns goes with --table"),
        (["--table", "none.csv"], "There is no table “none.csv”"),
        (["--table", "list.csv", "--columns", "file=wrong"], "no column “wrong”. It has n, a"),
        (["--table", "list.csv", "--columns", "finding=a"], "which column holds the file's name"),
        (["--table", "list.csv", "--columns", "n"], "says no column"),
        (["--table", "list.csv", "--columns", "file=n,view=a,view=n"], "view is said twice"),
        (["--uncertain", "perhaps"], "none of positive, negative, left-out"),
    ],
)
def test_what_the_shell_is_told_wrongly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], told: list[str], says: str
) -> None:
    folder = with_table(tmp_path / "own", "n,a\nf0.png,Mass\n", count=1)
    assert main(["import", str(folder), *told]) == 2
    assert says in capsys.readouterr().err


def test_how_columns_are_written() -> None:
    assert columns_from("file=Image Index, finding=Finding, Labels,finding=B|C,age=Age[Y,M]") == (
        Columns("Image Index", ("Finding, Labels", "B", "C"), age="Age[Y,M]")
    )
    assert uncertain_from("Left-Out") == "left out"
    kept = Columns("f", ("a", "b"), patient="p")
    assert Columns.of(json.loads(json.dumps(kept.as_dict()))) == kept


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("A|B", ("A", "B")), ("A; B", ("A", "B")), ("A, B", ("A", "B")), ("A + B", ("A", "B")),
        ("Mass, solid|Edema", ("Mass, solid", "Edema")), ("['A', 'B']", ("A", "B")),
        ('["A"]', ("A",)), ("['A' 'B']", ("A", "B")), ("[A, B]", ("A", "B")), ("[]", ()),
        ("", ()), ("(normal)", ("normal",)), ("A\nB", ("A", "B")), ("['A, solid']", ("A, solid",)),
        ("肺炎、結核", ("肺炎", "結核")),
    ],
)  # fmt: skip
def test_labels_of_a_cell(cell: str, labels: tuple[str, ...]) -> None:
    assert labels_in(cell) == labels


def test_a_zip_with_a_table_of_its_own(store: Store) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in films(2).items():
            archive.writestr(f"top/{name}", data)
        archive.writestr("top/list.csv", "n,a\nf0.png,Mass\nf1.png,Nodule\n")
        archive.writestr("../evil.csv", "x")
    with pytest.raises(InputError, match="outside"):
        import_zip(store, packed, "a.zip")
    choice = tables_in_zip(packed, "a.zip", "top/list.csv")
    assert (choice.columns, choice.guess) == (("n", "a"), Columns("n"))


def test_a_workbook_is_asked_for_as_csv(tmp_path: Path) -> None:
    write(tmp_path, {"f0.png": film_bytes(0), "findings.xlsx": b"PK"})
    with pytest.raises(InputError, match=r"findings\.xlsx.*save it as CSV"):
        detect_layout(tmp_path)
    with pytest.raises(InputError, match="No table"):
        settled(Tree(tmp_path), Choices())
