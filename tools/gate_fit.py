"""Fit the gate and write its numbers: ``python -m tools.gate_fit FILMS`` (FILMS: real films).

Fitted on phantoms, on pictures of ``tools.lookalikes``, and on the films of half of the
patients; what is kept of a film is its share in a few dozen sums. The films of the other half
are what ``tests/core/gate`` counts on, and what the last lines printed here are about.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from core.datasets.phantom import draw
from core.errors import FilmError
from core.gate.gate import CONSTANTS, KINDS_OF_PICTURE, LOOKED_AT, assess
from core.gate.handcrafted_features import Reference, measure, reference_of
from core.images.decode import decode_file
from core.images.resize import thumbnail
from tools.lookalikes import KINDS

FRONTAL, LATERAL, OTHER = range(3)
VIEWS = {"PA": FRONTAL, "AP": FRONTAL, "AP Supine": FRONTAL, "L": LATERAL}
CHANGED = {FRONTAL: 1, LATERAL: 9, OTHER: 2}  # so often each film again, changed
DRAWN = 120  # of each kind of lookalike
PHANTOMS = 90
USUAL = 0.998  # of the films lie within what counts as usual
STRENGTH = 0.1  # of the fit; a tenth of scikit-learn's default, which fits the same films


@dataclass(frozen=True)
class Known:
    """A real film of which the source says what it is. ``half``: 0 to fit on, 1 to test on."""

    path: Path
    kind: int
    patient: str
    source: str

    @property
    def half(self) -> int:
        return int(hashlib.sha256(self.patient.encode()).hexdigest(), 16) % 2


def known_films(folder: Path) -> list[Known]:
    """The films of the three collections whose view or modality is told."""
    found = []
    covid = folder / "covid-chestxray-dataset"
    with (covid / "metadata.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            kind = OTHER if row["modality"] == "CT" else VIEWS.get(row["view"])
            if kind is not None:
                path = covid / "images" / row["filename"]
                found.append(Known(path, kind, f"ieee8023 {row['patientid']}", "ieee8023"))
    for path in sorted((folder / "chest_xray").glob("train/*/*")):
        person = re.match(r"person\d+|(NORMAL2-)?IM-\d+", path.name)
        name = person.group() if person else path.name
        found.append(Known(path, FRONTAL, f"chest_xray {name}", "chest_xray"))
    for path in sorted((folder / "chestxray8_sample").glob("*/*")):
        patient = f"chestxray8 {path.name[:8]}"
        found.append(Known(path, FRONTAL, patient, "chestxray8_sample"))
    return [one for one in found if one.path.is_file()]


def changed(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As it might come from another scanner: cut, turned a little, darker, smaller, framed."""
    height, width = film.shape
    if rng.random() < 0.6:
        top, bottom, left, right = rng.uniform(0, 0.1, 4)
        rows = slice(int(height * top), int(height * (1 - bottom)))
        film = film[rows, int(width * left) : int(width * (1 - right))]
    film = np.ascontiguousarray(film[:, ::-1] if rng.random() < 0.4 else film)
    height, width = film.shape
    if rng.random() < 0.5:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-7, 7), 1)
        film = cv2.warpAffine(film, turn, (width, height))
    if rng.random() < 0.6:
        film = (255 * (film / 255) ** rng.uniform(0.6, 1.7)).astype(np.uint8)
    if rng.random() < 0.3:
        wide = int(max(film.shape) * rng.uniform(0.02, 0.12))
        top, bottom, left, right = (wide * int(one) for one in rng.integers(0, 2, 4))
        grey = int(rng.choice([0, 255]))
        film = cv2.copyMakeBorder(film, top, bottom, left, right, cv2.BORDER_CONSTANT, value=[grey])
    if rng.random() < 0.3:
        side = int(rng.choice([64, 96, 128, 224]))
        film = cv2.resize(film, (side, side), interpolation=cv2.INTER_AREA)
    return film


