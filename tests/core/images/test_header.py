"""What is taken from a DICOM header: never a value that says who somebody is."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from core.images.bare import bare_here
from core.images.decode import film_facts
from core.images.header import header_facts
from core.images.header_facts import HeaderFacts
from tests.core import planted

SALT, OTHER = b"a" * 32, b"b" * 32


def test_a_patient_is_a_hash_that_hangs_on_the_salt() -> None:
    one, again = (header_facts(planted.dicom(seed, number="4711-B"), SALT) for seed in (1, 2))
    assert one == again
    assert len(one.patient) == 16
    assert one.patient != header_facts(planted.dicom(1, number="4712-B"), SALT).patient
    assert one.patient != header_facts(planted.dicom(1, number="4711-B"), OTHER).patient
    assert (one.view, one.sex, one.age) == ("PA", "F", 61.0)
    said = repr(asdict(one))
    assert not any(word in said for word in ("4711", planted.NAME, "1964", "0229"))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_however_it_is_written_it_is_the_same_patient(syntax: object) -> None:
    first = header_facts(planted.dicom(1, number=" 4711 "), SALT)
    assert header_facts(planted.dicom(2, syntax, number="4711"), SALT) == first
    assert header_facts(planted.dicom(2, number="4711")[132:], SALT) == first


@pytest.mark.parametrize(
    "number",
    ["", "0", "000000", "ANONYMOUS", "anonymized", "Anonymised", "ANON", "Anon001", "unknown",
     "N/A", "none", "NULL", "xxxx", "-", "1", "9999", "123456", "Patient ID", "de-identified",
     "REMOVED"],
)  # fmt: skip
def test_a_placeholder_is_nobody(number: str) -> None:
    film = planted.dicom(1, number=number, PatientBirthDate="")
    assert header_facts(film, SALT).patient == ""


@pytest.mark.parametrize("number", ["Patient-12", "A1", "10", "1000", "TEST-7", "Anna 3"])
def test_what_only_looks_like_one_is_somebody(number: str) -> None:
    film = planted.dicom(1, number=number, PatientBirthDate="")
    assert header_facts(film, SALT).patient != ""


def test_name_and_birth_date_stand_in_for_a_number() -> None:
    one = header_facts(planted.dicom(1, number=""), SALT)
    assert one.patient == header_facts(planted.dicom(2, number="ANON"), SALT).patient != ""
    for other in ({"PatientBirthDate": "19640301"}, {"PatientName": "Meier^Eva"}):
        assert header_facts(planted.dicom(1, number="", **other), SALT).patient != one.patient
    nobody = planted.dicom(1, number="", PatientName="Anonymous")
    assert header_facts(nobody, SALT).patient == ""


@pytest.mark.parametrize(
    ("header", "view", "sex", "age"),
    [
        ({"ViewPosition": "LL", "PatientSex": "M", "PatientAge": "006M"}, "Lateral", "M", 0.5),
        ({"ViewPosition": "ap", "PatientSex": "O", "PatientAge": "414Y"}, "AP", "", None),
        ({"ViewPosition": "Jane", "PatientSex": "", "PatientAge": ""}, "", "", None),
    ],
)
def test_view_sex_and_age_only_where_they_say_something(
    header: dict[str, str], view: str, sex: str, age: float | None
) -> None:
    found = header_facts(planted.dicom(1, **header), SALT)
    assert (found.view, found.sex, found.age) == (view, sex, age)


def test_a_bare_film_says_the_same_even_under_another_salt() -> None:
    data = planted.dicom(1, number="4711")
    assert header_facts(bare_here(data, "f", SALT), OTHER) == header_facts(data, SALT)


@pytest.mark.parametrize(
    "data", [b"", b"no film", planted.png(), planted.dicom(1)[:200], b"\0" * 128 + b"DICM" + b"\1"]
)
def test_what_cannot_be_read_says_nothing(data: bytes) -> None:
    assert header_facts(data, SALT).patient == ""
    assert film_facts(planted.jpeg(), "film.jpg", SALT) == HeaderFacts()
