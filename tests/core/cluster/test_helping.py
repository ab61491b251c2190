"""Which free slots of a cluster help a training with its films, and when they stop. No Ray here."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.cluster.beginning import Placed
from core.cluster.helping import LEAST, WORTH_SECONDS, link, see_to_node_helpers
from core.cluster.membership import Members, Node, Slot
from core.cluster.receiving import Receiver
from core.runs.kinds import NODE_FEATURES
from core.runs.upkeep import unfinished
from core.specs import RunSpec
from core.store import JobRow, Run, RunProgress, RunState, Store
from tests.core.phantom_dataset import with_a_dataset
from tests.core.runs.jobs_at_hand import no_dispatcher

CELLAR, ATTIC, SMALL = (Node(f"{one}-id", one, cpus=2) for one in ("cellar", "attic", "small"))


class Head:
    """What the dispatcher knows: three machines, and a training on the first."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.members = Members(cpus_each=2, nodes={one.id: one for one in (CELLAR, ATTIC, SMALL)})
        self.placed: dict[str, Placed] = {}

    def training(self, **fields: Any) -> Run:
        asked = {"dataset": "phantoms", "model": "vgg16", "weights": "random", **fields}
        return self.store.runs.create(RunSpec.build(**asked))

    def begins(self, job_id: str, node: Node, slot: Slot = Slot(2)) -> None:  # noqa: B008 - frozen
        self.store.queue.transition(job_id, RunState.PREPARING, started_at=time.time())
        row = self.store.queue.find(job_id)
        assert row is not None
        self.placed[job_id] = Placed(row, Receiver(self.store, row), node, slot)

    def passes(self, run: Run, films: int = LEAST, seconds: float | None = WORTH_SECONDS) -> None:
        progress = RunProgress(stage="features", done=9, total=9 + films, eta_seconds=seconds)
        self.store.queue.beat(run.run_id, progress)

    def look(self, *, may_ask: bool = True) -> dict[str, JobRow]:
        """The helpers that are not over, by their node, after the dispatcher has looked."""
        rows = unfinished(self.store)
        see_to_node_helpers(self.store, self.members, self.placed, rows, may_ask=may_ask)
        rows = [one for one in unfinished(self.store) if one.kind == NODE_FEATURES.name]
        assert len({one.arguments["node"] for one in rows}) == len(rows)
        return {one.arguments["node"]: one for one in rows}


@pytest.fixture
def head(phantom_store: Store, monkeypatch: pytest.MonkeyPatch) -> Head:
    no_dispatcher(monkeypatch)
    return Head(with_a_dataset(phantom_store, 6, 2, 2))


@pytest.fixture
def run(head: Head) -> Run:
    """A training in the cellar that has many films to pass, for a while."""
    run = head.training()
    head.begins(run.run_id, CELLAR)
    head.passes(run)
    return run


def test_each_free_slot_helps_once(head: Head, run: Run) -> None:
    asked = head.look()
    assert set(asked) == {ATTIC.id, SMALL.id}
    assert {one.arguments["run"] for one in asked.values()} == {run.run_id}
    assert {one.wanted_device for one in asked.values()} == {"cpu"}
    assert head.look() == asked, "those that are on their way count"
    named = head.members.free(asked[SMALL.id], NODE_FEATURES, [], only=SMALL.id)
    assert named is not None
    assert head.members.slot(named)[0] == SMALL, "where it was asked for"
    for one in asked.values():
        head.begins(one.job_id, head.members.nodes[one.arguments["node"]])
    assert {one.job_id for one in head.look().values()} == {one.job_id for one in asked.values()}


@pytest.mark.parametrize(
    ("films", "seconds"), [(LEAST - 1, 1e6), (10**6, WORTH_SECONDS - 1), (10**6, None)]
)
def test_little_work_gets_no_help(head: Head, run: Run, films: int, seconds: float | None) -> None:
    head.passes(run, films, seconds)
    assert head.look() == {}


def test_no_slot_is_taken_from_what_waits(head: Head, run: Run) -> None:
    asked = head.look()
    head.begins(asked[ATTIC.id].job_id, ATTIC)
    waiting = head.training()
    assert set(head.look(may_ask=False)) == {ATTIC.id}, "what had not begun is gone"
    row = head.store.queue.find(asked[ATTIC.id].job_id)
    assert row is not None
    assert row.cancel_at is not None, "what had is told to go"
    head.store.queue.transition(row.job_id, RunState.CANCELLED)
    del head.placed[row.job_id]
    assert head.look() == {}
    head.begins(waiting.run_id, ATTIC)
    assert head.look(may_ask=False) == {}
    assert set(head.look()) == {SMALL.id}, "what is left helps again"


def test_help_ends_with_the_films(head: Head, run: Run) -> None:
    asked = head.look()
    head.begins(asked[ATTIC.id].job_id, ATTIC)
    head.store.queue.beat(run.run_id, RunProgress(stage="training", done=1, total=2))
    assert [one.cancel_at is not None for one in head.look().values()] == [True]


def test_a_training_that_shall_stop_or_shares_nothing_gets_no_help(head: Head, run: Run) -> None:
    head.store.queue.request_cancel(run.run_id)
    alone = head.training(cache=False)
    head.begins(alone.run_id, ATTIC)
    head.passes(alone)
    assert head.look() == {}


def test_who_could_not_help_is_not_asked_again(head: Head, run: Run) -> None:
    for one in head.look().values():
        head.store.queue.transition(one.job_id, RunState.FAILED, reason="Its bits are others.")
    assert head.look() == {}
    head.store.queue.transition(run.run_id, RunState.PREPARING, started_at=time.time() + 1)
    assert set(head.look()) == {ATTIC.id, SMALL.id}, "but in another session of the training"


def test_a_helper_of_a_node_that_is_gone_does_not_wait_for_it(head: Head, run: Run) -> None:
    assert SMALL.id in head.look()
    del head.members.nodes[SMALL.id]
    assert set(head.look()) == {ATTIC.id}


def test_a_training_on_a_gpu_is_helped_by_gpus(head: Head) -> None:
    cards = Node("cards-id", "cards", cpus=8, gpus=4)
    head.members.nodes[cards.id] = cards
    run = head.training()
    head.begins(run.run_id, cards, Slot(0, 1))
    head.passes(run)
    see_to_node_helpers(head.store, head.members, head.placed, unfinished(head.store))
    rows = [one for one in unfinished(head.store) if one.kind == NODE_FEATURES.name]
    assert [one.arguments["node"] for one in rows] == [cards.id] * 3
    assert {one.wanted_device for one in rows} == {"auto"}


def test_helper_and_training_are_told_of_each_other(head: Head, run: Run) -> None:
    class Told:
        def __init__(self) -> None:
            self.told: list[tuple[Any, ...]] = []
            self.lend_to = self

        def remote(self, *said: Any) -> None:
            self.told.append(said)

    asked = head.look()[ATTIC.id]
    head.begins(asked.job_id, ATTIC)
    helper, training = head.placed[asked.job_id], head.placed[run.run_id]
    link(head.placed, helper)  # not while the training is on its way
    training.actor, helper.actor = Told(), object()
    link(head.placed, helper)
    assert training.actor.told == [(asked.job_id, helper.actor)]