def spoilt(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """No film to classify any more: in negative, turned, or a small part of it."""
    kind = int(rng.integers(5))
    if kind == 0:
        return 255 - film
    if kind < 4:
        return np.ascontiguousarray(np.rot90(film, kind))
    size = (np.array(film.shape) * rng.uniform(0.25, 0.5)).astype(int)
    top, left = (rng.uniform(0, 1, 2) * (np.array(film.shape) - size)).astype(int)
    return np.ascontiguousarray(film[top : top + size[0], left : left + size[1]])


def examples(
    films: list[tuple[Known, np.ndarray]], rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, int]]:
    """Pictures to fit on, each with its kind."""
    for known, film in films:
        yield film, known.kind
        for _ in range(CHANGED[known.kind]):
            yield changed(film, rng), known.kind
        if known.kind == LATERAL or (known.kind == FRONTAL and rng.random() < 0.8):
            yield spoilt(film, rng), OTHER
    for seed in range(PHANTOMS):
        size = int(rng.choice([64, 96, 128, 224]))
        phantom = draw(2000 + seed, covid_like=seed % 2 == 0, size=size).pixels
        yield phantom, FRONTAL
        yield changed(phantom, rng), FRONTAL
    for kind in KINDS:
        for seed in range(DRAWN):
            yield kind(np.random.default_rng([5, seed])), OTHER


def fit(films: list[tuple[Known, np.ndarray]], reference: Reference) -> dict[str, list[object]]:
    """The numbers of ``core.gate.gate``; see ``Constants`` there."""
    rng = np.random.default_rng(0)
    seen = [(measure(picture, reference), kind) for picture, kind in examples(films, rng)]
    measured, kinds = np.stack([one for one, _ in seen]), np.array([kind for _, kind in seen])
    scaler = StandardScaler().fit(measured)
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(scaler.transform(measured), kinds)
    weights = model.coef_ / scaler.scale_
    bias = model.intercept_ - weights @ scaler.mean_
    chests = [measured[kinds == kind] for kind in (FRONTAL, LATERAL)]
    centre = np.stack([one.mean(axis=0) for one in chests])
    spread = np.stack([one.std(axis=0) for one in chests])
    odd = [
        float(np.quantile((((one - at) / by) ** 2).mean(axis=1), USUAL))
        for one, at, by in zip(chests, centre, spread, strict=True)
    ]
    print(f"fitted on {len(kinds)} pictures, {np.bincount(kinds)} frontal, lateral, other")
    return {
        "weights": _rounded(weights), "bias": _rounded(bias), "centre": _rounded(centre),
        "spread": _rounded(spread), "odd": _rounded(np.array(odd)),
        "tones": _rounded(reference.tones), "edges": _rounded(reference.edges),
    }  # fmt: skip


def _rounded(values: np.ndarray) -> list[object]:
    # Four digits: more would say nothing, and the file is read by people too.
    found: list[object] = json.loads(
        json.dumps(np.vectorize(lambda one: float(f"{one:.4g}"))(values).tolist())
    )
    return found


def read(known: Known) -> tuple[Known, np.ndarray] | None:
    try:
        return known, thumbnail(decode_file(known.path).pixels, LOOKED_AT)
    except FilmError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.gate_fit", description=__doc__)
    parser.add_argument("films", type=Path)
    films = known_films(parser.parse_args().films)
    with ThreadPoolExecutor(2) as threads:
        readable = [one for one in threads.map(read, films) if one]
    reference = reference_of(
        [draw(900 + seed, covid_like=seed % 3 == 0, size=128).pixels for seed in range(24)]
    )
    constants = fit([one for one in readable if one[0].half == 0], reference)
    CONSTANTS.write_text(json.dumps(constants) + "\n", encoding="utf-8")
    counts: dict[tuple[str, int], list[int]] = {}
    for known, film in readable:
        if known.half == 1:
            row = counts.setdefault((known.source, known.kind), [0, 0, 0])
            row[KINDS_OF_PICTURE.index(assess(film).kind)] += 1
    for (source, kind), row in sorted(counts.items()):
        print(f"{source}, {KINDS_OF_PICTURE[kind]} (n = {sum(row)}): called {row}")


if __name__ == "__main__":
    main()
