"""Rubbish in: a clear sentence out, and nothing good is lost. One test a kind of rubbish.

Each goes the way a user goes: a folder or zip with good films beside the rubbish, and the
command line for preparing, training and classifying. One small run serves them all.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.__main__ import main
from core.datasets.ingest import import_folder, import_zip
from core.datasets.phantom import draw
from core.datasets.prepare import plan
from core.errors import InputError, SpecError
from core.runs import launcher
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Store, open_store
from core.workspace import ENVIRONMENT_VARIABLE, open_workspace

# All that this table says of a film is its finding; the rest is silent in one way or another.
NAN_TABLE = "patientid,finding,view,sex,age,filename\n"
SILENT = ("nan,{finding},NaN,nan,NaN,{name}\n", ",{finding},,,,{name}\n")


def film(seed: int, side: int = 64, kind: str = "PNG") -> bytes:
    """A film that nobody else draws, and that Classify takes for one."""
    buffer = io.BytesIO()
    pixels = draw(seed, covid_like=seed % 2 == 0, size=side).pixels
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def huge() -> bytes:
    """A sound PNG of 20,000 × 20,000 pixels in a few kilobytes."""
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    return buffer.getvalue()


JPEG = film(99, 200, "JPEG")
RUBBISH = {
    "text.png": (b"Dear colleague, the film is attached.", "text.png is not an image."),
    "cut.jpg": (JPEG[: len(JPEG) // 2], "cut.jpg is a damaged JPEG image."),
    "empty.png": (b"", "empty.png is empty."),
    "huge.png": (huge(), "huge.png is too large; films up to 60 million pixels are read."),
}


def core(data: Path, *arguments: str) -> tuple[int, Any]:
    """The exit code and the one JSON document of a command; fails on NaN and on more."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setenv(ENVIRONMENT_VARIABLE, str(data))
        code = main([*arguments, "--json"])
    return code, json.loads(out.getvalue(), parse_constant=pytest.fail)


@dataclass(frozen=True)
class Trained:
    """A finished run on films of which the table says next to nothing."""

    data: Path
    prepared: Any
    run: Any


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("silent") / "Silent table"
    (folder / "images").mkdir(parents=True)
    table = NAN_TABLE
    for number in range(16):
        name = f"{number}.png"
        (folder / "images" / name).write_bytes(film(number))
        finding = "COVID-19" if number < 8 else "No Finding"
        table += SILENT[number % 2].format(finding=finding, name=name)
    # One row about nothing at all.
    (folder / "metadata.csv").write_text(table + "nan,nan,nan,nan,nan,nan\n")
    data = tmp_path_factory.mktemp("trained")
    assert core(data, "import", str(folder))[0] == 0
    code, prepared = core(data, "prepare", "silent", "--image-size", "32")
    assert code == 0, prepared
    code, run = core(data, "train", "silent", "--model", "cnn", "--epochs", "1")
    assert code == 0, run
    return Trained(data, prepared, run)


