"""What goes to the film viewer in the browser: the film bit by bit, and one script."""

from __future__ import annotations

import re

import numpy as np
import pytest

from core.audit.lungs import lung_greys
from core.images.decode import grey_values
from core.images.grey_film import GreyFilm
from pages.components.viewer.packing import HeatLayer, block, packed_film
from pages.components.viewer.script import HOME, MODULES, imports_of, script, source
from tests.core.images.dicom_films import dicom, film, written
from tests.pages.shown_films import opened

LARGE = 4096


def test_a_film_arrives_bit_by_bit() -> None:
    for stored in (film(), np.random.default_rng(5).integers(0, 65536, (37, 51)).astype(np.uint16)):
        grey = grey_values(written(dicom(stored, 16)), "film", LARGE)
        told = opened(block(packed_film(grey, None), place="here", alt="Chest X-ray"))
        np.testing.assert_array_equal(told["codes"], grey.codes)
        assert told["film"]["codes"] == int(grey.codes.max()) + 1


def test_the_same_film_and_heat_have_the_same_mark_and_others_have_others() -> None:
    packed = packed_film(grey_values(written(dicom(film())), "film", LARGE), None)

    def mark(heat: float) -> str:
        layer = HeatLayer(0, "covid", "HiResCAM", np.full((2, 2), heat, np.float32))
        content = block(packed, place="here", alt="", networks=["CNN"], layers=[layer])
        return str(opened(content)["mark"])

    assert mark(0.5) == mark(0.5)
    assert mark(0.5) != mark(0.7)


def test_a_reduced_film_says_so() -> None:
    grey = grey_values(written(dicom(film(), PixelSpacing=[0.2, 0.2])), "film", 48)
    told = packed_film(grey, None).told
    assert "Shown at 48 × 48 of the film's 96 × 96 pixels." in told["note"]
    assert told["millimetres"] == pytest.approx(0.4)


def test_lungs_have_a_window_of_their_own_on_any_scale() -> None:
    side = np.linspace(-1, 1, 96)
    across, down = np.meshgrid(side, side)
    values = np.full((96, 96), 3000, np.uint16)
    for middle in (-0.4, 0.4):
        values[((across - middle) / 0.25) ** 2 + (down / 0.55) ** 2 < 1] = 900
    values += np.random.default_rng(2).integers(0, 100, values.shape).astype(np.uint16)
    for photometric in ("MONOCHROME2", "MONOCHROME1"):
        stored = values if photometric == "MONOCHROME2" else 4095 - values
        data = written(dicom(stored, PhotometricInterpretation=photometric))
        low, high = lung_greys(grey_values(data, "film", LARGE)) or (0, 0)
        dark, bright = (900, 1000) if photometric == "MONOCHROME2" else (3095, 3195)
        assert dark - 20 <= low < high <= bright + 20


def test_a_film_of_one_grey_has_no_window_for_its_lungs() -> None:
    even = GreyFilm(
        codes=np.ones((64, 64), np.uint16), least=5, highest=5, step=1, black=5, white=5, bits=8,
        height=64, width=64,
    )  # fmt: skip
    assert lung_greys(even) is None


def test_the_script_holds_each_module_once_after_what_it_imports() -> None:
    assert {one.stem for one in HOME.glob("*.js")} == set(MODULES)
    for place, module in enumerate(MODULES):
        assert set(imports_of(module)) <= set(MODULES[:place]), module
    joined = script()
    assert "import " not in joined.replace("important", "")
    assert joined.count("export ") == 1
    named = re.findall(r"^(?:export )?(?:const|let|class|function) (\w+)", joined, re.MULTILINE)
    assert len(named) == len(set(named)), "two modules have a name in common"


def test_the_script_asks_nobody_and_writes_no_html() -> None:
    for module in MODULES:
        text = source(module)
        for word in ("fetch(", "XMLHttpRequest", "innerHTML", "http:", "https:", "eval("):
            assert word not in text, f"{module}.js: {word}"
