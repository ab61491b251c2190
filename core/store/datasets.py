"""Prepared data sets: a spec and the films it chose, with class and split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import InputError, NotFoundError
from core.specs import SPLITS, DatasetSpec
from core.store.database import Database

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Member:
    """One film's place in a data set: its class (index into the spec's classes) and split."""

    film_id: str
    class_index: int
    split: str


@dataclass(frozen=True)
class StoredDataset:
    """A saved data set. ``counts``: split → class name → number of films."""

    spec: DatasetSpec
    created_at: str
    counts: dict[str, dict[str, int]]

    @property
    def name(self) -> str:
        return self.spec.name


class Datasets:
    """Reads and writes prepared data sets; names differ by more than upper and lower case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, spec: DatasetSpec, members: Sequence[Member]) -> None:
        """Raises InputError when the name is taken: a data set never changes under a run."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [
            (spec.name, position, one.film_id, one.class_index, one.split)
            for position, one in enumerate(members)
        ]
        with self._database.work(write=True) as work:
            if work.execute("SELECT 1 FROM datasets WHERE name = ?", (spec.name,)).fetchone():
                raise InputError(
                    f"A data set called “{spec.name}” exists already. "
                    "Choose another name, or delete that one first."
                )
            work.execute("INSERT INTO datasets VALUES (?, ?, ?)", (spec.name, spec.to_json(), now))
            work.executemany("INSERT INTO dataset_films VALUES (?, ?, ?, ?, ?)", rows)

    def all(self) -> list[StoredDataset]:
        """All data sets, newest first."""
        with self._database.work() as work:
            rows = work.execute("SELECT name FROM datasets ORDER BY created_at DESC, rowid DESC")
            names = [row["name"] for row in rows]
        return [self.get(name) for name in names]

    def get(self, name: str) -> StoredDataset:
        """Raises NotFoundError."""
        with self._database.work() as work:
            row = work.execute("SELECT * FROM datasets WHERE name = ?", (name,)).fetchone()
            if row is None:
                known = [one["name"] for one in work.execute("SELECT name FROM datasets")]
                raise NotFoundError(
                    f"There is no data set called “{name}”. It may have been deleted. "
                    f"There {'are: ' + ', '.join(sorted(known)) if known else 'is none yet'}."
                )
            tally = work.execute(
                "SELECT split, class_index, COUNT(*) AS films FROM dataset_films "
                "WHERE dataset = ? GROUP BY split, class_index",
                (row["name"],),
            ).fetchall()
        spec = DatasetSpec.from_json(row["spec"])
        counts = {split: dict.fromkeys(spec.class_names, 0) for split in SPLITS}
        for one in tally:
            counts[one["split"]][spec.class_names[one["class_index"]]] = one["films"]
        return StoredDataset(spec, row["created_at"], counts)

    def members(self, name: str) -> pd.DataFrame:
        """One row a film, in the data set's own order; raises NotFoundError.

        Columns: film_id, class_index, class_name, split, then source, path, patient,
        finding, view, sex, age, subset (missing values where the source was removed).
        """
        import pandas as pd  # only here: see core/store/__init__.py

        stored = self.get(name)
        columns = ["source", "path", "patient", "finding", "view", "sex", "age", "subset"]
        with self._database.work() as work:
            rows = work.execute(
                "SELECT dataset_films.film_id, class_index, split, "
                + ", ".join(columns)
                + " FROM dataset_films LEFT JOIN films USING (film_id)"
                " WHERE dataset = ? ORDER BY position",
                (stored.name,),
            ).fetchall()
        frame = pd.DataFrame(
            [tuple(row) for row in rows], columns=["film_id", "class_index", "split", *columns]
        )
        labels = [stored.spec.class_names[index] for index in frame["class_index"]]
        frame.insert(2, "class_name", labels)
        frame["age"] = frame["age"].astype(float)
        return frame

    def delete(self, name: str) -> None:
        """Forget a data set; films and finished runs stay. Raises NotFoundError."""
        with self._database.work(write=True) as work:
            if not work.execute("DELETE FROM datasets WHERE name = ?", (name,)).rowcount:
                raise NotFoundError(f"There is no data set called “{name}”.")
