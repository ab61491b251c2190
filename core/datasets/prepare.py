"""From the catalogue to a data set: choose films, balance the classes, split, keep.

``plan`` is pure, so that a page can show what would happen before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.datasets import bias_checks
from core.datasets.choosing import PLACES, belongs, in_words
from core.datasets.correcting import corrected_films, corrected_sentences, with_who
from core.datasets.export import export_tree, export_zip
from core.datasets.splitting import (
    of_unknown_patients,
    patient_split,
    study_split,
    undersample,
    units,
)
from core.documents import Json
from core.errors import InputError, NotFoundError, SpecError
from core.images.film_array import film_array
from core.people.asking import asks
from core.people.roles import Deed
from core.specs import SPLITS, ClassSpec, DatasetSpec
from core.store import CorrectedFilm, Member, Store, StoredDataset, counted
from core.text import count, listed

__all__ = [
    "MEMBER_COLUMNS",
    "DatasetPlan",
    "export_tree",
    "export_zip",
    "plan",
    "plan_document",
    "save_dataset",
]

MEMBER_COLUMNS = (
    "film_id", "class_index", "class_name", "split",
    "source", "path", "patient", "finding", "view", "sex", "age", "source_split",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class DatasetPlan:
    """A data set that could be saved.

    ``members``: one row a film with ``MEMBER_COLUMNS``, ordered by split, class, film id.
    ``counts``: split → class name → films. ``shared_patients``: test films whose patient
    has a film in training too, None where that cannot be known, because nobody knows the
    patients of some films in either; ``known_to_be_shared``: of those that are known.
    ``unknown_patients``: films whose patient is unknown, in all splits. ``in_two_classes``:
    films that two classes would take, which are left out of both. ``corrected``: the films whose
    corrected findings matter here, those that a correction took out among them.
    ``shares``: aspect (source, view, sex, age group) → table class × value of fractions in [0, 1].
    ``warnings``: plain sentences, gravest first.
    """

    spec: DatasetSpec
    members: pd.DataFrame
    counts: dict[str, dict[str, int]]
    shared_patients: int | None
    known_to_be_shared: int
    unknown_patients: int
    shares: dict[str, pd.DataFrame]
    warnings: tuple[str, ...]
    in_two_classes: int = 0
    corrected: tuple[CorrectedFilm, ...] = ()

    @property
    def corrected_sentences(self) -> tuple[str, ...]:
        """What is to be said of them."""
        return corrected_sentences(counted(self.corrected))


def plan(frame: pd.DataFrame, spec: DatasetSpec) -> DatasetPlan:
    """Choose and split films of ``catalogue.frame()`` as ``spec`` says.

    The same films and spec give the same members, whatever the order of the rows. Raises
    SpecError for a class that is empty or too small, be it because its films belong to
    another class as well.
    """
    # Where the films lie that come first by their ids: a table of them in that order would take as
    # much memory as the one that there is.
    places = frame["film_id"].argsort().to_numpy()
    fits = np.array([belongs(frame, one) for one in spec.classes])
    chosen = fits[:, places]
    twice = chosen.sum(axis=0) > 1
    _check_classes(frame, spec, chosen, twice)
    rows = [np.flatnonzero(one & ~twice) for one in chosen]
    if spec.balance == "undersample":
        rows = undersample(rows, spec.seed)
    if spec.split_by == "patient":
        parts = patient_split(rows, units(frame)[places], spec)
    else:
        parts = study_split(rows, spec)
    members = _members(frame, spec, [[places[np.sort(one)] for one in own] for own in parts])
    corrected = corrected_films(frame, spec.classes, members["film_id"], np.any(fits, axis=0))
    del frame  # where nobody else wants it, it goes before the counting, which takes as much
    shared = shared_patients(members)
    both = sum(some for some, _ in shared.values())
    shares = bias_checks.shares(members, spec.class_names)
    return DatasetPlan(
        spec,
        members,
        _counts(members, spec),
        both if patients_known(members) else None,
        both,
        of_unknown_patients(members),
        shares,
        bias_checks.warnings(members, spec, shared, shares),
        int(twice.sum()),
        corrected,
    )


@asks(Deed.PREPARE)
def save_dataset(
    store: Store, plan: DatasetPlan, progress: Callable[[int, int], None] | None = None
) -> StoredDataset:
    """Decode the films into the data set's array, then keep the data set.

    ``progress(done, total)`` counts films. Raises InputError when the name is taken,
    FilmError when films cannot be read any more; then nothing is kept.
    """
    name = plan.spec.name
    try:
        taken = store.datasets.get(name).name
    except NotFoundError:
        pass
    else:  # said before the minutes of decoding; the store itself checks again
        raise InputError(
            f"A data set called “{taken}” exists already. "
            "Choose another name, or delete that one first."
        )
    members = plan.members
    film_array(
        store.workspace,
        members["film_id"].array,
        members["path"].array,
        plan.spec.image_size,
        progress,
    )
    store.datasets.save(
        plan.spec,
        (
            Member(film_id, int(index), split)
            for film_id, index, split in zip(
                members["film_id"], members["class_index"], members["split"], strict=True
            )
        ),
        with_who(store, plan.corrected),
    )
    store.deeds.note(f"made data set “{name}”")
    return store.datasets.get(name)


def plan_document(plan: DatasetPlan) -> Json:
    """The plan without its films, ready for JSON."""
    return {
        "name": plan.spec.name,
        "spec": plan.spec.as_dict(),
        "films": len(plan.members),
        "patients": int(plan.members.loc[plan.members["patient"] != "", "patient"].nunique()),
        "counts": plan.counts,
        "shared_patients": plan.shared_patients,
        "films_in_two_classes": plan.in_two_classes,
        "known_to_be_shared": plan.known_to_be_shared,
        "films_of_unknown_patients": plan.unknown_patients,
        "shares": {aspect: table.to_dict("index") for aspect, table in plan.shares.items()},
        "warnings": list(plan.warnings),
        "corrected": [one.model_dump() for one in counted(plan.corrected)],
    }


def in_two_classes(films: int) -> str:
    """What is to be said of films that two classes would take; empty when there are none."""
    if not films:
        return ""
    return (
        f"{count(films, 'film')} would belong to two classes, and "
        f"{'is' if films == 1 else 'are'} left out of both."
    )


def _check_classes(
    frame: pd.DataFrame, spec: DatasetSpec, chosen: np.ndarray, twice: np.ndarray
) -> None:
    for index, (one, mask) in enumerate(zip(spec.classes, chosen, strict=True)):
        if not mask.any():
            raise SpecError(_why_empty(frame, one))
        left = int((mask & ~twice).sum())
        if left >= len(SPLITS):
            continue
        films = count(left, "film")
        if (shared := mask & twice).any():
            others = [
                two.name
                for place, two in enumerate(spec.classes)
                if place != index and (chosen[place] & shared).any()
            ]
            raise SpecError(
                f"{int(shared.sum()):,} of the {int(mask.sum()):,} films of “{one.name}” belong "
                f"to {listed([f'“{name}”' for name in others])} as well and are left out; "
                f"{films} would remain, and a class needs at least 3. Change one of the classes, "
                "for example by a finding that its films must not have."
            )
        raise SpecError(
            f"“{one.name}” has {films}; a class needs at least 3, one each to train, "
            "validate and test. Widen its findings, sources or views."
        )


def _why_empty(frame: pd.DataFrame, one: ClassSpec) -> str:
    places = [
        (field, f"{column} {listed(getattr(one, field), 'or')}")
        for column, field in PLACES
        if getattr(one, field)
    ]
    wanted = "; ".join([f"finding {in_words(one)}", *(words for _, words in places)])
    for field, words in reversed(places):  # a class without its finding is another class
        left = int(belongs(frame, one, skip=field).sum())
        if left:
            return (
                f"No film fits “{one.name}” ({wanted}). {left} would if the "
                f"{words.partition(' ')[0]} did not matter."
            )
    return f"No film fits “{one.name}” ({wanted}). Import films that do, or change the class."


def _members(frame: pd.DataFrame, spec: DatasetSpec, parts: list[list[np.ndarray]]) -> pd.DataFrame:
    """``parts``: class → split → rows of the frame, in the order that they are to have."""
    pieces = [
        (parts[index][position], index, split)
        for position, split in enumerate(SPLITS)
        for index in range(len(spec.classes))
    ]
    films = [len(rows) for rows, _, _ in pieces]
    chosen = np.concatenate([rows for rows, _, _ in pieces])
    class_index = np.repeat([index for _, index, _ in pieces], films)
    columns = {
        "class_index": class_index,
        "class_name": pd.Series(spec.class_names, dtype="str").take(class_index).array,
        "split": pd.Series([split for _, _, split in pieces]).repeat(films).array,
    }
    # One by one: all columns of the frame at once would be there twice.
    for name in MEMBER_COLUMNS:
        if name not in columns:
            said = frame[name].take(chosen).reset_index(drop=True)
            few = isinstance(said.dtype, pd.CategoricalDtype)
            columns[name] = said.astype(object) if few else said
    return pd.DataFrame({name: columns.pop(name) for name in MEMBER_COLUMNS}, copy=False)


def _counts(members: pd.DataFrame, spec: DatasetSpec) -> dict[str, dict[str, int]]:
    names = {name: (members["class_name"] == name).to_numpy() for name in spec.class_names}
    counts = {}
    for split in SPLITS:
        here = (members["split"] == split).to_numpy()
        counts[split] = {name: int((here & named).sum()) for name, named in names.items()}
    return counts


def patients_known(members: pd.DataFrame) -> bool:
    """Whether all films in training and test are of known patients: else nobody can say that
    no patient is in both."""
    patients = members.loc[members["split"].isin(["train", "test"]), ["patient"]]
    return not of_unknown_patients(patients)


def shared_patients(members: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """class → (test films whose patient, if known, is also in training, test films)."""
    trained = pd.Series(members.loc[members["split"] == "train", "patient"].unique())
    test = members.loc[members["split"] == "test", ["class_name", "patient"]]
    both = test["patient"].isin(trained[trained != ""])
    return {
        str(name): (int(both[group.index].sum()), len(group))
        for name, group in test.groupby("class_name", sort=False)
    }
