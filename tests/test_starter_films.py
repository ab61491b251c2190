"""Which public films may teach a starter network: by licence, and no patient on both sides."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tools.starter_films import ADULTS, COVID, ELSEWHERE, KAGGLE, LICENCES, choose_films, lay_out

HEADER = ["patientid", "finding", "view", "modality", "filename", "doi", "url", "license"]
ROWS = [
    ["1", "COVID-19", "PA", "X-ray", "free.png", "", "https://a.example/1", "CC BY 3.0"],
    ["1", "COVID-19", "PA", "X-ray", "same patient.png", "", "https://b.example", ""],
    ["2", "COVID-19", "PA", "X-ray", "nobody said.png", "", "https://b.example/2", ""],
    ["3", "COVID-19, ARDS", "AP", "X-ray", "no derivatives.png", "", "c", "CC BY-NC-ND"],
    ["4", "SARS", "PA", "X-ray", "another disease.png", "", "c", ""],
    ["5", "COVID-19", "L", "X-ray", "lateral.png", "", "c", ""],
    ["6", "COVID-19", "PA", "CT", "slice.png", "", "c", "CC BY"],
    ["7", "COVID-19", "PA", "X-ray", "not here.png", "", "c", "CC BY"],
]


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    root = tmp_path / "collections"
    names = [f"{COVID}/images/{row[4]}" for row in ROWS if row[4] != "not here.png"]
    names += [f"{KAGGLE}/train/NORMAL/IM-0001.jpeg"]
    names += [f"{ADULTS}/No_findings/{patient:08d}_{film:03d}.png" for patient in range(40)
              for film in range(2)]  # fmt: skip
    names += [f"{ADULTS}/Pneumonia/{patient:08d}_009.png" for patient in range(40)]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    with (root / COVID / "metadata.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *ROWS])
    return root


def test_only_free_films_teach_and_only_other_patients_test(collections: Path) -> None:
    choice = choose_films(collections)
    taught = {one.file for one in choice.teaching if one.collection == COVID}
    tested = {one.file for one in choice.testing if one.collection == COVID}
    assert taught == {"images/free.png"}
    assert tested == {"images/nobody said.png", "images/no derivatives.png"}
    assert all(one.licence in LICENCES for one in choice.teaching if one.collection == COVID)
    assert all(one.licence and one.address for one in choice.teaching)
    teaching, testing = ({one.patient for one in some if one.patient} for some in
                         (choice.teaching, choice.testing))  # fmt: skip
    assert not teaching & testing
    held = {one.patient for one in choice.testing if one.collection == ADULTS}
    assert 3 <= len(held) <= 20, "about a quarter of 40 adults"
    assert choose_films(collections) == choice


def test_what_is_laid_out_holds_no_film_that_may_not_teach(
    collections: Path, tmp_path: Path
) -> None:
    choice = choose_films(collections)
    lay_out(collections, choice, tmp_path / "laid")
    with (tmp_path / "laid" / COVID / "metadata.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["filename"] for row in rows] == ["free.png"]
    assert [one.name for one in (tmp_path / "laid" / COVID / "images").iterdir()] == ["free.png"]
    with (tmp_path / "laid" / ELSEWHERE / "films.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(choice.testing)
    assert all((tmp_path / "laid" / ELSEWHERE / row["file"]).is_file() for row in rows)
    assert {row["finding"] for row in rows} == {
        "COVID-19", "COVID-19, ARDS", "No finding", "Pneumonia",
    }  # fmt: skip


def test_a_missing_collection_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        choose_films(tmp_path)
