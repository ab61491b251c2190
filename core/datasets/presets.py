"""Data set descriptions that fit what has been imported: the study's, and a better one.

Real and artificial films never meet in a preset: as soon as one real source is there, the
phantoms are left out.
"""

from __future__ import annotations

import re

import pandas as pd

from core.datasets.choosing import counts, has_any
from core.datasets.credits import SAMPLE_SOURCE
from core.datasets.label_map import (
    UNKNOWN,
    finding_key,
    findings_of,
    join_findings,
    normalise_finding,
    normalise_view,
)
from core.errors import InputError, SpecError
from core.names import from_text
from core.specs import LONGEST_CLASS_NAME, ClassSpec, DatasetSpec, SplitBy
from core.store import Catalogue
from core.text import listed

KINDS = ("study", "recommended", "four-classes", "adult-negatives")
POSITIVE, NEGATIVE, VIEW = "COVID-19", "No finding", "PA"
FOUR = (POSITIVE, "Bacterial pneumonia", "Viral pneumonia", NEGATIVE)
ANY_VIEW = "any"
_OWN_FINDINGS = (
    "The preset {kind} has its own {many}. Leave out the positive and the negative finding, or "
    "choose another preset."
)
_NO_FILM = "No film has the finding “{finding}”. There are: {known}."
_CLASS_NAMES = {
    POSITIVE: "covid",
    "Bacterial pneumonia": "bacterial",
    "Viral pneumonia": "viral",
    NEGATIVE: "healthy",
}


def study_spec(catalogue: Catalogue, name: str = "study", seed: int = 0) -> DatasetSpec:
    """The study's data set: COVID-19 in PA views against the healthy children of Kaggle.

    On the phantoms instead when nothing else has been imported. Raises SpecError when
    one of the study's two collections is missing.
    """
    return preset("study", catalogue, name, seed)


def recommended_spec(catalogue: Catalogue, name: str = "recommended", seed: int = 0) -> DatasetSpec:
    """What a result can be trusted further with: split by patient, one view, films
    scaled as the network was trained. Raises SpecError when there is nothing to tell apart.
    """
    return preset("recommended", catalogue, name, seed)


def four_classes_spec(
    catalogue: Catalogue, name: str = "four classes", seed: int = 0
) -> DatasetSpec:
    """COVID-19, bacterial pneumonia, viral pneumonia and healthy, split by patient.

    From real films only: the artificial ones know two of the four. Raises SpecError when
    one of the findings is missing.
    """
    return preset("four-classes", catalogue, name, seed)


def adult_negatives_spec(
    catalogue: Catalogue, name: str = "adult negatives", seed: int = 0
) -> DatasetSpec:
    """The study's covid films against everything else: its healthy children, the adults of
    other hospitals, and the films of its own covid collection that are not covid. Split by
    patient. Raises SpecError when there are no adults of another hospital.
    """
    return preset("adult-negatives", catalogue, name, seed)


def preset(
    kind: str,
    catalogue: Catalogue,
    name: str,
    seed: int,
    *,
    positive: str | None = None,
    negative: str | None = None,
    view: str | None = None,
    split_by: SplitBy | None = None,
) -> DatasetSpec:
    """A spec of ``kind`` (one of KINDS), with what is given put in.

    ``positive`` and ``negative`` are findings, for the kinds of two classes. ``view`` is a
    view or ``any``, and applies to all films but those of sources that record no view at
    all. Unless given it is PA for each class that has at least 3 such films, and any for
    phantoms. A finding of one's own takes films from every source that has it, whatever else
    they show; the findings of a preset stand alone on a film. Raises InputError
    for another kind, SpecError when the catalogue lacks what is asked for.
    """
    if kind not in KINDS:
        raise InputError(f"There is no preset “{kind}”; there are {', '.join(KINDS)}.")
    frame = usable_films(catalogue)
    if kind == "adult-negatives":
        if positive or negative:
            raise SpecError(_OWN_FINDINGS.format(kind=kind, many="findings"))
        return DatasetSpec.build(
            name=name,
            classes=_adult_negatives(frame, view),
            # Not undersampled: of the few adults too few would be left to learn from and to test.
            balance="class_weights",
            split_by=split_by or "patient",
            seed=seed,
            preset="custom" if view or split_by else kind,
        )
    four = kind == "four-classes"
    findings = (_four if four else _two)(frame, kind, positive, negative)
    as_in_study = kind == "study" and not bool(frame["artificial"].all())
    classes = tuple(
        _class(
            frame,
            finding,
            view,
            as_in_study=as_in_study and asked is None,
            alone=(four or asked is None) and finding in FOUR,
        )
        for finding, asked in zip(findings, FOUR if four else (positive, negative), strict=True)
    )
    own = any(value is not None for value in (positive, negative, view, split_by))
    return DatasetSpec.build(
        name=name,
        classes=classes,
        balance="undersample",
        split_by=split_by or ("study" if kind == "study" else "patient"),
        preprocessing="rescale" if kind == "study" else "model",
        seed=seed,
        preset="custom" if own else kind,
    )


