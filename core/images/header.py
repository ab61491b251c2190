"""What ThoraxLens takes from a DICOM header beside the picture: whose film it is, as a hash that
tells nobody, and view, sex and age. No other value leaves this room."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace

from pydicom.dataset import Dataset

from core.images.dicom_file import OURS, dicom_start, read_dataset, value_of, word_of
from core.images.header_facts import HeaderFacts
from core.patient_names import is_placeholder

VIEWS = {
    "PA": "PA", "AP": "AP", "LL": "Lateral", "RL": "Lateral", "LAT": "Lateral",
    "LATERAL": "Lateral", "LLAT": "Lateral", "RLAT": "Lateral",
}  # fmt: skip
SEXES = {"M": "M", "F": "F"}
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
_OLDEST = 130.0
# What programs and people write where a patient's number belongs to nobody.
_NOBODY = re.compile(
    r"[0\W_]*|x+|1+|9+|0*123456(?:7(?:89?)?)?0*|(?:anon\w*?|de.?id\w*?)[\W_\d]*", re.IGNORECASE
)


def header_facts(data: bytes, salt: bytes) -> HeaderFacts:
    """Facts of a DICOM file, of which the beginning is enough; none for anything else, or for a
    header that cannot be read. ``salt``: the data folder's own (``core.salt``)."""
    try:
        start = dicom_start(data)
        if start is None:
            return HeaderFacts()
        dataset, _ = read_dataset(data, start, "The film")
        return _facts(dataset, salt)
    except Exception:  # noqa: BLE001 - a header may be odd in any way, and is no reason to fail
        return HeaderFacts()


def _facts(dataset: Dataset, salt: bytes) -> HeaderFacts:
    number, name = word_of(dataset, "PatientID"), _name(dataset)
    born = word_of(dataset, "PatientBirthDate")
    born = born if re.fullmatch(r"(?:18|19|20)\d{6}", born) else ""
    who = ""
    ours = number.split(":")
    if ours[0] == OURS.decode() and len(ours) == 3:  # hashed when the header was taken off
        return replace(_facts_but_who(dataset), patient=ours[1].lower(), person=ours[2].lower())
    if not _is_nobody(number):
        who = f"number {number}"
    elif born and not _is_nobody(name):
        who = f"name {name} born {born}"
    return replace(
        _facts_but_who(dataset),
        patient=_hashed(who, salt),
        person=_hashed(f"born {born}" if born else "", salt),
    )


def _facts_but_who(dataset: Dataset) -> HeaderFacts:
    return HeaderFacts(
        view=VIEWS.get(word_of(dataset, "ViewPosition"), ""),
        sex=SEXES.get(word_of(dataset, "PatientSex"), ""),
        age=_age(word_of(dataset, "PatientAge")),
    )


def _is_nobody(text: str) -> bool:
    return bool(_NOBODY.fullmatch(text)) or is_placeholder(text)


def _name(dataset: Dataset) -> str:
    value = value_of(dataset, "PatientName")
    return " ".join(str(value or "").replace("^", " ").upper().split())


def _age(text: str) -> float | None:
    match = _AGE.fullmatch(text)
    years = int(match[1]) * _YEARS[match[2]] if match else None
    return round(years, 2) if years is not None and years <= _OLDEST else None


def _hashed(text: str, salt: bytes) -> str:
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()[:16] if text else ""
