"""Who has which role, by the file and by what a provider says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from core.people.register import person_signed_in, read_register
from core.people.roles import Role

NOW = 1_800_000_000.0
WRITTEN = """
editors = ["Ana.Ruiz@Hospital.example", "*@radiology.example"]
viewers = ["*@hospital.example", "guest@radiology.example"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "people.toml"
    place.write_text(WRITTEN, encoding="utf-8")
    return place


def claims(address: object = "ana.ruiz@hospital.example", **other: object) -> dict[str, Any]:
    return {
        "is_logged_in": True,
        "email": address,
        "email_verified": True,
        "iat": NOW - 60,
        **other,
    }


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("ana.ruiz@hospital.example", Role.EDITOR),
        ("ANA.RUIZ@HOSPITAL.EXAMPLE", Role.EDITOR),
        ("ben@hospital.example", Role.VIEWER),
        ("ben@Hospital.Example", Role.VIEWER),
        ("dr@radiology.example", Role.EDITOR),
        ("guest@radiology.example", Role.VIEWER),  # their own line goes before their domain's
        ("ben@evil-hospital.example", Role.STRANGER),
        ("ben@hospital.example.evil.org", Role.STRANGER),
        ("ana.ruiz@hospital.example@evil.org", Role.STRANGER),
        ("*@hospital.example", Role.VIEWER),
        # A Kelvin sign is no k, whatever turns it into small letters.
        ("ben@ra\u212aiology.example", Role.STRANGER),
        ("", Role.STRANGER),
        (None, Role.STRANGER),
        (["ana.ruiz@hospital.example"], Role.STRANGER),
    ],
)
def test_a_role_goes_by_the_address(file: Path, address: object, role: Role) -> None:
    person = person_signed_in(file, claims(address), now=NOW)
    assert person.role is role
    assert bool(person.reason) == (role is Role.STRANGER)


def test_a_kelvin_sign_in_a_listed_address_is_not_its_k(tmp_path: Path) -> None:
    place = tmp_path / "people.toml"
    place.write_text('editors = ["kim@k.example"]', encoding="utf-8")
    asked = claims("\u212aim@k.example")
    assert person_signed_in(place, asked, now=NOW).role is Role.STRANGER


@pytest.mark.parametrize(
    ("said", "role"),
    [
        (True, Role.EDITOR),
        ("true", Role.EDITOR),
        (False, Role.STRANGER),
        ("false", Role.STRANGER),
        (None, Role.STRANGER),
        (1, Role.EDITOR),
        (0, Role.STRANGER),
    ],
)
def test_only_a_verified_address_counts(file: Path, said: object, role: Role) -> None:
    person = person_signed_in(file, claims(email_verified=said), now=NOW)
    assert person.role is role


def test_a_provider_that_never_says_so_is_trusted_only_where_the_file_says_it(file: Path) -> None:
    silent = claims()
    del silent["email_verified"]
    assert person_signed_in(file, silent, now=NOW).role is Role.STRANGER
    file.write_text(WRITTEN + "verified_without_saying = true\n", encoding="utf-8")
    assert person_signed_in(file, silent, now=NOW).role is Role.EDITOR
    denied = claims(email_verified=False)
    assert person_signed_in(file, denied, now=NOW).role is Role.STRANGER


@pytest.mark.parametrize(
    ("iat", "role"),
    [
        (NOW - 12 * 3600, Role.EDITOR),
        (NOW - 12 * 3600 - 1, Role.STRANGER),
        (NOW + 200, Role.EDITOR),  # the provider's clock
        (NOW + 3600, Role.STRANGER),
        (None, Role.STRANGER),
        (True, Role.STRANGER),
        (float("nan"), Role.STRANGER),
        ("now", Role.STRANGER),
    ],
)
def test_a_sign_in_is_over_some_day(file: Path, iat: object, role: Role) -> None:
    assert person_signed_in(file, claims(iat=iat), now=NOW).role is role


def test_the_file_says_how_long_a_sign_in_holds(file: Path) -> None:
    file.write_text(WRITTEN + "hours = 0.5\n", encoding="utf-8")
    old = claims(iat=NOW - 1900)
    assert person_signed_in(file, old, now=NOW).role is Role.STRANGER
    assert "Sign in again" in person_signed_in(file, old, now=NOW).reason


def test_who_has_not_signed_in_is_a_stranger(file: Path) -> None:
    assert person_signed_in(file, {}, now=NOW).reason == "Sign in first."
    assert person_signed_in(file, {**claims(), "is_logged_in": False}, now=NOW).role is (
        Role.STRANGER
    )


def test_who_is_taken_out_of_the_file_is_out(file: Path) -> None:
    assert person_signed_in(file, claims(), now=NOW).role is Role.EDITOR
    file.write_text('viewers = ["somebody@else.example"]', encoding="utf-8")
    assert person_signed_in(file, claims(), now=NOW).role is Role.STRANGER
    file.unlink()
    assert "there is no people.toml" in person_signed_in(file, claims(), now=NOW).reason


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("editors = [", "cannot be read"),
        ('editor = ["a@b.example"]', "editor”, which means nothing"),
        ('editors = "a@b.example"', "list of addresses"),
        ("editors = [1]", "list of addresses"),
        ('editors = ["ana"]', "no address"),
        ('editors = ["*"]', "no address"),
        ('editors = ["*@*"]', "no address"),
        ('editors = ["*@"]', "no address"),
        ('editors = ["*a@b.example"]', "no address"),
        ('editors = ["a@b.example"]\nviewers = ["A@B.example"]', "among editors and among viewers"),
        ("hours = 0", "above 0"),
        ("hours = true", "above 0"),
        ("hours = nan", "above 0"),
        ("hours = 100000", "at most 720"),
        ('verified_without_saying = "yes"', "true or false"),
    ],
)
def test_a_file_with_a_fault_gives_nobody_a_role_and_says_why(
    tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "people.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_register(file)
    person = person_signed_in(file, claims("a@b.example"), now=NOW)
    assert person.role is Role.STRANGER
    assert says in person.reason


def test_a_file_that_is_no_text_gives_nobody_a_role(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_bytes(b"\xff\xfe\x00")
    assert person_signed_in(file, claims(), now=NOW).role is Role.STRANGER
    assert person_signed_in(tmp_path, claims(), now=NOW).role is Role.STRANGER
