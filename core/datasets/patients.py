"""The patients of a collection's films: what its layout says, a pattern of the user's, names."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import regex

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.name_row import NameRow
from core.errors import InputError
from core.patient_names import (
    UNKNOWN_PATIENT,
    is_placeholder,
    patient_from_path,
    patients_from_paths,
)

__all__ = [
    "PatientFinder",
    "hashed",
    "patient_finder",
    "patient_from_path",
    "patients_from_paths",
    "with_patients",
]  # fmt: skip

PatientFinder = Callable[[Sequence[str]], list[str]]
HASHED = "hash-"  # begins the name of a patient who is known by a hash
LONGEST_PATTERN = 200
SECONDS = 5.0  # for a pattern of the user's on all names together; a sane one takes milliseconds


def with_patients(
    candidates: Sequence[Candidate], find: PatientFinder | None = None
) -> list[Candidate]:
    """The candidates with a patient where one is known.

    ``find``: a pattern of the user's, which goes before all else for the names that it fits
    and takes the place of what names usually say. Raises what it raises.
    """
    files, said = [one.file for one in candidates], [one.patient for one in candidates]
    named = patients_named(files, said, find)
    return [with_patient(one, patient) for one, patient in zip(candidates, named, strict=True)]


def with_patient(one: Candidate, patient: str) -> Candidate:
    """The candidate as a film of this patient."""
    return one if one.patient == patient else replace(one, patient=patient)


def patients_named(
    files: Sequence[str], said: Sequence[str], find: PatientFinder | None = None
) -> list[str]:
    """The patient of each film, where one is known, by its relative path and by what its layout
    ``said``; ``find`` as in ``with_patients``."""
    own = [UNKNOWN_PATIENT if is_placeholder(one) else one for one in said]
    if find is not None:
        return [found or one for found, one in zip(find(files), own, strict=True)]
    silent = NameRow(file for file, one in zip(files, own, strict=True) if not one)
    found = iter(patients_from_paths(silent))
    return [one or next(found) for one in own]


def hashed(patient: str, salt: bytes) -> str:
    """A patient by a hash, for columns that hold names: who it is need not be known to keep
    the films of one patient together. ``salt``: the data folder's own. ``""`` stays."""
    plain = " ".join(patient.split()).casefold()
    if is_placeholder(plain):
        return UNKNOWN_PATIENT
    return f"{HASHED}{hmac.new(salt, plain.encode(), hashlib.sha256).hexdigest()[:16]}"


def patient_finder(pattern: str) -> PatientFinder:
    """What a pattern of the user's finds in relative paths: one patient a path, or ``""``.

    ``pattern``: a regular expression, looked for anywhere in the path; the patient is the
    group called ``patient``, else the first group, else all that it matched. Raises
    InputError for a pattern that is none, that fits no path, or that takes too long.
    """
    if not pattern.strip() or len(pattern) > LONGEST_PATTERN:
        raise InputError(f"A pattern for patients has 1 to {LONGEST_PATTERN} characters.")
    try:
        compiled = regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        raise InputError(
            f"“{pattern}” is not a regular expression ({error}). "
            r"An example: patient(\d+) finds the number in patient12_film3.png."
        ) from error
    group: str | int = "patient" if "patient" in compiled.groupindex else min(compiled.groups, 1)

    def find(relative_paths: Sequence[str]) -> list[str]:
        found, left = [], SECONDS
        for path in relative_paths:
            before = time.monotonic()
            try:
                match = compiled.search(path, timeout=left)
            except TimeoutError as error:
                raise _slow(pattern) from error
            left -= time.monotonic() - before
            if left <= 0:
                raise _slow(pattern)
            found.append((match[group] or "").strip() if match else UNKNOWN_PATIENT)
        if relative_paths and not any(found):
            raise InputError(
                f"“{pattern}” fits none of the {len(found)} file names, for example "
                f"{relative_paths[0]}. Change the pattern, or leave it out."
            )
        return found

    return find


def _slow(pattern: str) -> InputError:
    return InputError(
        f"“{pattern}” takes too long on these file names. Make it simpler: one repeat inside "
        "another, such as (a+)+, is usually the reason."
    )
