"""What is fed with mutants: each target has sound inputs, a way to damage them, and a use."""

from __future__ import annotations

import io
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from core.audit.report import AuditReport, Finding, LeakPair, audit_folder
from core.card.facts import gather_facts
from core.card.html import to_html
from core.card.sections import model_card
from core.datasets.archive import discard_archive, unpack
from core.datasets.ingest import import_folder
from core.datasets.phantom import draw, make_phantoms
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.images.decode import decode_bytes
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.specs import DatasetSpec, RunSpec
from core.store import Store, open_store
from core.store.old_jobs import KeptJob
from core.workspace import Workspace
from tests.fuzz.mutate import damaged, damaged_json, damaged_text, png_checked
from tests.pages.runs import RESULT, make_dataset, make_run

Damage = Callable[[bytes, Sequence[bytes], random.Random], bytes]


@dataclass(frozen=True)
class Target:
    """``share``: of all mutants, in parts; ``use``: what a user would do with the bytes."""

    name: str
    share: int
    seeds: Sequence[bytes]
    damage: Damage
    use: Callable[[bytes], object]

    def mutant(self, seed: int, number: int) -> bytes:
        rng = random.Random(f"{self.name} {seed} {number}")
        return self.damage(rng.choice(self.seeds), self.seeds, rng)


def targets(folder: Path) -> list[Target]:
    """All of them; ``folder`` is theirs, to write into."""
    store, run_id = _finished(folder / "data")
    spec = store.datasets.get("tiny").spec.to_json().encode()
    run = store.runs.get(run_id)
    files = RunFiles(store.workspace.run_folder(run_id))
    file = folder / "mutant"
    raws = [_png(1), _png(2, np.uint16)]
    return [
        Target("PNG", 5, [*raws, _png(3, rgb=True)], _damaged_png, _decode),
        Target("JPEG", 5, [_jpeg(1), _jpeg(2, progressive=True)], damaged, _decode),
        Target("DICOM", 6, _dicoms(), damaged, _decode),
        Target("zip", 4, _zips(raws), damaged, lambda data: _unpack(store, data)),
        Target("table", 4, _tables(), damaged_text, _table(folder / "table", raws)),
        Target("data set", 2, [spec], damaged_json, _dataset),
        Target("run", 2, [run.spec.to_json().encode()], damaged_json,
               lambda data: RunSpec.from_json(_text(data))),
        Target("run.json", 2, [files.config.read_bytes()], damaged_json,
               _read(file, RunConfig.load)),
        Target("predictions", 3, [files.predictions.read_bytes(), _stored(files.predictions)],
               damaged, _read(file, Predictions.load)),
        Target("threshold", 2, [files.operating_point.read_bytes()], damaged_json,
               _read(file, OperatingPoint.load_if_readable)),
        Target("job", 1, [b'{"state": "done", "stage": "x", "done": 1, "total": 2, "pid": 0}'],
               damaged_json, _job(folder / "job")),
        Target("result", 3, [store.runs.get(run_id).result.to_json().encode()], damaged_json,
               lambda data: _card_with_result(store, run_id, data)),
        Target("card", 3, [one.read_bytes() for one in _of_the_card(files)],
               damaged_json, _card(store, run_id)),
        Target("store", 2, [store.workspace.database.read_bytes()], damaged,
               _store(folder / "other")),
    ]  # fmt: skip


def _finished(data: Path) -> tuple[Store, str]:
    """A data folder of 24 artificial films with a prepared data set and a finished run."""
    films = data.parent / "Phantom films"
    make_phantoms(films, per_class=12, size=64, seed=0)
    store = open_store(Workspace(data).create())
    import_folder(store, films, name="Phantom films")
    make_dataset(store, size=32)
    result = RESULT | {"total_params": 9, "trainable_params": 5}
    run = make_run(store, "done", epochs=3, result=result)
    members = store.datasets.members("tiny")
    names = store.datasets.get("tiny").spec.class_names
    first = np.random.default_rng(0).uniform(0.05, 0.95, len(members)).astype(np.float32)
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    Predictions(
        names,
        members["film_id"].to_numpy(str),
        members["split"].to_numpy(str),
        members["class_index"].to_numpy(int),
        np.stack([first, 1 - first], axis=1),
    ).save(files.predictions)
    RunConfig(
        run_id=run.run_id,
        model="cnn",
        classes=names,
        image_size=32,
        preprocessing="rescale",
        dropout=0.3,
        seed=0,
        weights="random",
        backbone_hash="",
    ).save(files.config)
    finding = Finding(
        check="border",
        title="Border",
        value=0.9,
        interval=(0.8, 1.0),
        level="caution",
        sentence="It is seen.",
        clause="it is seen",
    )
    pair = LeakPair(
        kind="patient",
        test_film="a",
        train_film="b",
        test_class="covid",
        train_class="healthy",
        likeness=0.9,
    )
    AuditReport(
        run=run.run_id,
        dataset="tiny",
        verdict="do_not_believe",
        sentence="No.",
        findings=(finding,),
        pairs=(pair,),
    ).save_in(audit_folder(files.folder))
    OperatingPoint(
        positive=names[0],
        target_sensitivity=0.95,
        threshold=0.4,
        not_sure=(0.3, 0.5),
        temperature=1.5,
    ).save(files.operating_point)
    with sqlite3.connect(store.workspace.database) as connection:  # one file, for the mutants
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return store, run.run_id


