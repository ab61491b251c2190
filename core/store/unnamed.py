"""A store without the names of those who work in it, for people who are none of them."""

from __future__ import annotations

from core.errors import DamagedError
from core.store.corrections import CorrectedFilms
from core.store.damaged import lenient
from core.store.database import Database

_LEFT_OUT = "Left out by "  # as ``core.datasets.correcting`` says it


def forget_people(database: Database) -> None:
    """Take out who started runs, who corrected or left out films, and the list of what was
    done."""
    with database.work(write=True) as work:
        work.text_factory = lenient
        work.execute("DELETE FROM deeds")
        work.execute("UPDATE runs SET who = ''")
        work.execute("UPDATE corrections SET who = 'somebody'")
        work.execute(
            "UPDATE films SET set_apart = 'Left out.' WHERE substr(set_apart, 1, ?) = ?",
            (len(_LEFT_OUT), _LEFT_OUT),
        )
        for row in work.execute("SELECT name, corrected FROM datasets").fetchall():
            known = _read(row["corrected"])
            films = [one.model_copy(update={"who": ""}) for one in known.films] if known else []
            bare = CorrectedFilms(films=tuple(films)).to_json()
            work.execute("UPDATE datasets SET corrected = ? WHERE name = ?", (bare, row["name"]))


def _read(text: str) -> CorrectedFilms | None:
    try:
        return CorrectedFilms.from_json(text)
    except DamagedError:
        return None