def _two(
    frame: pd.DataFrame, kind: str, positive: str | None, negative: str | None
) -> tuple[str, ...]:
    findings = (
        spelled_in(frame, positive) if positive else _default_positive(frame, kind),
        spelled_in(frame, negative) if negative else NEGATIVE,
    )
    if findings[0] == findings[1]:
        raise SpecError(f"Both classes are “{findings[0]}”. Choose two different findings.")
    return findings


def _four(
    frame: pd.DataFrame, kind: str, positive: str | None, negative: str | None
) -> tuple[str, ...]:
    if positive or negative:
        raise SpecError(_OWN_FINDINGS.format(kind=kind, many="four findings"))
    if bool(frame["artificial"].all()):
        raise SpecError(
            "Four classes need real films: the artificial ones show COVID-19 or nothing, and no "
            "bacterial or viral pneumonia. Import the study's two collections first."
        )
    return FOUR


def _adult_negatives(frame: pd.DataFrame, view: str | None) -> tuple[ClassSpec, ClassSpec]:
    if bool(frame["artificial"].all()):
        raise SpecError(
            "Adult negatives need real films: the artificial ones have no age. Import the study's "
            "two collections and healthy adults of another hospital first."
        )
    layout, covid = frame["layout"], has_any(frame["finding"], [POSITIVE])
    if not ((layout == "folders") & ~covid).any():
        raise SpecError(
            "Adult negatives need films of adults without covid from another hospital, as class "
            "folders; none are here. Import some, chestxray8_sample for example."
        )
    positive = _class(frame, POSITIVE, view, as_in_study=True, alone=True)
    # A class takes each of its findings from each of its sources, and the sick children of
    # Kaggle are to stay out: so nobody's films with their findings are taken.
    children = set(counts(frame["finding"][layout == "kaggle"]).index) - {NEGATIVE, POSITIVE}
    sick = has_any(frame["finding"], children)
    films = frame[~covid & ~sick & layout.isin(("kaggle", "ieee8023", "folders"))]
    return positive, ClassSpec.build(
        name=f"not {positive.name}"[:LONGEST_CLASS_NAME],
        findings=tuple(sorted(counts(films["finding"]).index)),
        without=(POSITIVE, *sorted(children)),
        sources=tuple(sorted(set(films["source"].astype(str)))),
        views=views_of(films, view),
    )


def usable_films(catalogue: Catalogue) -> pd.DataFrame:
    """Films of real sources if there are any, else of artificial ones, with the columns
    ``layout`` and ``artificial`` of their source. The few sample films alone are too few to
    learn from: beside artificial films only, they do not count."""
    sources = {source.name: source for source in catalogue.sources()}
    frame = catalogue.frame()
    if frame.empty:
        raise SpecError("There are no films yet. Import a folder or a zip file first.")
    names = frame["source"].astype(object)
    frame["layout"] = [sources[one].layout for one in names]
    frame["artificial"] = [sources[one].artificial for one in names]
    # Films without a finding (classified ones that were kept) make no class.
    real = frame[~frame["artificial"] & (frame["finding"] != UNKNOWN)]
    drawn = frame[frame["artificial"]]
    only_samples = real["source"].eq(SAMPLE_SOURCE).all() and not drawn.empty
    return drawn if real.empty or only_samples else real


