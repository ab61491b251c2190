"""The job that draws a map: what it keeps, what it computes anew, and when it is old."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.errors import InputError
from core.film_map import status, vectors, worker
from core.film_map.document import FILE, FilmMap, map_folder
from core.film_map.status import map_job, map_status, start_map
from core.runs.reporter import Reporter
from core.store import RunState, Store
from core.training import precision
from core.training.network import TrainableNetwork
from core.workspace import Workspace
from tests.core.runs.jobs_at_hand import at_once, carried_out

Paths = Mapping[str, str]


def drawn(workspace: Workspace, paths: Paths, tell: Reporter) -> tuple[list[str], np.ndarray]:
    """Vectors that anybody can work out, instead of a network's."""
    ids = list(paths)
    return ids, np.array([[int(one[place : place + 2], 16) for place in range(8)] for one in ids])


@pytest.fixture
def at_hand(phantom_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose maps are drawn within ``start``, from made-up vectors."""
    at_once(monkeypatch)
    monkeypatch.setattr(vectors, "photograph_vectors", drawn)
    monkeypatch.setattr(worker, "placed", lambda points, check: points[:, :2])
    monkeypatch.setattr(status, "find_weights", lambda *_: Path("weights"))
    return phantom_store


def test_a_map_is_drawn_and_kept_and_grows_old_when_films_come(at_hand: Store) -> None:
    frame = at_hand.catalogue.frame()
    assert map_status(at_hand, frame).result is None
    start_map(at_hand)
    now = map_status(at_hand, frame)
    assert now.result is not None
    assert now.stale == ""
    assert set(now.result.films) == set(frame["film_id"])
    assert now.result.nearest.shape == (40, 20)
    # A film that is left out is no reason to draw it anew.
    at_hand.catalogue.set_apart({now.result.films[0]: "Left out by A."})
    assert map_status(at_hand, at_hand.catalogue.frame()).stale == ""
    at_hand.catalogue.use_again([now.result.films[0]])
    fewer = now.result.model_copy(update={"films": now.result.films[1:]})
    fewer.save(map_folder(at_hand.workspace) / FILE)
    assert map_status(at_hand, frame).stale == "1 film has come since this map was drawn."


def test_a_damaged_map_is_told_and_drawn_again(at_hand: Store) -> None:
    start_map(at_hand)
    (map_folder(at_hand.workspace) / FILE).write_text("{")
    found = map_status(at_hand, at_hand.catalogue.frame())
    assert (found.result, found.unreadable) == (None, True)
    start_map(at_hand)
    assert map_status(at_hand, at_hand.catalogue.frame()).result is not None


def test_too_few_films_are_said(store: Store) -> None:
    with pytest.raises(InputError, match="at least 10 films, and there are no films"):
        start_map(store)


def test_missing_weights_are_said(phantom_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "find_weights", lambda *_: None)
    with pytest.raises(InputError, match="Install them with"):
        start_map(phantom_store)


def test_the_command_draws_once_and_tells(
    at_hand: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(at_hand.workspace.root)
    assert main(["map", "--json", "--data", root]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["films"], told["of"], told["stale"]) == (40, 40, None)
    assert len(told["points"]) == 40
    assert [one["column"] for one in told["separation"]] == ["finding"]
    made = FilmMap.load(map_folder(at_hand.workspace) / FILE)
    assert main(["map", "--data", root]) == 0
    assert "The map shows 40 films." in capsys.readouterr().out
    assert FilmMap.load(map_folder(at_hand.workspace) / FILE) == made  # not drawn again
    assert main(["map", "--again", "--json", "--data", root]) == 0
    assert json.loads(capsys.readouterr().out)["made_at"] > made.made_at


def test_only_new_films_are_looked_at_and_broken_ones_left_out(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the network itself, whose weights come with a package."""
    looked: list[int] = []
    extract = TrainableNetwork.extract

    def counting(self: TrainableNetwork, films: np.ndarray, *mode: object, **how: object) -> object:
        looked.append(len(films))
        return extract(self, films, *mode, **how)

    monkeypatch.setattr(TrainableNetwork, "extract", counting)
    monkeypatch.setattr(precision, "candidates", lambda: [precision.FLOAT32])  # nothing is timed
    frame = phantom_store.catalogue.frame().sort_values("film_id")
    gone, apart = str(frame["film_id"].iloc[0]), [str(one) for one in frame["film_id"].iloc[1:25]]
    phantom_store.catalogue.move_films({gone: "/nowhere/film.png"})
    phantom_store.catalogue.set_apart(dict.fromkeys(apart, "Left out by A."))
    job = map_job(phantom_store)
    assert carried_out(job) == 0
    assert job.status().state is RunState.DONE, job.status().reason
    made = FilmMap.load(map_folder(phantom_store.workspace) / FILE)
    assert (len(made.films), made.unreadable, made.of) == (15, 1, 16)
    assert gone not in made.films
    assert sum(looked) == 16  # two batches of eight, the second filled up
    looked.clear()
    phantom_store.catalogue.use_again(apart[:3])
    assert carried_out(job) == 0
    assert len(FilmMap.load(map_folder(phantom_store.workspace) / FILE).films) == 18
    assert sum(looked) == 8
