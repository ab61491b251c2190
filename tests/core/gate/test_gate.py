"""What the gate lets through: counted on real films that it was not fitted on, and on pictures
that are no films."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.datasets.phantom import draw
from core.gate.gate import COLOUR, FLAT, NEGATIVE, SMALL, TURNED, GateVerdict, assess
from core.images.decode import decode_bytes, decode_file
from tests.core.gate.pictures import no_films
from tools.gate_fit import Known, known_films


def looked_at(data: bytes) -> GateVerdict:
    decoded = decode_bytes(data, "picture")
    return assess(decoded.pixels, decoded.colour)


@pytest.mark.parametrize("name", no_films())
def test_what_is_no_film_is_refused(name: str) -> None:
    verdict = looked_at(no_films()[name])
    assert verdict.kind == "not_a_chest_xray"
    assert verdict.reason.endswith(".")


def test_the_reason_says_what_to_do() -> None:
    expected = {
        "photo of a flower": COLOUR,
        "film in negative": NEGATIVE,
        "film on its side": TURNED,
        "film on its head": TURNED,
        "one grey": FLAT,
        "one pixel": SMALL,
    }
    assert {name: looked_at(no_films()[name]).reason for name in expected} == expected


@pytest.mark.parametrize("size", [64, 96, 128, 224, 512])
def test_phantoms_pass_at_every_size(size: int) -> None:
    count = 4 if size > 224 else 10
    films = [draw(70 + seed, covid_like=seed % 2 == 0, size=size).pixels for seed in range(count)]
    assert [assess(film) for film in films] == [GateVerdict("frontal")] * count


def test_a_frame_and_a_darker_scan_change_nothing() -> None:
    film = draw(3, covid_like=True, size=256).pixels
    framed = cv2.copyMakeBorder(film, 30, 60, 20, 20, cv2.BORDER_CONSTANT, value=0)
    darker = (film * 0.6).astype(np.uint8)
    assert (
        assess(framed).kind == assess(darker).kind == assess(film[:, ::-1].copy()).kind == "frontal"
    )


def kinds(films: Sequence[Known]) -> Counter[str]:
    def kind(known: Known) -> str:
        decoded = decode_file(known.path)
        return assess(decoded.pixels, decoded.colour).kind

    with ThreadPoolExecutor(2) as threads:
        return Counter(threads.map(kind, films))


@pytest.fixture(scope="module")
def held_out(real_data: Path) -> list[Known]:
    """Films of patients none of whose films the gate was fitted on."""
    return [one for one in known_films(real_data) if one.half == 1]


def test_95_of_100_real_frontal_films_pass(held_out: list[Known]) -> None:
    rng = np.random.default_rng(0)
    for source in ("ieee8023", "chest_xray", "chestxray8_sample"):
        films = [one for one in held_out if one.kind == 0 and one.source == source]
        chosen = [films[place] for place in rng.permutation(len(films))[:100]]
        found = kinds(chosen)
        assert found["frontal"] >= 95, f"{source}: {found}"


def test_films_from_the_side_and_most_slices_do_not(held_out: list[Known]) -> None:
    lateral = kinds([one for one in held_out if one.kind == 1])
    slices = kinds([one for one in held_out if one.kind == 2])
    assert lateral.total() >= 15
    assert lateral["lateral"] >= 0.8 * lateral.total()
    assert slices.total() >= 15
    # A slice from side to side shows lungs, heart and ribs as a film does: some pass.
    assert slices["frontal"] <= 0.1 * slices.total()
