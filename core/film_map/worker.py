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


def work(task: Task, tell: Reporter) -> None:
    """Draw the map anew; it is kept beside the job's files. Raises InputError."""
    from core.film_map.vectors import photograph_vectors

    catalogue = task.store.catalogue
    artificial = [one.name for one in catalogue.sources() if one.artificial]
    frame = films_to_map(catalogue.frame(), artificial)
    every = dict(zip(frame["film_id"].astype(str), frame["path"].astype(str), strict=True))
    chosen = drawn_by_lot(every)
    paths = {one: every[one] for one in chosen}
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
        of=len(frame),
        unreadable=len(paths) - len(film_ids),
        network=FIRST_CHOICE.name,
        made_at=time.time(),
    ).save(task.folder / FILE)
