"""Prepared data sets: a spec and the films it chose, with class and split."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import DamagedError, InputError, NotFoundError, SpecError
from core.names import name_key
from core.specs import SPLITS, DatasetSpec
from core.store.columns import table_of
from core.store.corrections import CorrectedFilm, CorrectedFilms
from core.store.damaged import Damaged, dataset_spec, lenient, text_of
from core.store.database import Database
from core.store.film_rows import stored_texts

if TYPE_CHECKING:
    import pandas as pd

# What the catalogue says of a data set's films.
SAID = ("source", "path", "patient", "finding", "view", "sex", "age", "source_split")

_MOST_TALLIES = 256  # data sets whose films stay counted


@dataclass(frozen=True, slots=True)
class Member:
    """One film's place in a data set: its class (index into the spec's classes) and split."""

    film_id: str
    class_index: int
    split: str


@dataclass(frozen=True)
class StoredDataset:
    """A saved data set. ``counts``: split → class name → number of films. ``corrected``: the films
    whose findings people had corrected when it was made, as far as that matters to it."""

    spec: DatasetSpec
    created_at: str
    counts: dict[str, dict[str, int]]
    corrected: tuple[CorrectedFilm, ...] = ()

    @property
    def name(self) -> str:
        return self.spec.name


class Datasets:
    """Reads and writes prepared data sets.

    Their names differ by more than capitals and the width of letters, in every script; each
    method takes a name in any of its spellings.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tallies: dict[tuple[object, ...], list[tuple[str, int, int]]] = {}

    def save(
        self,
        spec: DatasetSpec,
        members: Iterable[Member],
        corrected: Sequence[CorrectedFilm] = (),
    ) -> None:
        """Raises InputError when the name is taken: a data set never changes under a run."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = (  # one by one: a list of them takes more memory than all else here
            (spec.name, position, one.film_id, one.class_index, one.split)
            for position, one in enumerate(members)
        )
        with self._database.work(write=True) as work:
            if taken := _spelled(work, spec.name):
                raise InputError(
                    f"A data set called “{taken}” exists already. "
                    "Choose another name, or delete that one first."
                )
            kept = CorrectedFilms(films=tuple(corrected)).to_json()
            work.execute(
                "INSERT INTO datasets VALUES (?, ?, ?, ?)", (spec.name, spec.to_json(), now, kept)
            )
            work.executemany("INSERT INTO dataset_films VALUES (?, ?, ?, ?, ?)", rows)

    def all(self) -> list[StoredDataset]:
        """All data sets, newest first. One that cannot be read is among ``damaged``."""
        found = []
        for name in self._names():
            with suppress(NotFoundError):  # damaged, or deleted a moment ago
                found.append(self.get(name))
        return found

    def damaged(self) -> list[Damaged]:
        """The data sets that cannot be read, newest first, each with a sentence."""
        found = []
        for name in self._names():
            try:
                self.get(name)
            except DamagedError as error:
                found.append(Damaged(name, str(error)))
            except NotFoundError:  # deleted a moment ago
                continue
        return found

    def _names(self) -> list[str]:
        # By the order in which they were saved: a clock that was set back must not change it.
        with self._database.work() as work:
            work.text_factory = lenient
            rows = work.execute("SELECT name FROM datasets ORDER BY rowid DESC").fetchall()
        return [str(row["name"]) for row in rows]

    def get(self, name: str) -> StoredDataset:
        """Raises NotFoundError, or DamagedError when it is there and cannot be read."""
        with self._database.work() as work:
            spelled = _spelled(work, name)
            row = work.execute("SELECT * FROM datasets WHERE name = ?", (spelled,)).fetchone()
            if row is None:
                known = [str(one["name"]) for one in work.execute("SELECT name FROM datasets")]
                raise NotFoundError(
                    f"There is no data set called “{name}”. It may have been deleted. "
                    f"There {'are: ' + ', '.join(sorted(known)) if known else 'is none yet'}."
                )
            tally = self._tally(work, row)
        try:
            spec = dataset_spec(text_of(row["spec"], "description"))
            created_at = text_of(row["created_at"], "time")
            datetime.fromisoformat(created_at)
            corrected = CorrectedFilms.from_json(text_of(row["corrected"], "corrections")).films
            counts = {split: dict.fromkeys(spec.class_names, 0) for split in SPLITS}
            for split, class_index, films in tally:
                # Counted from the end, a place below 0 would be another class.
                if split not in counts or class_index not in range(len(spec.classes)):
                    raise SpecError("Some of its films have a class or split that it lacks.")
                counts[split][spec.class_names[class_index]] = films
        except (SpecError, DamagedError, ValueError) as error:
            raise DamagedError(
                f"The data set “{name}” cannot be read. {error} It was changed by hand, damaged "
                "on the disk or written by another version of ThoraxLens. Delete it, or leave it: "
                "the other data sets are not affected."
            ) from None
        return StoredDataset(spec, created_at, counts, corrected)

    def _tally(self, work: sqlite3.Connection, row: sqlite3.Row) -> list[tuple[str, int, int]]:
        """Split, class (index) and films. A data set never changes, every page asks for all of
        them, and to count 100,000 films takes 25 ms: so each is counted once."""
        last = work.execute(
            "SELECT position, film_id FROM dataset_films WHERE dataset = ? "
            "ORDER BY position DESC LIMIT 1",
            (row["name"],),
        ).fetchone()
        # Another one of the same name has another time or spec, or else the same films.
        which = (self._database.generation, *tuple(row), *(last or ()))
        found = self._tallies.get(which)
        if found is None:
            found = [
                tuple(one)
                for one in work.execute(
                    "SELECT split, class_index, COUNT(*) FROM dataset_films "
                    "WHERE dataset = ? GROUP BY split, class_index",
                    (row["name"],),
                )
            ]
            if len(self._tallies) >= _MOST_TALLIES:
                self._tallies.clear()
            self._tallies[which] = found
        return found

    def lost(self, name: str) -> int:
        """How many of the data set's films are no longer in the catalogue."""
        with self._database.work() as work:
            found = work.execute(
                "SELECT COUNT(*) FROM dataset_films LEFT JOIN films USING (film_id) "
                "WHERE dataset = ? AND path IS NULL",
                (_spelled(work, name),),
            ).fetchone()
        return int(found[0])

    def each(self, name: str) -> Iterator[Member]:
        """The data set's films in its own order, from it alone, one by one; none for an unknown
        name."""
        with self._database.work() as work:
            rows = work.execute(
                "SELECT film_id, class_index, split FROM dataset_films WHERE dataset = ? "
                "ORDER BY position",
                (_spelled(work, name),),
            )
            for row in rows:
                yield Member(*row)

    def listed(self, name: str) -> list[Member]:
        """All that ``each`` gives."""
        return list(self.each(name))

    def sources(self, name: str) -> set[str]:
        """The names of the sources that the data set's films came in."""
        with self._database.work() as work:
            rows = work.execute(
                "SELECT DISTINCT source FROM dataset_films JOIN films USING (film_id) "
                "WHERE dataset = ?",
                (_spelled(work, name),),
            ).fetchall()
        return {row["source"] for row in rows}

    def members(self, name: str, columns: Sequence[str] = SAID) -> pd.DataFrame:
        """One row a film, in the data set's own order; raises NotFoundError.

        Columns: film_id, class_index, class_name, split, then source, path, patient,
        finding, view, sex, age, source_split (missing values where the source was removed), or
        only those of the latter that ``columns`` names.
        """
        import pandas as pd  # only here: see core/store/__init__.py

        stored = self.get(name)
        asked = ", ".join(["dataset_films.film_id", "class_index", "split", *columns])
        with self._database.work() as work:
            cursor = work.execute(
                f"SELECT {asked} FROM dataset_films LEFT JOIN films USING (film_id) "
                "WHERE dataset = ? ORDER BY position",
                (stored.name,),
            )
            frame = table_of(cursor, numbers=("class_index", "age"))
        names = pd.Series(stored.spec.class_names, dtype="str")
        frame.insert(
            2, "class_name", names.take(frame["class_index"].to_numpy()).reset_index(drop=True)
        )
        if "age" in columns:
            frame["age"] = frame["age"].astype(float)
        return frame

    def facts(self, name: str) -> Iterator[list[object]]:
        """What is recorded of each film, in the data set's own order: its id, class (index) and
        split, and a list of source, patient, finding, view, sex, age and kinds of masks, None of a
        film that is no longer in the catalogue. Raises NotFoundError."""
        stored = self.get(name)
        with self._database.work() as work:
            rows = work.execute(
                "SELECT dataset_films.film_id, class_index, split, films.film_id IS NOT NULL, "
                "source, patient, finding, view, sex, age, masks"
                " FROM dataset_films LEFT JOIN films USING (film_id)"
                " WHERE dataset = ? ORDER BY position",
                (stored.name,),
            )
            for film_id, class_index, split, there, *known, masks in rows:
                told = [*known, sorted(stored_texts(masks))] if there else None
                yield [film_id, class_index, split, told]

    def delete(self, name: str) -> None:
        """Forget a data set; films and finished runs stay. Raises NotFoundError."""
        with self._database.work(write=True) as work:
            spelled = _spelled(work, name)
            if not work.execute("DELETE FROM datasets WHERE name = ?", (spelled,)).rowcount:
                raise NotFoundError(f"There is no data set called “{name}”.")


def _spelled(work: sqlite3.Connection, name: str) -> str | None:
    """How the data set that people mean by ``name`` is called; SQLite's NOCASE knows the
    capitals of English only."""
    work.text_factory = lenient
    wanted = name_key(name)
    known = [str(one["name"]) for one in work.execute("SELECT name FROM datasets")]
    if name in known:
        return name
    return next((one for one in known if name_key(one) == wanted), None)
