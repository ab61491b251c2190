from __future__ import annotations

import pytest

from core.datasets.label_map import (
    JOINT,
    findings_of,
    is_silent,
    join_findings,
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
        ("ARDS, COVID-19", "COVID-19 + ARDS"),
        ("Emphysema|Cardiomegaly", "Cardiomegaly + Emphysema"),
        ("edema;Atelectasis; edema", "Atelectasis + edema"),
        ("肺炎，积液、肺炎", "积液 + 肺炎"),
        ("unknown|Edema", "Edema"),
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


def test_several_findings_are_taken_apart_and_joined_again() -> None:
    for text in ("COVID-19", "COVID-19 + ARDS", "Cardiomegaly + Edema + 肺炎", "unknown"):
        parts = findings_of(text)
        assert join_findings(parts) == join_findings(reversed(parts)) == text
        assert not any(JOINT in one for one in parts)
    assert findings_of("COVID-19 + ARDS") == ("COVID-19", "ARDS")
    assert findings_of("") == findings_of("unknown") == ("unknown",)
    assert join_findings(()) == join_findings(("unknown", "")) == "unknown"


@pytest.mark.parametrize("sign", list(",;|+，；、"))
def test_no_single_finding_keeps_a_sign_that_separates_findings(sign: str) -> None:
    found = findings_of(normalise_finding(f"Mass {sign}{sign} Nodule{sign}"))
    assert found == ("Mass", "Nodule")


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
