"""Sources and films: what has been imported, and what is known of each film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import InputError, NotFoundError
from core.store.columns import table_of
from core.store.corrections import correct_again, corrected_ids
from core.store.damaged import Damaged, lenient
from core.store.database import Database
from core.store.film_rows import (
    FIELDS,
    Film,
    Source,
    film_of,
    film_row,
    source_of,
)
from core.store.import_report import is_readable, stored_report

if TYPE_CHECKING:
    import pandas as pd

# Columns that repeat few values: as categories, 100,000 films filter in milliseconds.
CATEGORIES = ("source", "finding", "view", "sex", "source_split", "source_finding")
_ORIGINALS = ("finding_original", "view_original")  # few values too


_AGAIN = (
    "cannot be read any more. Its films are not affected; import its folder again for a new one."
)
_LOST = (
    "cannot be read any more, so these films count as having none. Remove the source and import "
    "its folder again to have them back."
)


def imported_meanwhile(root: str, name: str) -> InputError:
    """Of two imports of one folder at once, for the one that was slower."""
    return InputError(
        f"{root} has just been imported as “{name}”. Import it again to add what is new in it."
    )


class Catalogue:
    """Reads and writes sources and films."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        """A number that changes whenever the catalogue does; what caches are keyed by."""
        with self._database.work() as work:
            number = int(work.execute("SELECT number FROM catalogue_version").fetchone()[0])
        # Another file in the place of the first may have come to the same number.
        return number + (self._database.generation << 40)

    def move_films(self, paths: Mapping[str, str]) -> None:
        """Note where films lie now (film_id → path), after their files were renamed."""
        with self._database.work(write=True) as work:
            work.executemany(
                "UPDATE films SET path = ? WHERE film_id = ?",
                [(path, film_id) for film_id, path in paths.items()],
            )
            work.execute("UPDATE catalogue_version SET number = number + 1")

    def name_patients(self, patients: Mapping[str, str]) -> None:
        """Note whose films these are (film_id → patient, unique over all sources)."""
        with self._database.work(write=True) as work:
            work.executemany(
                "UPDATE films SET patient = ? WHERE film_id = ?",
                [(patient, film_id) for film_id, patient in patients.items()],
            )
            work.execute("UPDATE catalogue_version SET number = number + 1")

    def say_anew(self, films: Iterable[Film]) -> None:
        """Note what a source says now of films that are there; path and size stay, and so does
        what a person has corrected."""
        rows = [film_row(film.as_its_source_says()) for film in films]
        names = (
            "finding", "finding_original", "view", "view_original", "sex", "age", "source_split",
            "masks", "metadata", "source_finding",
        )  # fmt: skip
        settings = ", ".join(f"{name} = :{name}" for name in names)
        with self._database.work(write=True) as work:
            work.executemany(f"UPDATE films SET {settings} WHERE film_id = :film_id", rows)
            correct_again(work, (str(row["film_id"]) for row in rows))
            work.execute("UPDATE catalogue_version SET number = number + 1")

    def set_apart(self, reasons: Mapping[str, str]) -> None:
        """Set films apart (film_id → why): they stay in the catalogue and are not used."""
        self._set_apart(reasons)

    def use_again(self, film_ids: Iterable[str]) -> None:
        """Take films back that were set apart."""
        self._set_apart(dict.fromkeys(film_ids, ""))

    def _set_apart(self, reasons: Mapping[str, str]) -> None:
        with self._database.work(write=True) as work:
            work.executemany(
                "UPDATE films SET set_apart = ? WHERE film_id = ?",
                [(reason, film_id) for film_id, reason in reasons.items()],
            )
            work.execute("UPDATE catalogue_version SET number = number + 1")

    def set_apart_in(self, source: str | None = None) -> dict[str, str]:
        """film_id → why it is set apart, of one source or of all, by source and path."""
        where, values = ("AND source = ?", [source]) if source is not None else ("", [])
        with self._database.work() as work:
            rows = work.execute(
                f"SELECT film_id, set_apart FROM films WHERE set_apart != '' {where} "
                "ORDER BY source, path",
                values,
            ).fetchall()
        return {row["film_id"]: row["set_apart"] for row in rows}

    def save_source(
        self, source: Source, films: Iterable[Film], replaced: Iterable[str] = ()
    ) -> int:
        """Add a source's films in one transaction; returns how many were new.

        A film whose content is already there is left as it was. Saving the same source
        again replaces its import report and time only. ``replaced``: ids of films whose files
        are there no more, because others took their places; they go.
        """
        columns = ", ".join(FIELDS)
        marks = ", ".join(f":{name}" for name in FIELDS)
        corrected: list[str] = []

        with self._database.work(write=True) as work:
            taken = work.execute(
                "SELECT root FROM sources WHERE name = ?", (source.name,)
            ).fetchone()
            if taken and taken["root"] != source.root:
                raise InputError(
                    f"The name “{source.name}” already stands for {taken['root']}. "
                    "Give this import another name."
                )
            there = work.execute(
                "SELECT name FROM sources WHERE root = ? AND name != ?", (source.root, source.name)
            ).fetchone()
            if there:
                raise imported_meanwhile(source.root, there["name"])
            work.execute(
                "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET "
                "layout = excluded.layout, imported_at = excluded.imported_at, "
                "report = excluded.report",
                (
                    source.name,
                    source.layout,
                    source.root,
                    int(source.artificial),
                    source.imported_at or datetime.now(UTC).isoformat(timespec="seconds"),
                    stored_report(source.report),
                ),
            )
            work.executemany(
                "DELETE FROM films WHERE film_id = ? AND source = ?",
                [(film_id, source.name) for film_id in replaced],
            )
            known = corrected_ids(work)

            def rows() -> Iterator[dict[str, object]]:
                for film in films:  # one at a time: 100,000 of them would fill the memory
                    if film.film_id in known:
                        corrected.append(film.film_id)
                    yield film_row(film)

            before = work.total_changes
            work.executemany(
                f"INSERT INTO films ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING", rows()
            )
            added = work.total_changes - before
            correct_again(work, corrected)
            work.execute("UPDATE catalogue_version SET number = number + 1")
        return added

    def sources(self) -> list[Source]:
        """All sources, oldest import first."""
        with self._database.work() as work:
            work.text_factory = lenient
            rows = work.execute("SELECT * FROM sources ORDER BY imported_at, rowid").fetchall()
        return [source_of(row) for row in rows]

    def source_at(self, root: str) -> Source | None:
        """The source imported from this folder, if any."""
        with self._database.work() as work:
            row = work.execute("SELECT * FROM sources WHERE root = ?", (root,)).fetchone()
        return source_of(row) if row else None

    def remove_source(self, name: str) -> int:
        """Forget a source and its films (files on disk stay); returns how many films."""
        with self._database.work(write=True) as work:
            count = work.execute("SELECT COUNT(*) FROM films WHERE source = ?", (name,)).fetchone()
            if not work.execute("DELETE FROM sources WHERE name = ?", (name,)).rowcount:
                raise NotFoundError(f"There is no source called “{name}”.")
            work.execute("UPDATE catalogue_version SET number = number + 1")
        return int(count[0])

    def damaged(self) -> list[Damaged]:
        """Sources whose import report, or some of whose films' masks or details, cannot be
        read. The films themselves can be used."""
        with self._database.work() as work:
            work.text_factory = lenient
            lost = [
                row["name"]
                for row in work.execute("SELECT name, report FROM sources ORDER BY rowid")
                if not is_readable(row["report"])
            ]
            films = work.execute(
                "SELECT source, COUNT(*) AS films FROM films "
                "WHERE NOT json_valid(masks) OR NOT json_valid(metadata) GROUP BY source"
            ).fetchall()
        found = [Damaged(name, f"The import report of “{name}” {_AGAIN}") for name in lost]
        for row in films:
            what = "of 1 film" if row["films"] == 1 else f"of {row['films']:,} films"
            found.append(
                Damaged(
                    row["source"],
                    f"The masks and further details {what} of “{row['source']}” {_LOST}",
                )
            )
        return found

    def count(self) -> int:
        with self._database.work() as work:
            return int(work.execute("SELECT COUNT(*) FROM films").fetchone()[0])

    def count_by_source(self) -> dict[str, int]:
        """Source → how many films it has; a source without films is not among them."""
        with self._database.work() as work:
            rows = work.execute("SELECT source, COUNT(*) FROM films GROUP BY source").fetchall()
        return dict(rows)

    def sample(self, count: int) -> list[Film]:
        """That many films from all sources, the same ones as long as the catalogue is the same.

        An id is a hash, so the first ones by id are as good as drawn by lot.
        """
        with self._database.work() as work:
            rows = work.execute(
                "SELECT * FROM films WHERE set_apart = '' ORDER BY film_id LIMIT ?", (count,)
            ).fetchall()
        return [film_of(row) for row in rows]

    def known(self) -> dict[str, tuple[str, str]]:
        """film_id → (source, path), for telling duplicates from films already imported."""
        with self._database.work() as work:
            rows = work.execute("SELECT film_id, source, path FROM films").fetchall()
        return {row["film_id"]: (row["source"], row["path"]) for row in rows}

    def findings(self) -> list[str]:
        """Every finding there is, as films have it (several joined), the most frequent first."""
        with self._database.work() as work:
            rows = work.execute(
                "SELECT finding FROM films GROUP BY finding ORDER BY COUNT(*) DESC, finding"
            ).fetchall()
        return [row["finding"] for row in rows]

    def finding_of_each(self, film_ids: Iterable[str]) -> dict[str, str]:
        """film_id → the finding that its source says, for the films that are there."""
        said = "CASE source_finding WHEN '' THEN finding ELSE source_finding END"
        return self._of_each(said, film_ids)

    def film(self, film_id: str) -> Film:
        """Raises NotFoundError."""
        films = self.films([film_id])
        if not films:
            raise NotFoundError("This film is no longer in the catalogue.")
        return films[0]

    def films(self, film_ids: Sequence[str]) -> list[Film]:
        """The films with these ids, in the order asked; unknown ids are passed over."""
        found: dict[str, Film] = {}
        with self._database.work() as work:
            for start in range(0, len(film_ids), 500):
                chunk = list(film_ids[start : start + 500])
                marks = ", ".join("?" * len(chunk))
                for row in work.execute(f"SELECT * FROM films WHERE film_id IN ({marks})", chunk):
                    found[row["film_id"]] = film_of(row)
        return [found[one] for one in film_ids if one in found]

    def patients(self, film_ids: Iterable[str]) -> dict[str, str]:
        """film_id → patient, for the films that are still there."""
        return self._of_each("patient", film_ids)

    def _of_each(self, column: str, film_ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        rest = iter(film_ids)
        with self._database.work() as work:
            while chunk := [str(one) for one in islice(rest, 500)]:
                marks = ", ".join("?" * len(chunk))
                rows = work.execute(
                    f"SELECT film_id, {column} AS asked FROM films WHERE film_id IN ({marks})",
                    chunk,
                )
                found.update(map(tuple, rows))
        return found

    def frame(self, *, drawn_last: bool = False) -> pd.DataFrame:
        """One row a film in use, without masks and metadata, sorted by source and path;
        ``drawn_last``: with all artificial films at the end.

        Films that are set apart are not among them. Columns: film_id, source, path, patient,
        finding, finding_original, view, view_original, sex, age (float, NaN where unknown),
        source_split, width, height, source_finding (“” where nobody has corrected the finding).
        The columns in ``CATEGORIES``, and what findings and views were called at first, are
        pandas categoricals.
        """
        columns = [name for name in FIELDS if name not in ("masks", "metadata", "set_apart")]
        with self._database.work() as work:
            drawn = "(SELECT artificial FROM sources WHERE name = source), " if drawn_last else ""
            cursor = work.execute(
                f"SELECT {', '.join(columns)} FROM films WHERE set_apart = '' "
                f"ORDER BY {drawn}source, path"
            )
            few, numbers = (*CATEGORIES, *_ORIGINALS), ("age", "width", "height")
            frame = table_of(cursor, categories=few, numbers=numbers)
        frame["age"] = frame["age"].astype(float)
        return frame
