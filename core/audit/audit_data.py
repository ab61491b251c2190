"""What an audit works on: a data set's films, small, with all that is recorded of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from sys import intern

import numpy as np
import pandas as pd

from core.audit.lungs import SIDE, lung_masks, lung_region, small_films
from core.audit.some_films import AT_ONCE, FilmStack, SomeFilms
from core.datasets import training_data
from core.datasets.bias_checks import age_groups
from core.errors import InputError
from core.evaluation.predictions import Predictions
from core.images.film_array import give_back
from core.progress import Progress
from core.runs.learnt_films import dataset_of
from core.store import Run, Store
from core.store.film_rows import UNKNOWN

_AT_ONCE = 64
_READ = 2_000  # films of the catalogue at a time
MOST = 10_000  # films that classifiers learn from, and as many that they are tried on
# Endings that stand for one format.
_FORMATS = {"jpg": "jpeg", "dcm": "dicom", "": "dicom"}


@dataclass(frozen=True, eq=False)
class AuditData:
    """One row a film, in the data set's order.

    ``films``: uint8 (n, SIDE, SIDE). ``lungs``: bool (n, SIDE, SIDE), nothing on films that are not
    among those ``looked`` at; ``own_mask``: bool (n,) whether they are from the film's own mask.
    ``region``: bool (SIDE, SIDE), where lungs are on any film. ``table`` has the columns film_id,
    patient, split, label (int, index into ``classes``), source, layout, view, sex, age (float, NaN
    unknown), age_group, width, height, format. ``tested``: how many test films there are, where
    these are only some of them, drawn by lot; else 0.
    """

    classes: tuple[str, ...]
    table: pd.DataFrame
    films: FilmStack
    lungs: FilmStack
    own_mask: np.ndarray
    region: np.ndarray
    tested: int = 0

    @property
    def labels(self) -> np.ndarray:
        """int64 (n,)."""
        return self.table["label"].to_numpy(dtype=np.int64)

    @property
    def patients(self) -> np.ndarray:
        """str (n,): the patient, or the film by itself where its patient is unknown."""
        patient = self.table["patient"].astype(str)
        return patient.where(self.known, "film " + self.table["film_id"]).to_numpy(dtype=str)

    @property
    def known(self) -> np.ndarray:
        """bool (n,): whether the film's patient is known."""
        return (self.table["patient"].fillna("") != "").to_numpy()

    def rows(self, split: str) -> np.ndarray:
        """int64: the films of one split."""
        return np.flatnonzero((self.table["split"] == split).to_numpy())

    def some(self, rows: np.ndarray, most: int = MOST) -> np.ndarray:
        """int64, ascending: all of ``rows``, or about so many of them, whole patients drawn by
        lot, the same ones each time."""
        if len(rows) <= most:
            return np.sort(rows)
        _, who = np.unique(self.patients[rows], return_inverse=True)
        turn = np.random.default_rng(0).permutation(who.max() + 1)
        order = np.argsort(turn[who], kind="stable")
        return np.sort(rows[order[:most]])

    def looked(self, most: int = MOST) -> np.ndarray:
        """int64, ascending: the films that classifiers and networks look at. All of them, or at
        most so many training and so many test films: more cost memory and time, and say the
        same."""
        train, test = self.rows("train"), self.rows("test")
        if max(len(train), len(test)) <= most:
            return np.arange(len(self.table))
        return np.sort(np.concatenate([self.some(train, most), self.some(test, most)]))

    def drawn(self, most: int = MOST) -> AuditData:
        """The same with the films ``looked`` at alone; none is copied."""
        rows, test = self.looked(most), len(self.rows("test"))
        if len(rows) == len(self.table):
            return self
        return replace(
            self,
            table=self.table.iloc[rows].reset_index(drop=True),
            films=SomeFilms(self.films, rows),
            lungs=SomeFilms(self.lungs, rows),
            own_mask=self.own_mask[rows],
            tested=test if test > most else 0,
        )

    def apart(self) -> np.ndarray:
        """int64: the training films of patients without a test film.

        What a patient's other film gives away is a leak, and is measured as one.
        """
        tested = set(self.patients[self.rows("test")])
        train = self.rows("train")
        return train[~np.isin(self.patients[train], list(tested))]


