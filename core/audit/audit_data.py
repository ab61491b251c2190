"""What an audit works on: a data set's films, small, with all that is recorded of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.audit.lungs import SIDE, lung_masks, lung_region, small_films
from core.datasets import training_data
from core.datasets.bias_checks import age_groups
from core.progress import Progress
from core.store import Run, Store
from core.store.film_rows import UNKNOWN

_AT_ONCE = 64
MOST = 10_000  # films that classifiers learn from, and as many that they are tried on
# Endings that stand for one format.
_FORMATS = {"jpg": "jpeg", "dcm": "dicom", "": "dicom"}


@dataclass(frozen=True, eq=False)
class AuditData:
    """One row a film, in the data set's order.

    ``films``: uint8 (n, SIDE, SIDE). ``lungs``: bool (n, SIDE, SIDE); ``own_mask``: bool (n,)
    whether they are from the film's own mask. ``region``: bool (SIDE, SIDE), where lungs are
    on any film. ``table`` has the columns film_id, patient, split, label (int, index into
    ``classes``), source, layout, view, sex, age (float, NaN unknown), age_group, width,
    height, format. ``tested``: how many test films there are, where these are only some of them,
    drawn by lot; else 0.
    """

    classes: tuple[str, ...]
    table: pd.DataFrame
    films: np.ndarray
    lungs: np.ndarray
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

    def drawn(self, most: int = MOST) -> AuditData:
        """The same with at most so many training and so many test films: what classifiers learn
        from and are tried on. More cost memory and time, and say the same."""
        train, test = self.rows("train"), self.rows("test")
        if max(len(train), len(test)) <= most:
            return self
        rows = np.sort(np.concatenate([self.some(train, most), self.some(test, most)]))
        return replace(
            self,
            table=self.table.iloc[rows].reset_index(drop=True),
            films=np.asarray(self.films[rows]),
            lungs=np.asarray(self.lungs[rows]),
            own_mask=self.own_mask[rows],
            tested=len(test) if len(test) > most else 0,
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
    small, lungs = (_empty(shape, kind, folder) for kind in (np.uint8, np.bool_))
    own: np.ndarray = np.empty(len(films), bool)
    for start in range(0, len(films), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        small[part] = small_films(films[part])
        lungs[part], own[part] = lung_masks(small[part], masks[part])
        if progress is not None:
            progress(min(start + _AT_ONCE, len(films)), len(films))
    table = table.reset_index(drop=True).assign(age_group=age_groups(table["age"]))
    return AuditData(classes, table, small, lungs, own, lung_region(lungs))


def _empty(shape: tuple[int, ...], kind: type[np.generic], folder: Path | None) -> np.ndarray:
    if folder is None or not shape[0]:
        return np.empty(shape, kind)
    return np.memmap(folder / np.dtype(kind).name, kind, "w+", shape=shape)


def of_run(
    store: Store, run: Run, progress: Progress | None = None, folder: Path | None = None
) -> tuple[AuditData, training_data.TrainingData]:
    """The films that a run learnt from and was tested on; ``folder``: see ``gather_audit_data``.
    Raises what ``load_training_data`` of ``core.datasets.training_data`` raises: films may have
    left the catalogue or the disk."""
    dataset = store.datasets.get(run.spec.dataset)
    size = run.spec.image_size or dataset.spec.image_size
    data = training_data.load_training_data(
        store, run.spec.dataset, size, progress, repeat=run.spec.repeat
    )
    ids = data.film_ids.tolist()
    films = {film.film_id: film for film in store.catalogue.films(ids)}
    layouts = {one.name: one.layout for one in store.catalogue.sources()}
    rows = []
    for film_id, split, label in zip(ids, data.split, data.y_true, strict=True):
        film = films[film_id]
        ending = Path(film.path).suffix.lower().lstrip(".")
        rows.append(
            {
                "film_id": film_id, "patient": film.patient, "split": str(split),
                "label": int(label), "source": film.source,
                "layout": layouts.get(film.source, UNKNOWN), "view": film.view, "sex": film.sex,
                "age": np.nan if film.age is None else float(film.age),
                "width": film.width, "height": film.height,
                "format": _FORMATS.get(ending, ending),
            }
        )  # fmt: skip
    masks = [films[one].masks.get("lungs", "") for one in ids]
    table = pd.DataFrame(rows)
    return gather_audit_data(data.classes, table, data.films, masks, progress, folder), data