@pytest.fixture(scope="module")
def told(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run says about all the rubbish, with a good film before and behind it."""
    folder = tmp_path_factory.mktemp("classify")
    contents = {"first.png": film(500)} | {k: v[0] for k, v in RUBBISH.items()}
    contents["last.jpg"] = JPEG
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    files = [str(folder / name) for name in contents]
    code, answers = core(trained.data, "classify", trained.run["run"], *files)
    assert code == 3, "done, but some files could not be read"
    assert [one["file"] for one in answers] == files
    return {Path(one["file"]).name: one for one in answers}


@pytest.fixture
def good() -> dict[str, bytes]:
    """Six good films in two class folders."""
    seeds = range(1000, 1006)
    return {f"{'COVID' if n % 2 else 'Normal'}/{n:08d}_000.png": film(n) for n in seeds}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def packed(files: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return io.BytesIO(buffer.getvalue())


def classes(*findings: str) -> tuple[ClassSpec, ...]:
    return tuple(ClassSpec.build(name=one.lower(), findings=(one,)) for one in findings)


def check_one_bad_file(
    name: str, store: Store, good: dict[str, bytes], told: dict[str, Any], tmp_path: Path
) -> None:
    """By folder, by zip and in Classify: told of by name, and no other film suffers."""
    content, sentence = RUBBISH[name]
    bad = f"COVID/{name}"
    report = import_folder(store, put(tmp_path / "mixed", {**good, bad: content}))
    assert (report.records, report.added) == (7, 6)
    [left_out] = report.left_out
    assert left_out.file == bad
    assert left_out.reason.startswith(f"cannot be read: {sentence}")
    assert left_out.reason.endswith(".")
    assert len(plan(store.catalogue.frame(), dataset_spec()).members) == 6

    other = {f"top/{key}": film(2000 + place) for place, key in enumerate(good)}
    zipped = import_zip(store, packed({**other, f"top/{bad}": content}), "mixed too.zip")
    assert (zipped.added, [one.file for one in zipped.left_out]) == (6, [bad])
    assert zipped.left_out[0].reason == left_out.reason
    assert store.catalogue.count() == 12

    answer = told[name]
    assert answer["error"].startswith(str(Path(answer["file"]).parent / sentence))
    assert (answer["label"], answer["probabilities"]) == (None, {})
    for fine in ("first.png", "last.jpg"):
        assert told[fine]["error"] is None
        assert told[fine]["label"] in ("covid", "healthy")


def dataset_spec(**changes: Any) -> DatasetSpec:
    fields = {"name": "d", "classes": classes("COVID-19", "No finding"), "image_size": 32}
    return DatasetSpec.build(**{**fields, **changes})


def test_a_text_named_png(
    store: Store, good: dict[str, bytes], told: dict[str, Any], tmp_path: Path
) -> None:
    check_one_bad_file("text.png", store, good, told, tmp_path)


def test_a_truncated_jpeg(
    store: Store, good: dict[str, bytes], told: dict[str, Any], tmp_path: Path
) -> None:
    check_one_bad_file("cut.jpg", store, good, told, tmp_path)


def test_a_file_of_0_bytes(
    store: Store, good: dict[str, bytes], told: dict[str, Any], tmp_path: Path
) -> None:
    check_one_bad_file("empty.png", store, good, told, tmp_path)


def test_a_film_of_20000_by_20000_pixels(
    store: Store, good: dict[str, bytes], told: dict[str, Any], tmp_path: Path
) -> None:
    check_one_bad_file("huge.png", store, good, told, tmp_path)


def test_a_zip_that_leads_out_of_its_folder(
    store: Store, good: dict[str, bytes], tmp_path: Path
) -> None:
    import_folder(store, put(tmp_path / "before", good))
    evil = packed({"COVID/fine.png": film(3000), "../../evil.png": film(3001)})
    says = (
        r"would land outside its folder \(\.\./\.\./evil\.png\)\. Such an archive is not unpacked"
    )
    with pytest.raises(InputError, match=says):
        import_zip(store, evil, "evil.zip")
    (tmp_path / "evil.zip").write_bytes(evil.getvalue())
    code, answer = core(store.workspace.root, "import", str(tmp_path / "evil.zip"))
    assert code == 2
    assert "would land outside its folder" in answer["error"]
    assert not list(tmp_path.parent.rglob("evil.png"))
    assert list(store.workspace.uploads.iterdir()) == []
    assert store.catalogue.count() == 6


def test_an_empty_class(store: Store, good: dict[str, bytes], tmp_path: Path) -> None:
    folder = put(tmp_path / "films", good)
    (folder / "SARS").mkdir()
    assert import_folder(store, folder).added == 6
    says = r"No film fits “sars” \(finding SARS\)\. Import films that do, or change the class\."
    with pytest.raises(SpecError, match=says):
        plan(store.catalogue.frame(), dataset_spec(classes=classes("COVID-19", "SARS")))
    code, answer = core(store.workspace.root, "prepare", "x", "--positive", "SARS")
    assert code == 2
    assert answer["error"] == "No film has the finding “SARS”. There are: COVID-19 and No finding."
    assert store.datasets.all() == []
    assert core(store.workspace.root, "prepare", "x", "--image-size", "32")[0] == 0


def test_a_class_of_one_film(store: Store, good: dict[str, bytes], tmp_path: Path) -> None:
    import_folder(store, put(tmp_path / "films", {**good, "SARS/one.png": film(3100)}))
    for split in ("study", "patient"):
        code, answer = core(
            store.workspace.root, "prepare", "x", "--positive", "SARS", "--split-by", split
        )
        assert code == 2
        assert answer["error"] == (
            "“sars” has 1 film; a class needs at least 3, one each to train, validate and test. "
            "Widen its findings, sources or views."
        )
    assert store.datasets.all() == []
    assert store.catalogue.count() == 7


def test_metadata_of_nan(trained: Trained) -> None:
    """The films are imported, prepared, trained on and compared, and what is not known is
    “unknown” or null; the commands' documents have been read without NaN by now."""
    frame = open_store(open_workspace(trained.data)).catalogue.frame()
    assert frame["finding"].value_counts().to_dict() == {"COVID-19": 8, "No finding": 8}
    assert set(frame["view"]) == set(frame["sex"]) == {"unknown"}
    assert frame["age"].isna().all()
    assert set(frame["patient"]) == {""}, "unknown, and not one patient a film"
    assert trained.prepared["films_of_unknown_patients"] == 16
    assert trained.prepared["shared_patients"] is None
    [source] = core(trained.data, "sources")[1]
    assert (source["layout"], source["films"]) == ("ieee8023", 16)
    report = open_store(open_workspace(trained.data)).catalogue.sources()[0].report
    assert report is not None
    left_out = report.left_out
    assert [one.reason for one in left_out] == ["the file is not there"]
    assert sum(sum(one.values()) for one in trained.prepared["counts"].values()) == 16
    assert trained.run["state"] == "done"
    code, [row] = core(trained.data, "compare", trained.run["run"])
    assert code == 0
    assert sum(map(sum, row["confusion"])) == sum(trained.prepared["counts"]["test"].values())


def test_a_data_set_deleted_under_a_run(trained: Trained, told: dict[str, Any]) -> None:
    store = open_store(open_workspace(trained.data))
    assert core(trained.data, "prepare", "short-lived", "--image-size", "32")[0] == 0
    spec = RunSpec.build(dataset="short-lived", model="cnn", epochs=1, weights="random")
    waiting = store.runs.create(spec)  # no dispatcher yet: the data set goes before it starts
    code, answer = core(trained.data, "delete-dataset", "short-lived")
    assert code == 2
    assert "is in use by" in answer["error"]
    store.datasets.delete("short-lived")  # as a second program may do, past all questions

    ended = launcher.wait(store, waiting.run_id, timeout=240)
    assert ended.state == "failed"
    assert ended.reason == (
        "There is no data set called “short-lived”. It may have been deleted. There are: silent."
    )
    code, answer = core(trained.data, "resume", waiting.run_id)
    assert code == 2
    assert "no data set called “short-lived”" in answer["error"]

    # A finished run keeps its results and goes on classifying without its data set.
    assert core(trained.data, "delete-dataset", "silent")[0] == 0
    assert store.catalogue.count() == 16
    code, [row] = core(trained.data, "compare", trained.run["run"])
    assert (code, row["run"]) == (0, trained.run["run"])
    assert told["first.png"]["label"] is not None
