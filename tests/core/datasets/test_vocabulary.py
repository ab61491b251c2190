from __future__ import annotations

import pytest

from core.datasets.vocabulary import (
    is_silent,
    normalise_age,
    normalise_finding,
    normalise_sex,
    normalise_view,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("COVID-19", "COVID-19"),
        ("COVID-19, ARDS", "COVID-19 + ARDS"),
        ("COVID-19 + ARDS", "COVID-19 + ARDS"),
        ("COVID-19, COVID19", "COVID-19"),
        ("Pneumonia/Viral/COVID-19", "COVID-19"),
        ("Pneumonia/Bacterial/E.Coli", "E. coli"),
        ("Pneumonia/Bacterial", "Bacterial pneumonia"),
        ("Pneumonia/Viral/MERS-CoV", "MERS"),
        ("Pneumonia/Viral/Influenza/H1N1", "Influenza"),
        ("Pneumonia/todo", "Pneumonia"),
        ("No Finding", "No finding"),
        ("No_findings", "No finding"),
        ("NORMAL", "No finding"),
        ("healthy", "No finding"),
        ("covid", "COVID-19"),
        ("Mycoplasma Bacterial Pneumonia", "Mycoplasma"),
        ("  Klebsiella ", "Klebsiella"),
        ("Lung_Opacity", "Lung Opacity"),
        ("todo", "unknown"),
        ("", "unknown"),
        ("?", "unknown"),
        ("n/a", "unknown"),
        ("nan", "unknown"),
        (None, "unknown"),
        (", ,", "unknown"),
    ],
)
def test_findings(written: str | None, meant: str) -> None:
    assert normalise_finding(written) == meant


def test_normalised_findings_stay_as_they_are() -> None:
    for finding in ("Bacterial pneumonia", "E. coli", "COVID-19 + ARDS", "unknown", "No finding"):
        assert normalise_finding(finding) == finding


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("PA", "PA"),
        ("pa ", "PA"),
        ("AP", "AP"),
        ("AP Supine", "AP supine"),
        ("AP_supine", "AP supine"),
        ("AP semi erect", "AP supine"),
        ("L", "Lateral"),
        ("lateral", "Lateral"),
        ("Axial", "Axial"),
        ("Coronal", "Coronal"),
        ("?", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_views(written: str | None, meant: str) -> None:
    assert normalise_view(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("F", "F"), ("female", "F"), ("M ", "M"), ("Male", "M"), ("?", "unknown"), (None, "unknown")],
)
def test_sexes(written: str | None, meant: str) -> None:
    assert normalise_sex(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("65", 65.0),
        ("0", 0.0),
        ("42.5", 42.5),
        ("063Y", 63.0),
        ("", None),
        ("?", None),
        ("nan", None),
        ("-3", None),
        ("400", None),
        (None, None),
    ],
)
def test_ages(written: str | None, meant: float | None) -> None:
    assert normalise_age(written) == meant


def test_silence() -> None:
    assert all(is_silent(text) for text in ("", " ", "?", "NaN", "None", None))
    assert not is_silent("0")
