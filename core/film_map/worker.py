"""What the process of a map does: vectors of all films, then their places [K]."""

from __future__ import annotations

import time

from core.errors import InputError
from core.film_map.document import (
    FILE,
    KEPT_NEIGHBOURS,
    LEAST,
    FilmMap,
    drawn_by_lot,
    films_to_map,
)
from core.film_map.placing import nearest, placed, reduced
from core.models.registry import FIRST_CHOICE
from core.runs.reporter import Reporter
from core.runs.worker import Task
from core.store import Store


def work(task: Task, tell: Reporter) -> None:
    """Draw the map anew; it is kept beside the job's files. Raises InputError."""
    from core.film_map.vectors import photograph_vectors

    paths, of = _chosen(task.store)
    film_ids, vectors = photograph_vectors(task.workspace, paths, tell)
    if len(film_ids) < LEAST:
        raise InputError(
            f"A map needs at least {LEAST} films that can be read, and there are "
            f"{len(film_ids)}. Import more films, or put their files back."
        )
    tell.stage("Placing the films")
    points = reduced(vectors)
    places = placed(points, tell.check)
    near = nearest(points, KEPT_NEIGHBOURS)
    FilmMap(
        films=tuple(film_ids),
        x=tuple(round(float(one), 4) for one in places[:, 0]),
        y=tuple(round(float(one), 4) for one in places[:, 1]),
        neighbours=tuple(tuple(map(int, row)) for row in near),
        of=of,
        unreadable=len(paths) - len(film_ids),
        network=FIRST_CHOICE.name,
        made_at=time.time(),
    ).save(task.folder / FILE)


def _chosen(store: Store) -> tuple[dict[str, str], int]:
    """The films that are to be on the map: id → where its file lies, by id; and of how many."""
    artificial = [one.name for one in store.catalogue.sources() if one.artificial]
    # The table of all films takes far more memory than those on a map: it goes first.
    frame = films_to_map(store.catalogue.frame(), artificial)
    films = frame[frame["film_id"].isin(drawn_by_lot(frame["film_id"].astype(str)))]
    paths = zip(films["film_id"].astype(str), films["path"].astype(str), strict=True)
    return dict(paths), len(frame)
