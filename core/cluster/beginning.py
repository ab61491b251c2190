"""A row of the queue on a node: what the dispatcher knows of it, and how it begins there."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from core.cluster.connection import attendant_on
from core.cluster.membership import Node, Slot
from core.cluster.packing import pack
from core.cluster.receiving import Receiver
from core.cluster.sameness import about_this_machine, chosen_backend, why_unfit
from core.cluster.shelf import Shelf
from core.errors import Cancelled
from core.runs.liveness import STOPPED
from core.store import JobRow, RunProgress, Store

ROOM_SECONDS = 60.0  # how long a node may take to begin, since others may use the cluster too
TELL_SECONDS = 0.5


class NoRoomError(Exception):
    """A node that did not begin in time."""


class UnfitNodeError(Exception):
    """A node that has another program or other libraries."""


@dataclass
class Placed:
    """A row on a node. ``starting``: until it is there. ``waiting``: for its next update.
    ``linked``: when a helper and its training were last told of each other."""

    job: JobRow
    receiver: Receiver
    node: Node
    slot: Slot
    starting: Future[Any] | None = None
    actor: Any = None
    waiting: Any = None
    number: int = 0
    asked: float | None = None
    silent: float | None = None
    given_up: bool = False
    linked: float = 0.0


def begin_on_node(store: Store, ray: Any, placed: Placed, shelf: Shelf, threads: int) -> Any:
    """The row's actor, at work; in a thread, since packing may take minutes. ``threads``: that its
    worker computes with. Raises NoRoomError, UnfitNodeError, Cancelled when it is given up, and
    what Ray raises."""
    job = placed.job
    told = 0.0

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal told
        if placed.given_up:
            raise Cancelled(STOPPED)
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            unit = "films" if stage == "films" else "bytes"
            progress = RunProgress(stage=stage, done=done, total=total, unit=unit)
            store.queue.beat(job.job_id, progress)

    actor = attendant_on(
        ray,
        placed.node.id,
        name=job.job_id,
        lifetime="detached",
        max_concurrency=4,
        num_cpus=placed.slot.cpus,
        num_gpus=placed.slot.gpus,
    )
    try:
        asked = actor.about.remote(chosen_backend())
        parcel = pack(store, job, shelf, threads, tell)
        try:
            its = ray.get(asked, timeout=ROOM_SECONDS)
        except ray.exceptions.GetTimeoutError:  # others than this data folder have its slots
            raise NoRoomError(f"{placed.node.name} had no room for it.") from None
        unfit = why_unfit(placed.node.name, its, about_this_machine(chosen_backend()))
        if unfit:
            raise UnfitNodeError(unfit)
        ray.get(actor.begin.remote(parcel))
    except BaseException:
        ray.kill(actor)
        raise
    return actor
