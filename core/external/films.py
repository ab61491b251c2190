"""Which films of a source test a run, as which class, and which are left out and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.datasets.choosing import counts, fits
from core.errors import InputError
from core.evaluation.predictions import Predictions
from core.specs import DatasetSpec
from core.store.film_rows import UNKNOWN, Film

LATERAL = "Lateral"
# The validation films have chosen the best epoch and the threshold: they are no test either.
LEARNT_FROM = ("train", "validation")
_LEARNT = ("film_id", "source", "patient", "view")  # what is asked of the films learnt from
# Why a film is left out before anybody has opened it (``_reasons``); none of it names a file.
LEFT_OUT = re.compile(
    "the run has learnt from .+|no finding is recorded|a lateral view, .+"
    "|the finding “.*” belongs to (no class|several classes) of the run",
    re.DOTALL,
)


@dataclass(frozen=True, eq=False)
class ExternalFilms:
    """The films of ``source`` that a run can be tested on.

    ``films``: rows of the catalogue's frame with a column ``truth`` (int, index into
    ``classes``), sorted by film id. ``mapped``: one entry a finding and class, ``{"finding",
    "class", "films"}``, where a film with two findings counts with both; ``left_out``: one a
    reason, ``{"reason", "films"}``; most films first. ``warnings``: plain sentences, the gravest
    first. ``learnt_from``: whether films of the source were in training, so that it is no other
    hospital to the run.
    """

    source: str
    classes: tuple[str, ...]
    films: pd.DataFrame
    mapped: tuple[dict[str, object], ...]
    left_out: tuple[dict[str, object], ...]
    warnings: tuple[str, ...] = field(default=())
    learnt_from: bool = False


def choose_films(
    frame: pd.DataFrame,
    spec: DatasetSpec,
    predictions: Predictions,
    source: str,
    artificial: Sequence[str] = (),
    *,
    look_up: Callable[[list[str]], Sequence[Film]] = lambda film_ids: (),
    was_artificial: bool | None = None,
) -> ExternalFilms:
    """The films of ``source`` in ``frame`` (``catalogue.frame()``) for a run.

    ``spec``: the run's data set, whose findings say which class a film belongs to.
    ``predictions``: the run's own, all splits, which say what it has seen. ``artificial``:
    names of sources drawn by a program. ``look_up``: ids of films that the run has learnt from and
    that are not in the frame → those that are only set apart (``catalogue.films``).
    ``was_artificial``: whether it has learnt from drawn films, for a run whose films are not here;
    None where nobody knows. May choose no film at all; raises InputError when the source has none,
    or when the data set is not the one that the run was trained on.
    """
    if predictions.classes != spec.class_names:
        raise InputError(
            f"The data set “{spec.name}” has other classes now than when the run was trained, so "
            "its findings cannot say what the run's classes mean. Train a run on it anew."
        )
    films = frame[frame["source"] == source].copy()
    if films.empty:
        known = ", ".join(sorted(set(frame["source"].astype(str)))) or "none yet"
        raise InputError(
            f"There are no films of a source “{source}”. There are: {known}. Import it first."
        )
    seen = _seen(predictions)
    learnt = frame.loc[frame["film_id"].isin(seen), list(_LEARNT)].astype(object)
    apart = look_up(sorted(seen - set(learnt["film_id"])))
    if apart:  # a film that is not used any more has been learnt from all the same
        rows = [[getattr(film, name) for name in _LEARNT] for film in apart]
        learnt = pd.concat([learnt, pd.DataFrame(rows, columns=list(_LEARNT), dtype=object)])
    belongs = np.array([fits(films["finding"], one) for one in spec.classes])
    films["truth"] = belongs.argmax(axis=0).astype(np.int64)
    reasons = _reasons(films, belongs, learnt, seen)
    kept = films[reasons == ""].sort_values("film_id", ignore_index=True)
    numbers = [
        (int(number), str(name), spec.class_names[place])
        for place in range(len(spec.classes))
        for name, number in counts(kept["finding"][kept["truth"] == place]).items()
    ]
    mapped = [
        {"finding": name, "class": label, "films": number}
        for number, name, label in sorted(numbers, key=lambda one: -one[0])
    ]
    tally = reasons[reasons != ""].value_counts()
    left_out = [{"reason": str(why), "films": int(number)} for why, number in tally.items()]
    from_here = int((learnt["source"] == source).sum())
    if len(learnt):
        was_artificial = bool(learnt["source"].isin(list(artificial)).all())
    mixed = was_artificial is not None and (source in artificial) != was_artificial
    return ExternalFilms(
        source,
        spec.class_names,
        kept,
        tuple(mapped),
        tuple(left_out),
        tuple(
            _warnings(
                kept, spec, predictions, source, len(learnt), len(seen), from_here, mixed=mixed
            )
        ),
        from_here > 0,
    )


def finding_texts(films: Iterable[Film], film_ids: np.ndarray) -> np.ndarray:
    """The finding of each film, str (n,); ``unknown`` for one that is not among ``films``."""
    finding = {one.film_id: one.finding for one in films}
    return np.array([finding.get(one, UNKNOWN) for one in film_ids.tolist()], dtype=str)


def _seen(predictions: Predictions) -> set[str]:
    return set(predictions.film_ids[np.isin(predictions.split, LEARNT_FROM)].tolist())


def _reasons(
    films: pd.DataFrame, belongs: NDArray[np.bool_], learnt: pd.DataFrame, seen: set[str]
) -> pd.Series:
    """Why each film is left out, ``""`` for those that stay. The first reason counts.

    ``belongs``: bool (classes, films), the films that each class takes by their findings.
    """
    finding = films["finding"].astype(str)
    reasons = pd.Series("", index=films.index, dtype=object)

    def leave_out(which: pd.Series, why: str | pd.Series) -> None:
        chosen = which & (reasons == "")
        reasons[chosen] = why[chosen] if isinstance(why, pd.Series) else why

    leave_out(films["film_id"].isin(seen), "the run has learnt from the film itself")
    patients = set(learnt["patient"]) - {""}
    leave_out(
        films["patient"].isin(patients), "the run has learnt from another film of the patient"
    )
    leave_out(finding == UNKNOWN, "no finding is recorded")
    taken = pd.Series(belongs.sum(axis=0), index=films.index)
    leave_out(taken == 0, "the finding “" + finding + "” belongs to no class of the run")
    leave_out(taken > 1, "the finding “" + finding + "” belongs to several classes of the run")
    if not (learnt["view"] == LATERAL).any():
        leave_out(films["view"] == LATERAL, "a lateral view, and the run knows frontal films only")
    return reasons


def _warnings(
    kept: pd.DataFrame,
    spec: DatasetSpec,
    predictions: Predictions,
    source: str,
    learnt: int,
    seen: int,
    from_here: int,
    *,
    mixed: bool,
) -> list[str]:
    found = []
    if from_here:
        found.append(
            f"{source} is not external to this run: {from_here:,} of the {seen:,} films that it "
            "learnt from come from there. Those films and their patients are left out, but the "
            "hospital is known to it, so another one can be harder."
        )
        unknown = int((kept["patient"] == "").sum())
        if unknown:
            found.append(
                f"Nobody knows the patients of {unknown:,} of the films tested: whether the run "
                "has learnt from another film of theirs cannot be checked."
            )
    if mixed:
        found.append(
            "Artificial films are tested against real ones here: the numbers say how the program "
            "works, and nothing about medicine."
        )
    if learnt < seen:
        found.append(
            f"{seen - learnt:,} films that the run learnt from are no longer in the "
            "catalogue: whether their patients are among the films tested cannot be checked."
        )
    tested = int(np.isin(predictions.film_ids[predictions.split == "test"], kept["film_id"]).sum())
    if tested:
        found.append(
            f"{tested:,} of these films are among the run's own test films as well: no training, "
            "but the two columns are not independent."
        )
    missing = [
        name for index, name in enumerate(spec.class_names) if not (kept["truth"] == index).any()
    ]
    if missing and len(missing) < len(spec.class_names):
        found.append(
            f"{source} has no {' and no '.join(missing)} film that could be used: what needs "
            "one has no number there."
        )
    return found
