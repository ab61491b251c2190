"""Films by each of their findings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.datasets import choosing

TEXTS = ["Mass", "Cardiomegaly + Mass", "No finding", "unknown", "Cardiomegaly + Edema + Mass"]


@pytest.fixture(params=["category", "object", "category with an unused finding"])
def findings(request: pytest.FixtureRequest) -> pd.Series:
    if request.param == "object":
        return pd.Series(TEXTS, name="finding", dtype=object)
    known = [*TEXTS, "Hernia"] if "unused" in request.param else TEXTS
    return pd.Series(pd.Categorical(TEXTS, categories=sorted(known)), name="finding")


def test_a_film_is_counted_with_each_of_its_findings(findings: pd.Series) -> None:
    assert choosing.counts(findings).to_dict() == {
        "Mass": 3, "Cardiomegaly": 2, "Edema": 1, "No finding": 1, "unknown": 1,
    }  # fmt: skip
    assert choosing.counts(findings[:0]).empty


def test_films_are_taken_apart_in_their_order(findings: pd.Series) -> None:
    frame = pd.DataFrame({"film_id": list("abcde"), "finding": findings})
    parts = choosing.apart(frame)
    pairs = list(zip(parts["film_id"], parts["finding"].astype(str), strict=True))
    assert pairs == [
        ("a", "Mass"), ("b", "Cardiomegaly"), ("b", "Mass"), ("c", "No finding"),
        ("d", "unknown"), ("e", "Cardiomegaly"), ("e", "Edema"), ("e", "Mass"),
    ]  # fmt: skip
    single = frame.iloc[[0, 2]]
    assert choosing.apart(single)["finding"].astype(str).tolist() == ["Mass", "No finding"]
    assert choosing.apart(frame[:0]).empty


def test_any_all_and_none(findings: pd.Series) -> None:
    def films(mask: np.ndarray) -> str:
        return "".join(np.array(list("abcde"))[mask])

    assert films(choosing.has_any(findings, ["Edema", "No finding"])) == "ce"
    assert films(choosing.has_any(findings, ["Mass + Cardiomegaly"])) == "be"
    assert films(choosing.has_all(findings, ["Mass", "Cardiomegaly"])) == "be"
    assert films(choosing.has_none(findings, ["Cardiomegaly"])) == "ac"
    assert films(choosing.has_none(findings, ["Cardiomegaly", "unknown"])) == "ac"
    assert films(choosing.has_any(findings, ["Hernia"])) == ""
