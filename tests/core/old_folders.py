"""A data folder as version 0.1 left it, written from its own forms: no old program is needed.

What stands here was read off a folder that 0.1 had made. Nothing of it follows today's code, or it
would show no difference: names, keys and forms are those of then, and are never changed again.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.core.store.old_stores import make_store, write

VERSION = 2  # of the store
CLASSES = ("covid", "healthy")
FINDINGS = ("COVID-19", "No finding")
HOME, AWAY = "Phantom films", "Other hospital"
DONE, FAILED, QUEUED, CANCELLED = (
    "20250301-100000-aaaa",
    "20250302-100000-bbbb",
    "20250303-100000-cccc",
    "20250304-100000-dddd",
)
FOLDS = ("20250305-100000-e0e0", "20250305-100000-e1e1")
GROUP = "20250305-100000-folds-abcd"
TOLD = "Be careful with this result: 50 % of the test films (4 of 8) show a patient in training."
# What the run DONE said of its test films: of covid, then of healthy ones. By the most probable
# class one of each is wrong; by the threshold no covid film is missed, and two are false alarms.
THRESHOLD, NOT_SURE = 0.25, (0.25, 0.28)
ANSWERS = {"covid": (0.9, 0.8, 0.7, 0.3), "healthy": (0.1, 0.2, 0.6, 0.3)}


@dataclass
class OldFilm:
    """A film as the catalogue had it."""

    film_id: str
    path: Path
    row: dict[str, str]
    source: str
    split: str = ""

    @property
    def label(self) -> int:
        return FINDINGS.index(self.row["finding"])


@dataclass
class OldFolder:
    """Where it lies, and the films of its data set in their order."""

    root: Path
    films: list[OldFilm] = field(default_factory=list)


def make_old_folder(root: Path, home: Path, away: Path) -> OldFolder:
    """Write a data folder of 0.1 into ``root``, which must be empty or missing. ``home`` and
    ``away``: folders of phantoms, at least 14 and 2 films a class."""
    root.mkdir(parents=True, exist_ok=True)
    made = OldFolder(root)
    database = root / "thoraxlens.sqlite3"
    make_store(database, VERSION)
    own = _source(database, HOME, home)
    strangers = _source(database, AWAY, away)
    made.films = _dataset(database, own)
    _runs(database)
    for run in (DONE, *FOLDS[:1]):
        _files(root / "runs" / run, run, made.films)
    _operating_point(root / "runs" / DONE)
    _audit(root / "runs" / DONE)
    _external(root / "runs" / DONE, strangers)
    return made


def _source(database: Path, name: str, folder: Path) -> list[OldFilm]:
    with (folder / "phantoms.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    films = []
    for row in rows:
        path = folder / row["file"]
        film_id = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        films.append(OldFilm(film_id, path, row, name))
    tally = {one: sum(row["finding"] == one for row in rows) for one in FINDINGS}
    report = {"source": name, "layout": "phantom", "records": len(rows), "added": len(rows),
              "known": 0, "by_finding": tally, "by_view": {}, "left_out": [],
              "unlisted": []}  # fmt: skip
    write(
        database,
        "INSERT INTO sources VALUES (?, 'phantom', ?, 1, '2025-03-01T09:00:00+00:00', ?)",
        (name, str(folder), json.dumps(report)),
    )
    write(
        database,
        f"INSERT INTO films VALUES ({', '.join('?' * 15)})",
        *(
            (one.film_id, name, str(one.path), f"{name}/{one.row['patient']}",
             one.row["finding"], one.row["finding"], one.row["view"], one.row["view"],
             one.row["sex"], float(one.row["age"]), "", 128, 128, "{}", "{}")
            for one in films
        ),
    )  # fmt: skip
    write(database, "UPDATE catalogue_version SET number = number + 1", ())
    return films


def _dataset(database: Path, films: list[OldFilm]) -> list[OldFilm]:
    """14 films a class: 8 to train, 2 to validate and 4 to test."""
    spec = {
        "name": "study",
        "classes": [
            {"name": name, "findings": [finding], "sources": [HOME], "views": [], "subsets": []}
            for name, finding in zip(CLASSES, FINDINGS, strict=True)
        ],
        "balance": "undersample", "split": "study", "test_fraction": 0.2,
        "validation_fraction": 0.25, "image_size": 32, "preprocessing": "rescale", "seed": 0,
        "preset": "study",
    }  # fmt: skip
    write(
        database,
        "INSERT INTO datasets VALUES ('study', ?, '2025-03-01T09:30:00+00:00')",
        (json.dumps(spec),),
    )
    splits = ["train"] * 8 + ["validation"] * 2 + ["test"] * 4
    chosen = []
    for label in (0, 1):
        of_class = [one for one in films if one.label == label][: len(splits)]
        for one, split in zip(of_class, splits, strict=True):
            one.split = split
            chosen.append(one)
    write(
        database,
        "INSERT INTO dataset_films VALUES ('study', ?, ?, ?, ?)",
        *((at, one.film_id, one.label, one.split) for at, one in enumerate(chosen)),
    )
    return chosen


def _spec(**changes: object) -> str:
    augment = {"rotation": 10.0, "zoom": 0.1, "shift": 0.05, "horizontal_flip": True,
               "vertical_flip": False, "brightness": 0.0}  # fmt: skip
    spec = {
        "dataset": "study", "model": "cnn", "weights": "random", "epochs": 2, "batch_size": 32,
        "optimizer": "nadam", "learning_rate": 0.001, "schedule": "constant",
        "find_learning_rate": False, "dropout": 0.3, "augment": augment, "views": 0,
        "early_stopping": None, "class_weighting": False, "fine_tune": 0, "fine_tune_epochs": 10,
        "fine_tune_learning_rate": 0.00001, "device": "cpu", "image_size": None,
        "preprocessing": None, "seed": 0, "repeat": None, "cache": True,
    }  # fmt: skip
    return json.dumps(spec | changes)


def _runs(database: Path) -> None:
    result = {
        "train": {"accuracy": 0.9, "loss": 0.3},
        "validation": {"accuracy": 0.75, "loss": 0.5},
        "test": {"accuracy": 0.75, "loss": 0.6, "sensitivity": 0.75, "specificity": 0.75,
                 "confusion": [[3, 1], [1, 3]]},
        "total_params": 436194, "trainable_params": 436066, "seconds_per_epoch": 13.3, "epochs": 2,
        "best_epoch": 1, "stopped_early": False, "learning_rate": 0.001,
        "running": {"loss": 0.71, "accuracy": 0.46},
        "seconds": {"decode": 0.3, "features": 0.0, "train": 27.3, "evaluate": 1.3, "total": 98.0},
        "precision_mode": "float32", "backend": "tensorflow",
    }  # fmt: skip
    progress = {"stage": "evaluating", "done": 40, "total": 40, "unit": "films", "eta_seconds": 0.0}
    repeats = [{"group": GROUP, "kind": "folds", "index": at, "count": 2} for at in (0, 1)]
    rows: list[tuple[str, str, str, str, Any, Any]] = [
        (DONE, _spec(), "done", "", progress, result),
        (FAILED, _spec(model="vgg16", views=2), "failed", "The disk is full.", {}, {}),
        (QUEUED, _spec(epochs=5), "queued", "", {}, {}),
        (CANCELLED, _spec(), "cancelled", "Stopped at your request.", {}, {}),
        (FOLDS[0], _spec(repeat=repeats[0]), "done", "", progress, result),
        (FOLDS[1], _spec(repeat=repeats[1]), "interrupted", "Its process is gone.", {}, {}),
    ]
    began = 1_740_823_200.0  # 1 March 2025
    write(
        database,
        "INSERT INTO runs VALUES (?, ?, ?, ?, 'CPU', NULL, NULL, ?, ?, ?, NULL, NULL, ?, ?)",
        *(
            (run, spec, state, reason, began + at, began + at + 1,
             None if state == "queued" else began + at + 99, json.dumps(told), json.dumps(found))
            for at, (run, spec, state, reason, told, found) in enumerate(rows)
        ),
    )  # fmt: skip
    write(
        database,
        "INSERT INTO epochs VALUES (?, ?, ?, ?, ?, ?, 0.001, 13.3, 'training')",
        *(
            (run, at, 0.7 / at, 0.5 * at**0.5, 0.69, 0.5)
            for run in (DONE, FOLDS[0])
            for at in (1, 2)
        ),
    )


def _save_predictions(path: Path, ids: list[str], split: list[str], truth: list[int],
                      positive: list[float]) -> str:  # fmt: skip
    """Returns the SHA-256 of the file."""
    score = np.asarray(positive)
    np.savez_compressed(
        path,
        classes=np.asarray(CLASSES, dtype=str),
        film_ids=np.asarray(ids, dtype=str),
        split=np.asarray(split, dtype=str),
        truth=np.asarray(truth, dtype=np.int64),
        probabilities=np.stack([score, 1 - score], axis=1).astype(np.float32),
    )
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folder: Path, run: str, films: list[OldFilm]) -> None:
    folder.mkdir(parents=True)
    waiting = {name: iter(answers) for name, answers in ANSWERS.items()}
    positive = []
    for one in films:
        usual = 0.8 if one.label == 0 else 0.2
        positive.append(next(waiting[CLASSES[one.label]]) if one.split == "test" else usual)
    _save_predictions(
        folder / "predictions.npz",
        [one.film_id for one in films],
        [one.split for one in films],
        [one.label for one in films],
        positive,
    )
    described = {
        "run_id": run, "model": "cnn", "classes": list(CLASSES), "image_size": 32,
        "preprocessing": "rescale", "dropout": 0.3, "seed": 0, "weights": "random",
        "backbone_hash": "", "fine_tune": 0,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(described, indent=2), encoding="utf-8")
    (folder / "log.txt").write_text("going on after epoch 0\n", encoding="utf-8")


def _operating_point(folder: Path) -> None:
    point = {"positive": "covid", "wanted_sensitivity": 0.9, "threshold": THRESHOLD,
             "not_sure": list(NOT_SURE), "temperature": 1.0}  # fmt: skip
    (folder / "operating_point.json").write_text(json.dumps(point), encoding="utf-8")


def _job(folder: Path) -> None:
    status = {"state": "done", "stage": "", "done": 0, "total": 0, "reason": "",
              "began": 1_740_900_000.0, "ended": 1_740_900_060.0, "pid": 4711,
              "pid_started": 1_740_900_001.0}  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text(json.dumps(status), encoding="utf-8")


def _audit(folder: Path) -> None:
    _job(folder / "audit")
    finding = {
        "check": "shared_patients", "title": "Patients in training and test", "value": 0.5,
        "interval": [0.22, 0.78], "level": "caution",
        "sentence": "50 % of the test films (4 of 8) show a patient who is in training too.",
        "clause": "50 % of the test films (4 of 8) show a patient in training",
        "details": {"films": 4, "test_films": 8},
    }  # fmt: skip
    report = {
        "version": 1, "run": DONE, "dataset": "study", "verdict": "caution", "sentence": TOLD,
        "findings": [finding], "pairs": [], "made_at": 1_740_900_060.0, "basis": {},
    }  # fmt: skip
    (folder / "audit" / "audit.json").write_text(json.dumps(report), encoding="utf-8")


def _external(folder: Path, films: list[OldFilm]) -> None:
    """All healthy films from away but one are called covid, and all covid ones."""
    mark = hashlib.sha256(AWAY.encode()).hexdigest()[:8]
    place = folder / "external" / f"{AWAY.replace(' ', '-')}-{mark}"
    _job(place)
    healthy = [one for one in films if one.label == 1]
    _save_predictions(
        place / "predictions.npz",
        [one.film_id for one in films],
        ["test"] * len(films),
        [one.label for one in films],
        [0.1 if one is healthy[0] else 0.9 for one in films],
    )
    tally = [sum(one.label == label for one in films) for label in (0, 1)]
    result = {
        "run": DONE, "source": AWAY, "tested_at": 1_740_910_000.0,
        "mapped": [
            {"finding": finding, "class": name, "films": count}
            for finding, name, count in zip(FINDINGS, CLASSES, tally, strict=True)
        ],
        "left_out": [], "warnings": [], "learnt_from": False, "basis": {},
    }  # fmt: skip
    (place / "external.json").write_text(json.dumps(result), encoding="utf-8")
