"""A name planted in films of every kind is found nowhere, whichever way they come in."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from core.__main__ import main
from core.datasets.export import export_tree, export_zip
from core.datasets.ingest import import_folder, import_zip
from core.datasets.prepare import plan, save_dataset
from core.datasets.user_films import keep_films
from core.errors import FilmError
from core.specs import ClassSpec, DatasetSpec
from core.store import Store
from core.workspace import ENVIRONMENT_VARIABLE
from tests.core import planted
from tests.core.planted import NAME, WORD


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    monkeypatch.setenv("TMPDIR", str(place))
    return place


@pytest.fixture(autouse=True)
def nowhere(
    store: Store, temporary: Path, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[None]:  # fmt: skip
    """After each test: not in the data folder, temporary files, logs or on the screen."""
    yield
    assert found_in(store.workspace.root) == []
    assert found_in(temporary) == []
    out, err = capsys.readouterr()
    assert NAME not in out + err + caplog.text


def found_in(folder: Path) -> list[Path]:
    forms = (WORD, NAME.encode("utf-16-le"), NAME.encode("utf-16-be"), b"19640229")
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


def archive(files: dict[str, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(name), data)
        packed.comment = WORD
    stream.seek(0)
    return stream


def folder_of(files: dict[str, bytes], place: Path) -> Path:
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def dataset(store: Store) -> DatasetSpec:
    spec = DatasetSpec.build(
        name="set",
        classes=(
            ClassSpec(name="covid", findings=("COVID-19",)),
            ClassSpec(name="healthy", findings=("No finding",)),
        ),
        split_by="study",
        balance="none",
        image_size=32,
    )
    save_dataset(store, plan(store.catalogue.frame(), spec))
    return spec


def test_a_zip(store: Store, tmp_path: Path) -> None:
    report = import_zip(store, archive(planted.every_kind()), "clinic.zip")
    assert report.added == 8
    reasons = {one.file: one.reason for one in report.left_out}
    assert "PDF document" in reasons["normal/letter.pdf"]
    assert {"normal/cut.dcm", "normal/cut.png"} < set(reasons)
    again = import_zip(store, archive(planted.every_kind()), "clinic.zip")
    assert (again.added, again.known, again.left_out) == (0, 8, report.left_out)
    # By path they are the same films, and their patients the same.
    by_path = import_folder(store, folder_of(planted.every_kind(), tmp_path / "by path"))
    assert by_path.added == 0
    assert len(by_path.left_out) == 8 + len(report.left_out)


def test_a_folder_which_is_left_as_it_is(store: Store, tmp_path: Path) -> None:
    folder = folder_of(planted.every_kind(), tmp_path / "clinic")
    assert import_folder(store, folder).added == 8
    assert {one: (folder / one).read_bytes() for one in planted.every_kind()} == (
        planted.every_kind()
    )
    frame = store.catalogue.frame()
    known = frame[frame["patient"] != ""]
    assert len(known) == 6
    assert known["patient"].nunique() == 1  # one number, wherever it stands
    assert set(known["view"]) == {"PA"}
    assert set(known["sex"]) == {"F"}
    assert set(known["age"]) == {61.0}


@pytest.mark.parametrize("by", ["path", "zip"])
def test_what_is_handed_out(by: str, store: Store, tmp_path: Path) -> None:
    files = planted.every_kind()
    if by == "zip":
        import_zip(store, archive(files), "clinic.zip")
    else:
        import_folder(store, folder_of(files, tmp_path / "clinic"))
    dataset(store)
    export_tree(store, "set", tmp_path / "out")
    assert len(list((tmp_path / "out").rglob("*.dcm"))) >= 4
    assert found_in(tmp_path / "out") == []
    with zipfile.ZipFile(export_zip(store, "set")) as packed:
        for name in packed.namelist():
            assert WORD not in packed.read(name)
    # What was handed out is the same films when it comes back.
    back = import_folder(store, tmp_path / "out", name="back")
    assert back.added == 0
    assert store.catalogue.count() == 8


def test_films_that_are_kept_after_they_were_classified(store: Store) -> None:
    films = [(f"film {place}", data) for place, data in enumerate(planted.every_kind().values())]
    assert keep_films(store, films).added == 8


def test_the_shell(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(store.workspace.root))
    folder = folder_of(planted.every_kind(), tmp_path / "clinic")
    files = [str(folder / name) for name in planted.every_kind()]
    assert main(["inspect", "--json", "--png", str(tmp_path / "png"), *files]) in (0, 3)
    said = json.loads(capsys.readouterr().out)
    assert len(said) == len(files)
    assert NAME not in json.dumps(said)
    assert found_in(tmp_path / "png") == []
    assert main(["import", str(folder), "--json"]) == 0
    assert NAME not in capsys.readouterr().out


def test_a_folder_unpacked_by_an_older_version_loses_its_headers(store: Store) -> None:
    files = {"covid/c.dcm": planted.dicom(3), "covid/a.png": planted.png(1)}
    import_zip(store, archive(files), "clinic.zip")
    before = store.catalogue.frame()
    for path in before["path"]:
        original = files[f"covid/{Path(path).name}"]
        Path(path).write_bytes(original)
    again = import_zip(store, archive(files), "clinic.zip")
    assert (again.added, again.known) == (0, 2)
    assert store.catalogue.frame().equals(before)


def test_two_people_under_one_number_and_one_number_for_all_are_nobody(
    store: Store, tmp_path: Path
) -> None:
    two = {
        f"covid/{seed}.dcm": planted.dicom(
            seed, ImplicitVRLittleEndian, number="CLINIC-7", PatientSex=sex
        )
        for seed, sex in enumerate("FFMF")
    }
    import_folder(store, folder_of(two, tmp_path / "two"))
    assert set(store.catalogue.frame()["patient"]) == {""}
    every = {
        f"covid/{seed}.dcm": planted.dicom(seed, number="CLINIC-8", PatientBirthDate="")
        for seed in range(20, 31)
    }
    import_folder(store, folder_of(every, tmp_path / "every"))
    assert set(store.catalogue.frame()["patient"]) == {""}
    some = {
        f"covid/{seed}.dcm": planted.dicom(seed, number=f"CLINIC-{seed // 2}")
        for seed in range(40, 46)
    }
    import_folder(store, folder_of(some, tmp_path / "some"))
    patients = store.catalogue.frame().query("source == 'some'")["patient"]
    assert patients.nunique() == 3
    assert np.all(patients.str.startswith("some/dicom-"))


def test_when_the_salt_was_lost_a_patient_does_not_become_two(store: Store, tmp_path: Path) -> None:
    films = {f"covid/{seed}.dcm": planted.dicom(seed, number="CLINIC-1") for seed in range(2)}
    folder = folder_of(films, tmp_path / "clinic")
    import_folder(store, folder)
    store.workspace.salt.unlink()
    (folder / "covid" / "3.dcm").write_bytes(planted.dicom(3, number="CLINIC-1"))
    assert import_folder(store, folder).added == 1
    patients = store.catalogue.frame()["patient"]
    assert (len(patients), patients.nunique()) == (3, 1)
    assert patients.str.startswith("clinic/dicom-").all()


def test_what_could_not_be_read_once_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bytes:
        raise FilmError("a.png cannot be read: no process for it could be started.")

    files = {"covid/a.png": planted.png(1), "covid/b.png": planted.png(2)}
    with monkeypatch.context() as patched:
        patched.setattr("core.images.apart.Decoders.bare", busy)
        patched.setattr("core.datasets.ingest.discard_archive", lambda _: None)
        first = import_zip(store, archive(files), "clinic.zip")
    assert first.added == 0
    assert "no process for it" in first.left_out[0].reason
    assert import_zip(store, archive(files), "clinic.zip").added == 2