def _default_positive(frame: pd.DataFrame, kind: str) -> str:
    """COVID-19; where a recommended set cannot have it, the most frequent other finding."""
    there = counts(frame["finding"]).drop([NEGATIVE, UNKNOWN], errors="ignore")
    if kind == "study" or POSITIVE in there.index or there.empty:
        return POSITIVE
    return str(there.index[0])


def spelled_in(frame: pd.DataFrame, text: str) -> str:
    """What the user means by ``text``, as the catalogue spells it; ``A + B`` means both."""
    known = {finding_key(one): one for one in counts(frame["finding"]).index}
    if whole := known.get(finding_key(text)):
        return str(whole)
    if re.search(r"[,;|]", text):
        raise SpecError(
            f"“{text}” is more than one finding. Make a class of films that have any of them with "
            "--class NAME=FINDING,FINDING."
        )
    parts = [known.get(finding_key(one)) for one in findings_of(normalise_finding(text))]
    meant = join_findings(str(one) for one in parts if one)
    if not all(parts) or not has_any(frame["finding"], [meant]).any():
        raise SpecError(_NO_FILM.format(finding=text, known=_known(frame)))
    return meant


def _known(frame: pd.DataFrame) -> str:
    return listed(sorted(counts(frame["finding"]).index), most=20)


def _class(
    frame: pd.DataFrame, finding: str, view: str | None, *, as_in_study: bool, alone: bool
) -> ClassSpec:
    films = frame[frame["finding"] == finding if alone else has_any(frame["finding"], [finding])]
    source_splits: tuple[str, ...] = ()
    if as_in_study:
        films, source_splits = _study_films(films, finding)
    if films.empty:
        raise SpecError(
            _NO_FILM.format(finding=finding, known=_known(frame))
            + " Import films that have it, or choose other findings."
        )
    return ClassSpec.build(
        name=_class_name(finding),
        findings=(finding,),
        alone=alone,
        sources=tuple(sorted(set(films["source"].astype(str)))),
        views=views_of(films, view),
        source_splits=source_splits,
    )


def _study_films(films: pd.DataFrame, finding: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    source_splits: tuple[str, ...]
    if finding == POSITIVE:
        films, source_splits, where = (
            films[films["layout"] == "ieee8023"],
            (),
            "covid-chestxray-dataset",
        )
    else:
        films = films[(films["layout"] == "kaggle") & (films["source_split"] == "train")]
        source_splits, where = ("train",), "chest_xray (Kaggle)"
    if films.empty:
        raise SpecError(
            f"The study took its “{_class_name(finding)}” films from {where}, of which none "
            "are here. Import that collection, or use the recommended preset."
        )
    return films, source_splits


def views_of(films: pd.DataFrame, view: str | None) -> tuple[str, ...]:
    """The class's view filter: sources that record no view at all keep their films."""
    if view is not None and view.strip().casefold() == ANY_VIEW:
        return ()
    recorded = films["view"].astype(str)
    known = recorded[recorded != UNKNOWN]
    if known.empty:
        return ()
    if view is None:
        # Phantom twins have the same views, so a filter would only cost films.
        if bool(films["artificial"].all()) or (known == VIEW).sum() < 3:
            return ()
        wanted = VIEW
    else:
        wanted = normalise_view(view)
    sources = films["source"].astype(str)
    silent = set(sources) - set(sources[known.index])
    return (wanted, UNKNOWN) if silent else (wanted,)


def _class_name(finding: str) -> str:
    """Short, and without signs: "COVID-19" → "covid", "E. coli" → "e. coli"."""
    return _CLASS_NAMES.get(finding) or from_text(finding.lower(), LONGEST_CLASS_NAME) or "class"
