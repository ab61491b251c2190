"""What is taken from a DICOM header beside the picture."""

from __future__ import annotations

from dataclasses import dataclass

LOOKED_AT = 1024 * 1024  # bytes of a file; the patient stands at its beginning


@dataclass(frozen=True)
class HeaderFacts:
    """``patient``: a hash of the patient's number, or else of name and birth date; ``""``
    where the header names nobody. ``person``: a hash of what else is said of the patient
    (birth date), for telling two people under one number. ``view`` PA, AP or Lateral, ``sex``
    F or M, else ``""``; ``age`` in years or None."""

    patient: str = ""
    person: str = ""
    view: str = ""
    sex: str = ""
    age: float | None = None


NO_FACTS = HeaderFacts()
