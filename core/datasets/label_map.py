"""One spelling for each finding, view and sex, whatever a source writes.

The rules are about the words that the public collections use; a finding that is not
known here keeps its own spelling, so that nobody's class disappears.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

UNKNOWN = "unknown"
REMEMBERED = 4096  # texts: tables of 400,000 rows repeat a few hundred
NO_FINDING = "No finding"
JOINT = " + "
# What stands between two findings of one film, in the tables and folders of any country.
SEPARATORS = re.compile(r"[,;|+，；、｜＋،؛]")
# The finding that the study asks for is named first, all others by the alphabet.
FIRST = "COVID-19"

# What tables write where they know nothing.
SILENT = frozenset({"", "?", "nan", "none", "null", "n/a", "na", "-", "todo", "unknown", "unclear"})

FINDINGS = {
    "covid-19": "COVID-19",
    "covid19": "COVID-19",
    "covid 19": "COVID-19",
    "covid": "COVID-19",
    "sars-cov-2": "COVID-19",
    "no finding": "No finding",
    "no findings": "No finding",
    "nofinding": "No finding",
    "normal": "No finding",
    "healthy": "No finding",
    "bacterial pneumonia": "Bacterial pneumonia",
    "pneumonia bacterial": "Bacterial pneumonia",
    "bacterial": "Bacterial pneumonia",
    "bacteria": "Bacterial pneumonia",
    "viral pneumonia": "Viral pneumonia",
    "pneumonia viral": "Viral pneumonia",
    "viral": "Viral pneumonia",
    "virus": "Viral pneumonia",
    "pneumonia": "Pneumonia",
    "fungal": "Fungal pneumonia",
    "fungal pneumonia": "Fungal pneumonia",
    "aspiration": "Aspiration pneumonia",
    "aspiration pneumonia": "Aspiration pneumonia",
    "sars": "SARS",
    "mers": "MERS",
    "mers-cov": "MERS",
    "ards": "ARDS",
    "influenza": "Influenza",
    "h1n1": "Influenza",
    "streptococcus": "Streptococcus",
    "pneumocystis": "Pneumocystis",
    "klebsiella": "Klebsiella",
    "legionella": "Legionella",
    "mycoplasma": "Mycoplasma",
    "mycoplasma bacterial pneumonia": "Mycoplasma",
    "lipoid": "Lipoid",
    "varicella": "Varicella",
    "herpes": "Herpes",
    "e. coli": "E. coli",
    "e.coli": "E. coli",
    "e coli": "E. coli",
    "chlamydophila": "Chlamydophila",
    "chlamydia": "Chlamydophila",
    "nocardia": "Nocardia",
    "staphylococcus": "Staphylococcus",
    "mrsa": "MRSA",
    "aspergillosis": "Aspergillosis",
    "tuberculosis": "Tuberculosis",
    "tb": "Tuberculosis",
}

PER_YEAR = {"m": 12, "w": 52.18, "d": 365.25}  # how old children are told in DICOM and tables

_KEYED = {re.sub(r"[\s_-]+", " ", written): name for written, name in FINDINGS.items()}

VIEWS = {
    "pa": "PA",
    "p a": "PA",
    "postero anterior": "PA",
    "posteroanterior": "PA",
    "frontal pa": "PA",
    "ap": "AP",
    "a p": "AP",
    "antero posterior": "AP",
    "anteroposterior": "AP",
    "frontal ap": "AP",
    "ap horizontal": "AP supine",
    "supine": "AP supine",
    "left lateral": "Lateral",
    "right lateral": "Lateral",
    "lateral left": "Lateral",
    "lateral right": "Lateral",
    "ap erect": "AP",
    "ap supine": "AP supine",
    "ap semi erect": "AP supine",
    "l": "Lateral",
    "ll": "Lateral",
    "rl": "Lateral",
    "lat": "Lateral",
    "lateral": "Lateral",
    "xtl": "Lateral",
    "axial": "Axial",
    "coronal": "Coronal",
}

SEXES = {
    "f": "F", "female": "F", "w": "F", "woman": "F", "weiblich": "F", "femme": "F", "mujer": "F",
    "feminino": "F", "femenino": "F", "féminin": "F",
    "m": "M", "male": "M", "man": "M", "männlich": "M", "homme": "M", "hombre": "M",
    "masculino": "M", "masculin": "M",
}  # fmt: skip


def normalise_finding(text: str | None) -> str:
    """One name for a finding; those of a film with several, joined: ``COVID-19 + ARDS``.

    Labels stand between ``, ; | +``, and come out in one order (see ``join_findings``), so that
    the same findings are the same text. ``Pneumonia/Viral/COVID-19`` gives its last step.
    Silence gives ``"unknown"``.
    """
    return join_findings(_one_finding(label) for label in SEPARATORS.split(_clean(text)))


def join_findings(findings: Iterable[str]) -> str:
    """Single findings as one text, each once: COVID-19 first, the others by the alphabet.

    ``"unknown"`` is left out beside others, and is what no finding at all gives.
    """
    known = {one for one in findings if one not in ("", UNKNOWN)}
    ordered = sorted(known, key=lambda one: (one != FIRST, one.casefold(), one))
    return JOINT.join(ordered) or UNKNOWN


def findings_of(text: str) -> tuple[str, ...]:
    """The single findings of a film's ``finding``: ``("COVID-19", "ARDS")``.

    The other way of ``join_findings``; a film of which nothing is known gives
    ``("unknown",)``. None of them contains ``JOINT``.
    """
    return tuple(part for part in text.split(JOINT) if part) or (UNKNOWN,)


@lru_cache(maxsize=REMEMBERED)
def finding_key(finding: str) -> str:
    """What two spellings of one finding have in common, for comparing only.

    Capitals, blanks, underscores, dashes, invisible signs and the ways that Unicode has to
    write a letter make no difference: ``Pulmonary_Fibrosis`` is ``pulmonary fibrosis``.
    """
    plain = unicodedata.normalize("NFKC", finding).casefold()
    seen = (" " if unicodedata.category(sign) in ("Pd", "Pc") else sign for sign in plain)
    words = "".join(sign for sign in seen if unicodedata.category(sign) != "Cf").split()
    return unicodedata.normalize("NFKC", " ".join(words)).strip(" .:!\"'")


@lru_cache(maxsize=REMEMBERED)
def normalise_label(label: str) -> str:
    """One name for a single finding that is no path of steps: ``Nodule/Mass`` stays whole."""
    cleaned = _clean(label)
    if _silent(cleaned):
        return UNKNOWN
    known = _KEYED.get(finding_key(cleaned))
    if known:
        return known
    # A sign that joins findings is no part of a single one.
    return _clean(unicodedata.normalize("NFC", cleaned).replace("_", " ").replace("+", " "))


def _one_finding(label: str) -> str:
    steps = [step for step in (_clean(part) for part in label.split("/")) if not _silent(step)]
    if _silent(_clean(label)) or not steps:
        return UNKNOWN
    return normalise_label(steps[-1])


def normalise_view(text: str | None) -> str:
    """``PA``, ``AP``, ``AP supine``, ``Lateral``, ``Axial``, ``Coronal`` or ``unknown``."""
    plain = re.sub(r"[_\s-]+", " ", _clean(text)).lower()
    return VIEWS.get(re.sub(r" (?:view|projection)$", "", plain), UNKNOWN)


def normalise_sex(text: str | None) -> str:
    """``F``, ``M`` or ``unknown``."""
    return SEXES.get(_clean(text).lower(), UNKNOWN)


def normalise_age(text: str | None) -> float | None:
    """Age in years, 0 to 130; None where it is missing or no number.

    ``063Y`` is 63, ``018M`` (months) 1.5.
    """
    match = re.fullmatch(
        r"(\d{1,3}(?:[.,]\d+)?)\s*(y|yrs?|years?|m|months?|w|weeks?|d|days?)?", _clean(text).lower()
    )
    age = float(match[1].replace(",", ".")) if match else None
    if age is not None and match and match[2]:
        age = round(age / PER_YEAR.get(match[2][0], 1), 2)
    return age if age is not None and age <= 130 else None


@lru_cache(maxsize=REMEMBERED)
def is_silent(text: str | None) -> bool:
    """Whether a table's cell says nothing: empty, ``?``, ``nan`` and the like."""
    return _silent(_clean(text))


def _silent(cleaned: str) -> bool:
    return cleaned.lower() in SILENT


def _clean(text: str | None) -> str:
    return re.sub(r"\s+", " ", text).strip() if isinstance(text, str) else ""
