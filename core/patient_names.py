"""Whose film it is, from the name of its file and of the folders around it.

Films of one patient are much alike, so a network that is tested on a patient whom it has learnt
from may recognise the patient. Patients are kept apart only where they are known: a patient
who is guessed wrongly, or one invented for each film, would make a leak look like none. So a
name is believed only when it says what it is (``patient00001``, ``p10000032``, ``sub-001``),
or when it comes back on several films (``case 12``, ``ID_0a3f``); else the patient is unknown.

It stands this deep because the store derives patients anew when it is upgraded.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import PurePosixPath

UNKNOWN_PATIENT = ""

_PLACEHOLDER = re.compile(
    r"(?:anon|anonym|anonymous|anonymi[sz]ed?|deid|de.?identified|unknown|none|null|n.?a|nan|"
    r"no.?id|no.?name|not.?available|patient|patient.?id|test|phantom|removed|redacted|"
    r"confidential|default|dummy|id|name|[\W_]*)[\W_]*",
    re.IGNORECASE,
)
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


def is_placeholder(text: str) -> bool:
    """Whether programs and people write this where a patient's number belongs to nobody."""
    return bool(_PLACEHOLDER.fullmatch(text.strip()))


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
    left = array("q", (place for place, name in enumerate(found) if not name))
    for pattern in _COMES_BACK:
        looked = ((place, _first((pattern,), relative_paths[place])) for place in left)
        named = {place: one for place, one in looked if one[0]}
        if len(named) < max(_MOST * len(left), 1):
            continue
        films = defaultdict[tuple[str, str], set[str]](set)
        for place, (name, around) in named.items():
            films[around, name].add(_stem(relative_paths[place]))
        if sum(map(len, films.values())) > len(films):
            nobody = (UNKNOWN_PATIENT, "")
            return [name or named.get(place, nobody)[0] for place, name in enumerate(found)]
    return found


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