def gather_audit_data(
    classes: tuple[str, ...],
    table: pd.DataFrame,
    films: np.ndarray,
    masks: list[str],
    progress: Progress | None = None,
    folder: Path | None = None,
) -> AuditData:
    """Look at films uint8 (n, S, S), whose facts are in ``table`` (see ``AuditData``; without
    age_group), and whose lung masks are at ``masks`` ("" for none). ``folder``: where films and
    lungs are mapped from, so that 100,000 of them do not fill the memory; None for in it."""
    shape = (len(films), SIDE, SIDE)
    small, lungs = (_nothing(shape, kind, folder) for kind in (np.uint8, np.bool_))
    own: np.ndarray = np.zeros(len(films), bool)
    table = table.reset_index(drop=True).assign(age_group=age_groups(table["age"]))
    found = AuditData(classes, table, small, lungs, own, np.zeros((SIDE, SIDE), bool))
    looked = found.looked()
    for start in range(0, len(films), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        small[part] = small_films(films[part])
        # To find the lungs takes sixty times as long as to make a film small.
        first, last = np.searchsorted(looked, (start, start + _AT_ONCE))
        here = looked[first:last]
        lungs[here], own[here] = lung_masks(small[here], [masks[row] for row in here])
        if start % AT_ONCE == 0:
            for mapped in (films, small, lungs):
                give_back(mapped)
        if progress is not None:
            progress(min(start + _AT_ONCE, len(films)), len(films))
    return replace(found, region=lung_region(SomeFilms(lungs, looked)))


def _nothing(shape: tuple[int, ...], kind: type[np.generic], folder: Path | None) -> np.ndarray:
    if folder is None or not shape[0]:
        return np.zeros(shape, kind)
    return np.memmap(folder / np.dtype(kind).name, kind, "w+", shape=shape)


def of_run(
    store: Store,
    run: Run,
    predictions: Predictions,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> tuple[AuditData, training_data.TrainingData]:
    """The films that a run learnt from and was tested on, as they were dealt out to it: folds are
    dealt out otherwise once patients become known. ``predictions``: its own; ``folder``: see
    ``gather_audit_data``. Raises what ``dataset_of`` and ``load_training_data`` of
    ``core.datasets.training_data`` raise: films may have left the catalogue or the disk; and
    InputError where the data set has other films than the run."""
    dataset = dataset_of(store, run)
    size = run.spec.image_size or dataset.spec.image_size
    data = training_data.load_training_data(store, run.spec.dataset, size, progress)
    if not (
        data.classes == predictions.classes
        and np.array_equal(data.film_ids, predictions.film_ids)
        and np.array_equal(data.y_true, predictions.y_true)
    ):
        raise InputError(
            f"The data set “{run.spec.dataset}” has other films than this run has learnt from and "
            "was tested on, which an audit would need. Train on it, and audit that run."
        )
    data = replace(data, split=predictions.split)
    table, masks = _recorded(store, data)
    return gather_audit_data(data.classes, table, data.films, masks, progress, folder), data


def _recorded(store: Store, data: training_data.TrainingData) -> tuple[pd.DataFrame, list[str]]:
    """What the catalogue says of each film (``AuditData.table``), and where its lung mask is."""
    ids = data.film_ids.tolist()
    layouts = {one.name: one.layout for one in store.catalogue.sources()}
    columns: dict[str, list[object]] = {
        name: []
        for name in ("patient", "source", "layout", "view", "sex", "age", "width", "height",
                     "format")
    }  # fmt: skip
    masks = []
    # Part by part, and a word that many films share once: 100,000 as ``Film`` are 150 MB.
    for start in range(0, len(ids), _READ):
        part = ids[start : start + _READ]
        films = {film.film_id: film for film in store.catalogue.films(part)}
        for film in (films[one] for one in part):
            ending = Path(film.path).suffix.lower().lstrip(".")
            facts = {
                "patient": film.patient,
                "source": intern(film.source),
                "layout": layouts.get(film.source, UNKNOWN),
                "view": intern(film.view),
                "sex": intern(film.sex),
                "age": np.nan if film.age is None else float(film.age),
                "width": film.width,
                "height": film.height,
                "format": intern(_FORMATS.get(ending, ending)),
            }
            for name, value in facts.items():
                columns[name].append(value)
            masks.append(film.masks.get("lungs", ""))
    split = [intern(str(one)) for one in data.split]
    labels = data.y_true.astype(np.int64)
    return pd.DataFrame({"film_id": ids, "split": split, "label": labels, **columns}), masks
