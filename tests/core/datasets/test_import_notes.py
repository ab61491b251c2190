"""What an import does with films in two classes, of several spellings, or that show nothing."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.importers import Choices
from core.datasets.ingest import import_folder
from core.datasets.prepare import plan
from core.datasets.spelling import Spelling
from core.specs import ClassSpec, DatasetSpec
from core.store import Store
from tests.core.datasets.conftest import film_bytes, write


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def noise(seed: int) -> bytes:
    return png(np.random.default_rng(seed).integers(0, 256, (64, 64), np.uint8))


BLACK, WHITE, GREY = (png(np.full((64, 64), shade, np.uint8)) for shade in (0, 255, 120))


def test_a_film_in_two_classes_is_left_out_of_both(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {f"train/covid/{n}.png": film_bytes(n) for n in range(3)})
    write(folder, {f"train/normal/{n}.png": film_bytes(n + 10) for n in range(3)})
    write(folder, {"test/normal/leak.png": film_bytes(0), "test/covid/same.png": film_bytes(1)})
    report = import_folder(store, folder)
    assert report.by_finding == {"No finding": 3, "COVID-19": 2}
    assert {one.file: one.reason for one in report.left_out} == {
        "test/normal/leak.png": "the same film stands in two classes: this one as No finding, "
        "train/covid/0.png as COVID-19",
        "train/covid/0.png": "the same film stands in two classes: this one as COVID-19, "
        "test/normal/leak.png as No finding",
        "train/covid/1.png": "exact duplicate of test/covid/same.png (set)",
    }
    assert len(store.catalogue.frame()) == 5
    assert any(note.startswith("2 files left out because the same film") for note in report.notes)


def test_a_film_that_comes_to_stand_in_two_classes_is_not_used_any_more(
    store: Store, tmp_path: Path
) -> None:
    folder = write(tmp_path / "set", {f"covid/{n}.png": film_bytes(n) for n in range(3)})
    assert import_folder(store, folder).added == 3
    write(folder, {"normal/leak.png": film_bytes(0)})
    report = import_folder(store, folder)
    assert (report.added, report.known, len(report.left_out)) == (0, 2, 2)
    assert len(store.catalogue.frame()) == 2
    [reason] = store.catalogue.set_apart_in().values()
    assert "two classes" in reason
    (folder / "normal/leak.png").unlink()
    assert import_folder(store, folder).known == 3
    assert len(store.catalogue.frame()) == 3, "nothing speaks against it any more"


def test_another_sources_film_of_another_class_is_told(store: Store, tmp_path: Path) -> None:
    import_folder(store, write(tmp_path / "one", {"covid/a.png": film_bytes(1)}))
    other = write(tmp_path / "two", {"normal/b.png": film_bytes(1), "normal/c.png": film_bytes(2)})
    [twin] = import_folder(store, other).left_out
    assert twin.reason == (
        "exact duplicate of a.png (one), which is listed as COVID-19, this one as No finding"
    )


def test_a_film_without_a_finding_gives_way_to_the_same_one_with_it(
    store: Store, tmp_path: Path
) -> None:
    folder = write(tmp_path / "set", {"images/a.png": film_bytes(1), "mass/b.png": film_bytes(1)})
    report = import_folder(store, folder)
    assert report.by_finding == {"mass": 1}
    [left_out] = report.left_out
    assert left_out.reason == "exact duplicate of mass/b.png (set)"


SPELLINGS = (
    "Pulmonary Fibrosis",
    "pulmonary_fibrosis",
    "PULMONARY-FIBROSIS",
    "Pulmonary  fibrosis",
    "\uff30\uff35\uff2c\uff2d\uff2f\uff2e\uff21\uff32\uff39 Fibrosis",  # full-width letters
    "Pulmonary\u2011Fibrosis",
    "pulmonary fibro\u00adsis.",
)


def test_one_finding_however_it_is_spelled(store: Store, tmp_path: Path) -> None:
    files = {f"{place}/{name}/0.png": film_bytes(10 * n + m)
             for n, place in enumerate(("test", "train"))
             for m, name in enumerate(SPELLINGS[n::2])}  # fmt: skip
    files["train/Ver\u00f6dung/a.png"] = film_bytes(90)
    files["test/vero\u0308dung/a.png"] = film_bytes(91)
    files["test/No Findings/a.png"] = film_bytes(92)
    files["train/NORMAL/a.png"] = film_bytes(93)
    report = import_folder(store, write(tmp_path / "set", files))
    assert sorted(report.by_finding.values()) == [2, 2, len(SPELLINGS)]
    assert len(store.catalogue.findings()) == 3
    frame = store.catalogue.frame()
    assert set(SPELLINGS) <= set(frame["finding_original"]), "the source's own stays visible"
    assert any(note.startswith("Written in several ways") for note in report.notes)


def test_a_second_import_joins_the_findings_that_are_there(store: Store, tmp_path: Path) -> None:
    import_folder(store, write(tmp_path / "one", {"EFFUSION/a.png": film_bytes(1)}))
    second = write(tmp_path / "two", {"effusion/b.png": film_bytes(2)})
    assert import_folder(store, second).by_finding == {"EFFUSION": 1}
    assert store.catalogue.findings() == ["EFFUSION"]


def test_several_findings_are_spelled_each() -> None:
    spelling = Spelling(["Mass + Pleural Effusion"])
    assert spelling.of("pleural_effusion + MASS") == "Mass + Pleural Effusion"
    assert spelling.of("unknown") == "unknown"
    assert spelling.of("Nodule") == "Nodule"


def test_films_that_show_hardly_anything_are_set_apart(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {f"mass/{n}.png": film_bytes(n, (64, 64)) for n in range(4)})
    write(folder, {f"normal/{n}.png": film_bytes(n + 9, (64, 64)) for n in range(4)})
    write(folder, {"mass/black.png": BLACK, "mass/white.png": WHITE, "normal/grey.png": GREY,
                   "normal/noise.png": noise(1)})  # fmt: skip
    report = import_folder(store, folder)
    assert (report.records, report.added, report.left_out) == (12, 12, ())
    assert {one.file: one.reason.split()[2] for one in report.set_apart} == {
        "mass/black.png": "black", "mass/white.png": "white", "normal/grey.png": "one",
        "normal/noise.png": "noise",
    }  # fmt: skip
    assert "4 films show hardly anything: set apart, not used." in report.notes
    assert len(store.catalogue.frame()) == 8

    classes = tuple(ClassSpec(name=name, findings=(finding,))
                    for name, finding in (("sick", "mass"), ("well", "No finding")))  # fmt: skip
    spec = DatasetSpec.build(name="set", classes=classes, balance="none")
    assert len(plan(store.catalogue.frame(), spec).members) == 8

    [black] = [one.film_id for one in report.set_apart if one.file == "mass/black.png"]
    store.catalogue.use_again([black])
    assert black in set(store.catalogue.frame()["film_id"])
    again = import_folder(store, folder)
    assert (again.added, again.known, len(again.set_apart)) == (0, 12, 3)
    assert black in set(store.catalogue.frame()["film_id"]), "what somebody kept stays kept"


def test_where_all_is_noise_the_measure_is_not_believed(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {f"mass/{n}.png": noise(n) for n in range(5)})
    report = import_folder(store, folder)
    assert (report.added, report.set_apart, len(store.catalogue.frame())) == (5, (), 5)
    assert "All of the 5 new films look like noise. Look at them in Explore." in report.notes


def test_what_is_not_known_is_said_at_the_end(store: Store, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {f"images/{n}.png": film_bytes(n) for n in range(3)})
    report = import_folder(store, folder)
    assert report.notes == (
        "None of the 3 films has a finding.", "Patients are not known for 3 films.",
    )  # fmt: skip
    assert Counter(store.catalogue.frame()["patient"]) == {"": 3}
    kept = store.catalogue.sources()[0].report
    assert kept is not None
    assert kept.notes == report.notes


@pytest.mark.parametrize("error", [OSError(36, "File name too long"), ValueError("embedded null")])
def test_whatever_is_wrong_with_one_file_ends_no_import(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    folder = write(tmp_path / "set", {f"mass/{n}.png": film_bytes(n) for n in range(3)})
    monkeypatch.setattr("core.datasets.looking.read_film", _failing(error, "1.png"))
    report = import_folder(store, folder)
    assert (report.added, len(report.left_out)) == (2, 1)
    assert report.left_out[0].reason.startswith("cannot be read: ")


def _failing(error: Exception, name: str) -> object:
    def read(path: Path) -> bytes:
        if path.name == name:
            raise error
        return path.read_bytes()

    return read


def test_what_uncertain_means_can_be_changed_and_is_remembered(
    store: Store, tmp_path: Path
) -> None:
    folder = write(tmp_path / "set", {f"train/patient{n}/v.png": film_bytes(n) for n in (1, 2)})
    rows = "".join(f"C/train/patient{n}/v.png,F,50,Frontal,PA,{mark}\n"
                   for n, mark in ((1, "1.0"), (2, "-1.0")))  # fmt: skip
    write(folder, {"train.csv": f"Path,Sex,Age,Frontal/Lateral,AP/PA,Edema\n{rows}".encode()})
    assert import_folder(store, folder).by_finding == {"Edema": 1}
    positive = Choices("positive", said=True)
    assert import_folder(store, folder, choices=positive).by_finding == {"Edema": 2}
    assert import_folder(store, folder).by_finding == {"Edema": 2}, "as said the last time"
    assert len(store.catalogue.frame()) == 2
    left_out = import_folder(store, folder, choices=Choices("left out", said=True))
    assert (left_out.known, len(left_out.left_out)) == (1, 1)
    assert len(store.catalogue.frame()) == 1, "it is not used any more"
    assert import_folder(store, folder, choices=positive).known == 2
    assert len(store.catalogue.frame()) == 2


def test_of_long_lists_the_store_keeps_the_beginning_and_the_number(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.import_report.KEPT", 5)
    rows = "".join(f"gone{n}.png,Mass\n" for n in range(20))
    folder = write(tmp_path / "set", {"images/a.png": film_bytes(1)})
    write(folder, {"t.csv": f"Image Index,Finding Labels\na.png,Mass\n{rows}".encode()})
    assert len(import_folder(store, folder).left_out) == 20
    kept = store.catalogue.sources()[0].report
    assert kept is not None
    assert (len(kept.left_out), kept.left_out_count, kept.left_out_in_all) == (5, 20, 20)