def _pixels(seed: int) -> np.ndarray:
    return draw(seed, covid_like=seed % 2 == 0, size=64).pixels


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _png(seed: int, dtype: type = np.uint8, *, rgb: bool = False) -> bytes:
    image = Image.fromarray(_pixels(seed).astype(dtype) * (257 if dtype is np.uint16 else 1))
    return _saved(image.convert("RGB") if rgb else image, "PNG")


def _jpeg(seed: int, **options: Any) -> bytes:
    return _saved(Image.fromarray(_pixels(seed)), "JPEG", **options)


def _dicoms() -> list[bytes]:
    found = []
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.1.1")
        meta.MediaStorageSOPInstanceUID = UID("1.2.3")
        meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
        film = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        film.SOPClassUID, film.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3"
        film.PatientName, film.Modality = "Planted^Name", "DX"
        film.Rows = film.Columns = 64
        film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME1"
        film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
        film.PixelRepresentation = 0
        film.WindowCenter, film.WindowWidth = 2000, 3000
        film.RescaleSlope, film.RescaleIntercept = 1, 0
        film.PixelData = (_pixels(5).astype(np.uint16) * 16).tobytes()
        film["PixelData"].VR = "OW"
        if syntax == RLELossless:
            film.compress(RLELossless)
        buffer = io.BytesIO()
        pydicom.dcmwrite(buffer, film, enforce_file_format=True)
        found.append(buffer.getvalue())
    return found


def _damaged_png(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    found = damaged(data, others, rng)
    return png_checked(found) if rng.random() < 0.6 else found


def _decode(data: bytes) -> None:
    film = decode_bytes(data, "film")
    assert film.pixels.dtype == np.uint8
    assert film.pixels.ndim == 2
    assert film.pixels.size


def _zips(films: Sequence[bytes]) -> list[bytes]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for number, film in enumerate(films):
                archive.writestr(f"top/COVID/{number}.png", film)
            archive.writestr("top/Normal/", b"")
        found.append(buffer.getvalue())
    return found


def _unpack(store: Store, data: bytes) -> None:
    folder, _ = unpack(store.workspace, io.BytesIO(data), "mutant.zip")
    discard_archive(folder)


def _tables() -> list[bytes]:
    return [
        b"patientid,finding,view,sex,age,filename\n1,COVID-19,PA,M,50,0.png\n"
        b"2,No Finding,AP Supine,F,,1.png\n3,Pneumonia/Viral,PA,,71,1.png\n",
        b"Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
        b"View Position\n0.png,Cardiomegaly|Effusion,0,1,58,M,PA\n1.png,No Finding,1,2,414,F,AP\n",
        b"Path;Sex;Age;Frontal/Lateral;AP/PA;No Finding;Edema\n"
        b'images/0.png;Female;68;Frontal;AP;"1,0";-1\nimages/1.png;Male;4;Lateral;;;1.0\n',
    ]


def _table(folder: Path, films: Sequence[bytes]) -> Callable[[bytes], object]:
    collection = folder / "Hospital"
    (collection / "images").mkdir(parents=True)
    for number, film in enumerate(films):
        (collection / "images" / f"{number}.png").write_bytes(film)

    def use(data: bytes) -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)
        (collection / "metadata.csv").write_bytes(data)
        import_folder(open_store(Workspace(folder / "data").create()), collection)

    return use


def _dataset(data: bytes) -> DatasetSpec:
    return DatasetSpec.from_json(_text(data))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _read(file: Path, load: Callable[[Path], object]) -> Callable[[bytes], object]:
    def use(data: bytes) -> object:
        file.write_bytes(data)
        return load(file)

    return use


def _stored(file: Path) -> bytes:
    """The arrays as they are, so that a mutant damages numbers and not only their packing."""
    buffer = io.BytesIO()
    with np.load(file) as parts:
        np.savez(buffer, **parts)
    return buffer.getvalue()


def _job(folder: Path) -> Callable[[bytes], object]:
    folder.mkdir()
    return _read(folder / "job.json", KeptJob.load_if_readable)


def _print(store: Store, run_id: str) -> None:
    store.runs.all()
    to_html(model_card(gather_facts(store, run_id)))


def _card_with_result(store: Store, run_id: str, data: bytes) -> None:
    with store.database.work(write=True) as work:
        [old] = work.execute("SELECT result FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        work.execute("UPDATE runs SET result = ? WHERE run_id = ?", (_text(data), run_id))
    try:
        _print(store, run_id)
    finally:
        with store.database.work(write=True) as work:
            work.execute("UPDATE runs SET result = ? WHERE run_id = ?", (old, run_id))


def _of_the_card(files: RunFiles) -> tuple[Path, Path, Path]:
    return files.config, files.operating_point, audit_folder(files.folder) / "audit.json"


def _card(store: Store, run_id: str) -> Callable[[bytes], object]:
    """The card with one of its files damaged: whichever the bytes look most like."""
    run, point, audit = _of_the_card(RunFiles(store.workspace.run_folder(run_id)))

    def use(data: bytes) -> None:
        place = point if b"temperature" in data else audit if b"findings" in data else run
        whole = place.read_bytes()
        place.write_bytes(data)
        try:
            _print(store, run_id)
        finally:
            place.write_bytes(whole)

    return use


def _store(folder: Path) -> Callable[[bytes], object]:
    def use(data: bytes) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        workspace = Workspace(folder).create()
        workspace.database.write_bytes(data)
        store = open_store(workspace)
        store.catalogue.sources()
        store.catalogue.frame()
        for dataset in store.datasets.all():
            store.datasets.members(dataset.name)
        for run in store.runs.all():
            store.runs.epochs(run.run_id)

    return use
