"""Words that people put on films, to find them again."""

from __future__ import annotations

from collections.abc import Iterable

from core.store.database import Database


class Tags:
    """Reads and writes the tags of films. A tag lies under the film's hash, so it outlives an
    import of the same film."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, film_ids: Iterable[str], tag: str) -> int:
        """Put a tag on films; how many did not have it."""
        rows = [(film_id, tag) for film_id in dict.fromkeys(film_ids)]
        with self._database.work(write=True) as work:
            before = work.total_changes
            work.executemany("INSERT OR IGNORE INTO film_tags VALUES (?, ?)", rows)
            return work.total_changes - before

    def remove(self, film_ids: Iterable[str], tag: str) -> int:
        """Take a tag from films; how many had it."""
        rows = [(film_id, tag) for film_id in dict.fromkeys(film_ids)]
        with self._database.work(write=True) as work:
            before = work.total_changes
            work.executemany("DELETE FROM film_tags WHERE film_id = ? AND tag = ?", rows)
            return work.total_changes - before

    def all(self) -> dict[str, frozenset[str]]:
        """Tag → the ids of the films in the catalogue that have it, by name; a tag that no film
        there has is not among them."""
        found: dict[str, set[str]] = {}
        with self._database.work() as work:
            rows = work.execute(
                "SELECT tag, film_id FROM film_tags JOIN films USING (film_id) ORDER BY tag"
            )
            for row in rows:
                found.setdefault(row["tag"], set()).add(row["film_id"])
        return {tag: frozenset(film_ids) for tag, film_ids in found.items()}

    def of(self, film_id: str) -> list[str]:
        """The tags of a film, by name."""
        with self._database.work() as work:
            rows = work.execute(
                "SELECT tag FROM film_tags WHERE film_id = ? ORDER BY tag", (film_id,)
            ).fetchall()
        return [str(row["tag"]) for row in rows]
