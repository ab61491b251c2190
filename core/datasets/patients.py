"""Whose film it is, from the name of its file and of the folders around it.

Films of one patient are much alike, so a network that is tested on a patient whom it has learnt
from may recognise the patient. Patients are kept apart only where they are known: a patient
who is guessed wrongly, or one invented for each film, would make a leak look like none. So a
name is believed only when it says what it is (``patient00001``, ``p10000032``, ``sub-001``),
or when it comes back on several films (``case 12``, ``ID_0a3f``); else the patient is unknown.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

import regex

from core.datasets.importers.candidate import Candidate
from core.errors import InputError

UNKNOWN_PATIENT = ""
PatientFinder = Callable[[Sequence[str]], list[str]]
LONGEST_PATTERN = 200
SECONDS = 5.0  # for a pattern of the user's on all names together; a sane one takes milliseconds

_MOST = 0.9  # of a collection's films have a name of a kind before it is believed
_START = r"(?<![^\W_])"  # not in the middle of a word: “outpatient_3” names nobody
_HASH = r"(?=[0-9a-f-]*\d)(?=[0-9a-f-]*[a-f])[0-9a-f-]{8,36}(?![^\W_])"
# “0a1” may be a number or film 1 of patient 0a: then nobody is meant.
_NUMBER = rf"(?:{_HASH}|[a-z]{{0,3}}\d+(?!\d|[a-z]{{1,2}}\d))"
_GAP = r"[\s_.=#-]{0,3}"
_WORDS = (
    "patient|pat|subject|subj|participant|person|proband|pt|mrn|pid|"
    "paciente|paziente|pasien|пациент|患者|病人|환자"
)
_MORE = rf"(?:{_GAP}(?:id|no|nr|number))?"

# A name of these kinds says that it is a patient's, even where each has a single film.
_SAYS_SO = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_START}(?:{_WORDS}){_MORE}{_GAP}{_NUMBER}",
        r"^p\d{6,9}(?![^\W_])",  # MIMIC-CXR
        r"^sub-[a-z]{0,8}\d+[a-z0-9]*(?![^\W_])",  # BIDS
        r"^\d{8}(?=_\d{3}$)",  # ChestX-ray14: patient, number of the film
        r"^(?:normal\d-)?im-\d+(?=(?:-\d+)+$)",  # Kaggle's healthy children
    )
)
# These may as well number films; they are believed where one comes back on several.
_COMES_BACK = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_START}(?:case|caso|cas|fall){_MORE}{_GAP}{_NUMBER}",
        rf"{_START}id{_GAP}(?:{_HASH}|[a-z]*\d[a-z0-9]*)",
        r"^(?:p|s|sub)[_-]?\d{2,5}(?![^\W_])",
        r"^\d{5,10}(?=_\d{3}$)",
        r"^(?:[a-z0-9]+-){2,4}\d{4,}(?=/)",  # folders of the Cancer Imaging Archive
    )
)


def with_patients(
    candidates: Sequence[Candidate], find: PatientFinder | None = None
) -> list[Candidate]:
    """The candidates with a patient where one is known.

    ``find``: a pattern of the user's, which goes before all else for the names that it fits
    and takes the place of what names usually say. Raises what it raises.
    """
    names = [one.file for one in candidates]
    if find is not None:
        found = [own or one.patient for own, one in zip(find(names), candidates, strict=True)]
    else:
        silent = iter(patients_from_paths([one.file for one in candidates if not one.patient]))
        found = [one.patient or next(silent) for one in candidates]
    return [
        one if one.patient == patient else replace(one, patient=patient)
        for one, patient in zip(candidates, found, strict=True)
    ]


def patient_from_path(relative_path: str) -> str:
    """The patient that a film's own name or folder states, in small letters; ``""``: unknown.

    ``relative_path``: from the collection's top, with ``/``. Only names that say that they are
    a patient's are believed here; ``patients_from_paths`` looks at a whole collection.
    """
    return _first(_SAYS_SO, relative_path)[0]


def patients_from_paths(relative_paths: Sequence[str]) -> list[str]:
    """``patient_from_path`` for a collection: one a path, in order, ``""`` where unknown.

    Names such as ``case 12`` are believed as well where nine in ten films without a plainer
    one have one of the same kind, and some come back within a folder of films; a running number
    of the films, which is never the same twice, is nobody's.
    """
    found = [patient_from_path(one) for one in relative_paths]
    left = [place for place, name in enumerate(found) if not name]
    for pattern in _COMES_BACK:
        named = {place: _first((pattern,), relative_paths[place]) for place in left}
        if sum(bool(name) for name, _ in named.values()) < max(_MOST * len(left), 1):
            continue
        films = defaultdict[tuple[str, str], set[str]](set)
        for place, (name, around) in named.items():
            if name:
                films[around, name].add(_stem(relative_paths[place]))
        if sum(map(len, films.values())) > len(films):
            return [name or named[place][0] for place, name in enumerate(found)]
    return found


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


def _first(patterns: Sequence[re.Pattern[str]], path: str) -> tuple[str, str]:
    """The outermost name of one of the kinds, and the folder that it was found in."""
    pure = PurePosixPath(path)
    parts = [f"{part}/" for part in pure.parts[:-1]] + [_stem(path)]
    for depth, part in enumerate(parts):
        for pattern in patterns:
            match = pattern.search(part)
            if match and not _is_date(match[0]):
                return match[0].casefold().rstrip("/").strip(), "/".join(pure.parts[:depth])
    return "", ""


def _stem(path: str) -> str:
    """The file's name without endings, ``.nii.gz`` and ``.png.png`` included."""
    name = PurePosixPath(path).name
    return re.sub(r"(?:\.[A-Za-z]{1,5}){1,2}$", "", name.strip()) or name


def _is_date(text: str) -> bool:
    """Whether eight digits are a day: scanners name files by the day as well."""
    if not re.fullmatch(r"(?:19|20)\d{6}", text):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _slow(pattern: str) -> InputError:
    return InputError(
        f"“{pattern}” takes too long on these file names. Make it simpler: one repeat inside "
        "another, such as (a+)+, is usually the reason."
    )
