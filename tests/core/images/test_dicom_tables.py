"""Tables, windows and names as they stand in unusual DICOM headers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from core.images.bare import bare_here
from core.images.decoding import decode_here
from core.images.film import DecodedFilm
from tests.core.images.dicom_films import dicom, expected, film, written

FILM = film()
PLAIN = expected(FILM)
TO_8_BITS = np.clip(np.rint((np.arange(4096) - 200) / 3300 * 255), 0, 255).astype(np.uint8)


def read(dataset: Dataset) -> DecodedFilm:
    return decode_here(written(dataset), "film.dcm")


def table(descriptor: list[int], data: bytes | list[int], first: str = "US") -> Sequence:
    item = Dataset()
    item.add_new(0x00283002, first, descriptor)
    item.add_new(0x00283006, "OW" if isinstance(data, bytes) else "US", data)
    return Sequence([item])


def two_in_each(table: np.ndarray) -> list[int]:
    values: list[int] = table.view("<u2").tolist()
    return values


@pytest.mark.parametrize("keyword", ["VOILUTSequence", "ModalityLUTSequence"])
@pytest.mark.parametrize(
    ("descriptor", "data"),
    [
        ([4096, 0, 8], TO_8_BITS.tobytes()),
        ([4096, 0, 8], two_in_each(TO_8_BITS)),
        ([4096, 0, 8], TO_8_BITS.astype("<u2").tobytes()),
        ([4096, 0, 8], TO_8_BITS.tolist()),
        ([4096, 0, 12], list(range(4096))),
        ([0, 0, 16], np.arange(65536, dtype="<u2").tobytes()),
        ([3301, 200, 14], (4 * np.arange(3301, dtype="<u2")).tobytes()),
    ],
)
def test_tables_of_any_width_are_used(
    keyword: str, descriptor: list[int], data: bytes | list[int]
) -> None:
    dataset = dicom(FILM, **{keyword: table(descriptor, data)})
    for one in (written(dataset), bare_here(written(dataset), "film.dcm", b"salt")):
        got = decode_here(one, "film.dcm")
        assert np.abs(got.pixels - PLAIN).max() <= 2
        assert got.notes == ()
    assert ("VOI table" in got.window) == (keyword == "VOILUTSequence")


def test_a_table_may_begin_below_zero_and_a_second_one_serve() -> None:
    signed = FILM.astype(np.int16) - 2048
    upside_down = np.arange(4096, dtype="<u2")[::-1].tobytes()
    good = table([4096, -2048, 12], upside_down, first="SS")
    got = read(dicom(signed, bits=16, VOILUTSequence=good))
    assert np.abs(got.pixels - (255.0 - PLAIN)).max() <= 2
    torn = table([4096, -2048, 12], b"\0\0", first="SS")
    got = read(dicom(signed, bits=16, VOILUTSequence=Sequence([*torn, *good])))
    assert np.abs(got.pixels - (255.0 - PLAIN)).max() <= 2
    assert got.notes == ("The header's VOI table cannot be used; it was passed over.",)


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID", "sigmoid "])
def test_narrow_windows_of_small_numbers(function: str) -> None:
    header = {"RescaleSlope": 2**-12, "RescaleIntercept": 0}
    window = {"WindowCenter": 0.5, "WindowWidth": 0.75, "VOILUTFunction": function}
    got = read(dicom(FILM, **header, **window))
    part = (FILM / 4096 - 0.5) / 0.75
    wanted = np.clip(part + 0.5, 0, 1) if "LINEAR" in function else 1 / (1 + np.exp(-4 * part))
    assert np.abs(got.pixels - 255 * wanted).max() <= 2
    assert got.notes == ()


def test_a_palette_film_without_its_palette_is_grey() -> None:
    grey = PLAIN.astype(np.uint8)
    got = read(dicom(grey, bits=8, PhotometricInterpretation="PALETTE COLOR"))
    assert np.abs(got.pixels - PLAIN).max() <= 1
    assert "does not say what dark and bright are" in got.notes[0]


def test_what_is_passed_over_is_not_said_to_have_given_way_to_the_films_range() -> None:
    got = read(dicom(FILM, WindowCenter=[40, 1850.5], WindowWidth=[80, 3301]))
    assert "own range" not in " ".join((got.window, *got.notes))


def test_patient_data_is_seen_wherever_it_stands() -> None:
    def nested(depth: int, **header: Any) -> DecodedFilm:
        item = Dataset()
        for word, value in header.items():
            setattr(item, word, value)
        for _ in range(depth):
            outer = Dataset()
            outer.ReferencedStudySequence = Sequence([item])
            item = outer
        return read(dicom(FILM, RequestAttributesSequence=Sequence([item])))

    assert nested(0, PatientID="4711").patient_data
    assert nested(3, PerformingPhysicianName="Miller^Ann").patient_data
    assert not nested(2, PatientID="").patient_data
    assert not nested(0, Modality="DX").patient_data
    for word in ("PatientComments", "AdditionalPatientHistory", "PatientTelephoneNumbers"):
        assert read(dicom(FILM, **{word: "Miller"})).patient_data
    assert not read(dicom(FILM, PatientSex="F", PatientAge="063Y")).patient_data
