"""CSV files that show text and run nothing, whoever named what is in them."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from core.spreadsheet import as_text, csv_bytes, harmless


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://example.org","x")',
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        '"=1+1"',
        " \u200b\ufeff=1",
        "\u202e=1",
        "\u2066\u00ad=1",
        "\u00a0=1",
        "＝1+1",
        "＋1+1",
        "－cmd",
        "＠x",
        "\tplain",
        "-film.png",
    ],
    ids=ascii,
)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert harmless(text).startswith("'")
    assert harmless(text)[1:].replace("'", "") == text.replace("'", "")
    assert harmless(harmless(text)) == harmless(text), "twice does no more than once"


@pytest.mark.parametrize("text", ["a;=1+1", "a\t=1", "a\n @x", 'x;"=1"'], ids=ascii)
def test_a_cell_that_another_country_would_split_is_safe_too(text: str) -> None:
    for part in harmless(text).replace("\n", ";").replace("\t", ";").split(";")[1:]:
        assert part.startswith("'")


@pytest.mark.parametrize(
    "value",
    ["film.png", "肺炎", "it is - a film", "", "a=b", "'=1", "-5", "+3.5", "-1e-05", "-.5",
     -5, -0.25, None, True],
    ids=ascii,
)  # fmt: skip
def test_everything_else_stays_as_it_is(value: object) -> None:
    assert harmless(value) == value


def test_numbers_stay_numbers_and_excel_sees_the_encoding() -> None:
    table = pd.DataFrame(
        {
            "=name": ["=1", "肺炎"],
            "change": [-0.5, np.nan],
            "count": pd.array([-3, None], dtype="Int64"),
            "kind": pd.Categorical(["@a", "b"]),
            "mixed": [-1.5, "=x"],
        }
    )
    content = csv_bytes(table)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert rows[0] == {
        "'=name": "'=1", "change": "-0.5", "count": "-3", "kind": "'@a", "mixed": "-1.5",
    }  # fmt: skip
    assert rows[1]["'=name"] == "肺炎"
    assert rows[1]["mixed"] == "'=x"
    assert "=name" in table, "the table itself is not changed"


def test_a_name_that_is_no_text_does_not_lose_the_table() -> None:
    assert as_text("肺炎.png") == "肺炎.png"
    assert b"udcff" in csv_bytes(pd.DataFrame({"file": [as_text("\udcff.png")]}))
