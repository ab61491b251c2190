from __future__ import annotations

import unicodedata

import pytest

from core import names


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("肺炎.png", "肺炎.png"),
        ("O\u0308dem", "Ödem"),
        ("a/b\\c:d", "a_b_c_d"),
        ("CON", "CON_"),
        ("con.png", "con_.png"),
        ("Lpt1.tar.gz", "Lpt1_.tar.gz"),
        ("console", "console"),
        ("ends. . ", "ends"),
        ("..", "film"),
        ("", "film"),
        ("a\u202eb\x07", "a_b_"),
        ("\udce4.png", "_.png"),
    ],
)
def test_what_a_name_is_called_on_a_disk(name: str, file: str) -> None:
    assert names.on_disk(name) == file


def test_a_long_name_keeps_its_ending_and_whole_letters() -> None:
    file = names.on_disk("肺" * 200 + ".png")
    assert file.endswith(".png")
    assert len(file.encode()) <= names.LONGEST_ON_DISK
    assert set(file.removesuffix(".png")) == {"肺"}


def test_no_two_classes_get_the_same_folder() -> None:
    given = ["a.", "a", "A", "ａ", "CON", "con_", "肺炎", "a (2)"]
    found = names.folders_of(given)
    assert len({unicodedata.normalize("NFKC", one).casefold() for one in found}) == len(given)
    assert found[-2] == "肺炎"
    assert not any(one.endswith((".", " ")) for one in found)


def test_two_data_sets_are_never_the_same_file() -> None:
    assert names.file_of("study", ".zip") == "study.zip"
    assert names.file_of("肺炎", ".zip") == "肺炎.zip"
    found = {names.file_of(one, ".zip") for one in ("a", "a.", "a. .", "nul", "nul_")}
    assert len(found) == 5


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("COVID-19 + ARDS", "COVID-19 ARDS"),
        ("**Ödem** (links)", "Ödem links"),
        ("…肺炎?", "肺炎"),
        ("???", ""),
        ("\u3164肺\u3164", "肺"),
        ("x" * 50, "x" * 40),
    ],
)
def test_a_name_made_of_any_text(text: str, name: str) -> None:
    made = names.from_text(text, 40)
    assert made == name
    assert not made or not names.objection(made, 40)
