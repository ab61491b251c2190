"""What is known of the films that a run was made with, where the films themselves are not.

A run that comes from elsewhere brings a summary of its data set: how many films of which class,
where they came from, and which of them are of one person, by numbers that mean nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from core.documents import Document, Json
from core.errors import DamagedError, NotFoundError, SpecError
from core.specs import SPLITS, DatasetSpec
from core.store import CorrectedCount, Run, Store, StoredDataset
from core.store.damaged import dataset_spec
from core.store.records import made_with_another

UNKNOWN = "unknown"


class LearntFilms(Document):
    """``dataset``: the ``DatasetSpec``; ``created``: when it was saved, ISO 8601.

    ``counts``: class → split → films. ``patients``: class → how many patients are known, and
    how many films are of unknown ones. ``aspects``: “Source”, “View”, “Sex” or “Age” → value →
    class → films. ``bias_warnings``: plain sentences about the data. ``groups``: film id → a number
    that films of one patient share; only films whose patient is known. ``corrected``: how many
    films' findings people had corrected when the data set was made, by kind.
    """

    VERSION: ClassVar[int] = 2  # 2: corrected findings
    SPOKEN: ClassVar[str] = "What this run says of its films"
    REMEDY: ClassVar[str] = "Delete the run and import it again."

    dataset: Json
    created: str
    counts: dict[str, dict[str, int]]
    patients: dict[str, tuple[int, int]]
    aspects: dict[str, dict[str, dict[str, int]]]
    bias_warnings: tuple[str, ...]
    groups: dict[str, int]
    corrected: tuple[CorrectedCount, ...] = ()

    @property
    def spec(self) -> DatasetSpec:
        """Raises SpecError."""
        return dataset_spec(json.dumps(self.dataset))

    @property
    def films(self) -> int:
        """How many films there are."""
        return sum(sum(of.values()) for of in self.counts.values())

    @property
    def of_unknown_patients(self) -> int:
        """How many of them are of patients that nobody knows."""
        return sum(films for _, films in self.patients.values())

    @property
    def sources(self) -> list[str]:
        """Where they came from, sorted."""
        return sorted(one for one in self.aspects.get("Source", {}) if one not in ("", UNKNOWN))

    def of_class(self, name: str) -> int:
        """How many films one class has."""
        return sum(self.counts.get(name, {}).values())


def learnt_films_file(folder: Path) -> Path:
    """Where ``LearntFilms`` lies in a run's folder."""
    return folder / "films.json"


def learnt_films(store: Store, run: Run) -> LearntFilms:
    """What a run from elsewhere brought. Raises NotFoundError, and its kind DamagedError."""
    return LearntFilms.load(learnt_films_file(store.workspace.run_folder(run.run_id)))


def dataset_of(store: Store, run: Run) -> StoredDataset:
    """The data set that the run was made with, whether it is here or came along with the run: one
    of the same name that is here is another then. So is one that was made under the name of the
    run's own when that had been deleted. Raises NotFoundError."""
    if not run.origin.is_from_elsewhere:
        stored = store.datasets.get(run.spec.dataset)
        if made_with_another(store, run):
            raise NotFoundError(
                f"The data set “{stored.name}” that the run {run.run_id} was made with has been "
                "deleted, and the one of that name now has other films, or the same ones in other "
                "splits. Train a new run on it."
            )
        return stored
    brought = learnt_films(store, run)
    try:
        spec = brought.spec
    except SpecError as error:
        raise DamagedError(f"What this run says of its data set cannot be read. {error}") from None
    counts = {
        split: {name: brought.counts.get(name, {}).get(split, 0) for name in spec.class_names}
        for split in SPLITS
    }
    return StoredDataset(spec, brought.created, counts)


def patients_by_film(
    store: Store, runs: Sequence[Run], film_ids: Collection[str]
) -> dict[str, str]:
    """film id → patient, for the films that the catalogue or one of ``runs`` knows; of a film that
    came with a run only, a name that says nothing but which films are of one patient. Empty for a
    film that the catalogue has and nobody knows whose it is."""
    found: dict[str, str] = {}
    for run in runs:
        if run.origin.is_from_elsewhere:
            groups = _groups(store, run)
            found |= {
                one: f"run {run.run_id} patient {groups[one]:06d}"
                for one in map(str, film_ids)
                if one in groups
            }
    known = store.catalogue.patients(film_ids)
    if not found:
        return known
    # The catalogue may have a film without knowing whose it is, or have some films of a patient.
    named = {found[one]: who for one, who in known.items() if who and one in found}
    return {
        one: known.get(one) or named.get(found.get(one, ""), found.get(one, ""))
        for one in {**found, **known}
    }


def _groups(store: Store, run: Run) -> Mapping[str, int]:
    folder = store.workspace.run_folder(run.run_id)
    brought = LearntFilms.load_if_readable(learnt_films_file(folder))
    return {} if brought is None else brought.groups
