"""Which public films the starter networks learn from, by their licence, and which test them.

The films are those of three public collections, in a folder as ``shared/data`` has them. A film
may teach only where its licence lets anybody train on it and hand on what came of it; one that
may not is looked at once, to test what was trained, and nothing of it is kept.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# As the table of ieee8023/covid-chestxray-dataset writes them.
LICENCES = {
    "CC BY": "CC BY",
    "CC BY 3.0": "CC BY 3.0",
    "CC BY 4.0": "CC BY 4.0",
    "CC BY-SA": "CC BY-SA",
    "CC BY-NC-SA": "CC BY-NC-SA",
    "CC BY-NC-SA 4.0": "CC BY-NC-SA 4.0",
    "Apache 2.0": "Apache 2.0",
    "listed as authorized for everyone": "listed as authorized for everyone",
}
COVID, KAGGLE, ADULTS = "covid-chestxray-dataset", "chest_xray", "chestxray8_sample"
SOURCES = {
    KAGGLE: (
        "CC BY 4.0",
        "https://www.kaggle.com/paultimothymooney/chest-xray-pneumonia",
    ),
    ADULTS: (
        "free to use with attribution (NIH Clinical Center)",
        "https://nihcc.app.box.com/v/ChestXray-NIHCC",
    ),
}
ELSEWHERE = "elsewhere"
_HELD_OUT = 0.25  # of the adults of ChestX-ray8, by patient: they test, and teach nothing
_FRONTAL = ("PA", "AP", "AP Supine")
_FINDINGS = {"No_findings": "No finding", "Pneumonia": "Pneumonia"}


@dataclass(frozen=True)
class PublicFilm:
    """One film of a collection. ``file``: its place in the collection; ``finding`` and ``view``
    as the collection writes them."""

    collection: str
    file: str
    patient: str
    finding: str
    view: str
    licence: str
    address: str


@dataclass(frozen=True)
class Choice:
    """``teaching``: films that may train; ``testing``: films from elsewhere, of other patients."""

    teaching: tuple[PublicFilm, ...]
    testing: tuple[PublicFilm, ...]


def choose_films(collections: Path) -> Choice:
    """From a folder with the three collections. Raises OSError where one is missing."""
    rows = [one for one in _covid(collections) if (collections / COVID / one.file).is_file()]
    taught = [one for one in rows if one.licence in LICENCES]
    known = {one.patient for one in taught}
    others = [
        one
        for one in rows
        if one.licence not in LICENCES
        and one.patient not in known
        and "COVID-19" in one.finding
        and one.view in _FRONTAL
    ]
    adults = list(_adults(collections))
    held = {one.patient for one in adults if _draw(one.patient) < _HELD_OUT}
    return Choice(
        teaching=(
            *taught,
            *_kaggle(collections),
            *(one for one in adults if one.patient not in held),
        ),
        testing=(*others, *(one for one in adults if one.patient in held)),
    )


def lay_out(collections: Path, choice: Choice, target: Path) -> None:
    """Copy the films into ``target``: the collections as they are published, without the films
    that may not teach, and the folder ``elsewhere`` with a table."""
    for one in choice.teaching:
        _copy(collections / one.collection / one.file, target / one.collection / one.file)
    table = collections / COVID / "metadata.csv"
    names = {Path(one.file).name for one in choice.teaching if one.collection == COVID}
    with table.open(newline="", encoding="latin-1") as stream:
        reader = csv.reader(stream)
        header = next(reader)
        place = header.index("filename")
        kept = [row for row in reader if len(row) > place and row[place] in names]
    _write(target / COVID / "metadata.csv", header, kept)
    rows = []
    for one in choice.testing:
        name = f"{one.collection}-{Path(one.file).name}"
        _copy(collections / one.collection / one.file, target / ELSEWHERE / name)
        rows.append([name, one.finding, one.patient, one.view])
    _write(target / ELSEWHERE / "films.csv", ["file", "finding", "patient", "view"], rows)


def collections_of(target: Path) -> list[Path]:
    """The folders that ``lay_out`` made, each to be imported as one source."""
    return [target / one for one in (COVID, KAGGLE, ADULTS, ELSEWHERE)]


def _covid(collections: Path) -> Iterator[PublicFilm]:
    with (collections / COVID / "metadata.csv").open(newline="", encoding="latin-1") as stream:
        for row in csv.DictReader(stream):
            if row["modality"] == "X-ray":
                yield PublicFilm(
                    COVID,
                    f"images/{row['filename']}",
                    f"{COVID} {row['patientid']}",
                    row["finding"],
                    row["view"],
                    row["license"].strip(),
                    row["url"] or row["doi"],
                )


def _kaggle(collections: Path) -> Iterator[PublicFilm]:
    licence, address = SOURCES[KAGGLE]
    for path in _pictures(collections / KAGGLE / "train"):
        place = path.relative_to(collections / KAGGLE).as_posix()
        yield PublicFilm(KAGGLE, place, "", path.parent.name, "", licence, address)


def _adults(collections: Path) -> Iterator[PublicFilm]:
    licence, address = SOURCES[ADULTS]
    for path in _pictures(collections / ADULTS):
        place = path.relative_to(collections / ADULTS).as_posix()
        patient = f"{ADULTS} {path.name.partition('_')[0]}"
        finding = _FINDINGS[path.parent.name]
        yield PublicFilm(ADULTS, place, patient, finding, "", licence, address)


def _pictures(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    return sorted(one for one in folder.glob("*/*") if one.is_file())


def _draw(patient: str) -> float:
    """A number from 0 to 1 that belongs to the patient, the same in every run."""
    return int.from_bytes(hashlib.sha256(patient.encode()).digest()[:4], "big") / 2**32


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
