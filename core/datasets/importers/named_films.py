"""Shenzhen, Montgomery and JSRT: what a film shows stands in the name of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.folders import place_of
from core.datasets.importers.tree import Tree, film_stem
from core.datasets.label_map import NO_FINDING, normalise_age, normalise_sex

NAME = "named_films"
TITLE = "Shenzhen, Montgomery or JSRT"
LOOKS_LIKE = "Shenzhen, Montgomery and JSRT (CHNCXR_0001_0.png, JPCLN001.png)"

TUBERCULOSIS = re.compile(r"(?:CHN|MCU)CXR_\d{4}_([01])")
NODULE = re.compile(r"JPC(LN|NN)\d{3}")
MOST = 0.9  # of the films have such a name
# “male 45yrs” in China, “Patient's Sex: F” and “Patient's Age: 045Y” in Montgomery County.
SEX = re.compile(r"\b(female|male|[FM])\b", re.IGNORECASE)
AGE = re.compile(r"\b(\d{1,3} ?(?:y|yrs?|years?|m|months?|days?|d))\b", re.IGNORECASE)
LONGEST = 10_000  # characters of a reading: they have one to three lines


def detect(tree: Tree) -> bool:
    """Whether nearly all films are named so, and lie in no class folder that says otherwise."""
    named = [name for name in tree.films if _finding(name) and not place_of(name).folder]
    return bool(named) and len(named) >= MOST * len(tree.films)


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film. Sex and age stand in the readings beside, where they lie there."""
    readings = {PurePosixPath(name).stem: name for name in tree.files if name.endswith(".txt")}
    for name in tree.films:
        stem = film_stem(_last(name))
        finding = _finding(name)
        if not finding:
            continue  # told as unlisted
        text = _text(tree, readings[stem]) if stem in readings else ""
        sex, age = SEX.search(text), AGE.search(text)
        yield Candidate(
            file=name,
            path=tree.path(name),
            patient="",
            finding=finding,
            finding_original=stem,
            sex=normalise_sex(sex[1] if sex else ""),
            age=normalise_age(age[1] if age else ""),
            masks=tree.masks_of(name),
        )


def _finding(name: str) -> str:
    stem = film_stem(_last(name)).upper()
    tuberculosis, nodule = TUBERCULOSIS.fullmatch(stem), NODULE.fullmatch(stem)
    if tuberculosis:
        return "Tuberculosis" if tuberculosis[1] == "1" else NO_FINDING
    if nodule:
        return "Nodule" if nodule[1] == "LN" else NO_FINDING
    return ""


def _last(name: str) -> str:
    return PurePosixPath(name).name


def _text(tree: Tree, name: str) -> str:
    try:
        with tree.path(name).open(encoding="utf-8", errors="replace") as stream:
            return stream.read(LONGEST)
    except OSError:
        return ""
