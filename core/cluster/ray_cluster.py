"""The place for work on the nodes of a Ray cluster, in the dispatcher's process alone.

Each row that works on a node has one actor there, which Ray keeps by the row's name, in a namespace
of the data folder, whatever becomes of this process: the next dispatcher finds it again.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.cluster.beginning import NoRoomError, Placed, UnfitNodeError, begin_on_node
from core.cluster.connection import connected
from core.cluster.helping import NODE, link, see_to_node_helpers
from core.cluster.membership import Members
from core.cluster.node_work import LOST
from core.cluster.parcels import Update
from core.cluster.receiving import Receiver
from core.cluster.shelf import Shelf
from core.cluster.vectors import arithmetic_is_known
from core.errors import Cancelled, InputError, ThoraxLensError
from core.privacy import salt_of
from core.runs.files import RunFiles, job_folder
from core.runs.kinds import NODE_FEATURES
from core.runs.liveness import mark_dead
from core.runs.places import could_not_start, kind_of, log_line, taken_from_queue
from core.runs.whereabouts import is_elsewhere, went_away, whereabouts, whereabouts_file
from core.store import ACTIVE, JobRow, RunState, Store, keep_record

AGAIN_SECONDS = 10.0  # until a cluster that does not answer is asked again
SILENT_SECONDS = 60.0  # how long a node may be out of reach before its work goes elsewhere
STOP_SECONDS = 20.0  # how long work on a node may take to stop
LEAVE_SECONDS = 15.0
RETRY_SECONDS = 0.5  # until what could not be written is told again
LINK_SECONDS = 5.0  # until a helper and its training are told of each other again
MOST_LOSSES = 3  # nodes lost one after the other without an epoch in between


@dataclass
class RayCluster:
    """``address``: as ``core.workspace.ray_address`` has it."""

    store: Store
    address: str
    _ray: Any = None
    _again: float = 0.0
    _members: Members = field(default_factory=Members)
    _placed: dict[str, Placed] = field(default_factory=dict)
    _measured: set[tuple[str, int]] = field(default_factory=set)
    _leaving: list[tuple[Any, Any, float]] = field(default_factory=list)
    _hands: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="packing")
    )

    def __post_init__(self) -> None:
        self._shelf = Shelf(self._put, self.store.workspace.root / "cluster")

    @property
    def is_busy(self) -> bool:
        return bool(self._placed or self._leaving)

    def takes(self, job: JobRow) -> bool:
        return kind_of(job).travels

    def holds(self, job: JobRow) -> bool:
        return job.job_id in self._placed or is_elsewhere(self.store, job)

    def free_slot(self, job: JobRow, jobs: Sequence[JobRow]) -> str | None:
        if job.job_id in self._placed or not self._reached() or self._measuring(job):
            return None
        taken = [(one.node.id, one.slot) for one in self._placed.values()]
        return self._members.free(job, kind_of(job), taken, only=job.arguments.get(NODE, ""))

    def start(self, job: JobRow, slot: str) -> None:
        node, wanted = self._members.slot(slot)
        if not taken_from_queue(self.store, job, wanted.in_words, node.name):
            return
        try:
            folder = job_folder(self.store.workspace, job)
            folder.mkdir(parents=True, exist_ok=True)
            before = whereabouts(self.store, job)
            before.model_copy(update={"node": node.id, "there": True}).save(
                whereabouts_file(self.store, job)
            )
            if job.is_training:
                keep_record(self.store, self.store.runs.get(job.job_id))
        except OSError as error:
            could_not_start(self.store, job, error)
            return
        placed = Placed(job, Receiver(self.store, job), node, wanted)
        placed.starting = self._hands.submit(self._begin, placed)
        self._placed[job.job_id] = placed
        log_line(f"{job.job_id} goes to {node.name}")

    def watch(self, job: JobRow) -> None:
        placed = self._placed.get(job.job_id) or self._found_again(job)
        if placed is None:
            if job.cancel_at is not None and self._ray is None:  # nobody there would hear of it
                mark_dead(self.store, job)
            return
        if placed.starting is not None and not self._has_started(placed):
            placed.given_up = job.cancel_at is not None
            return
        if job.cancel_at is not None and not self._stopping(placed, job):
            return
        if job.kind == NODE_FEATURES.name and time.monotonic() - placed.linked > LINK_SECONDS:
            placed.linked = time.monotonic()
            link(self._placed, placed)
        self._listen(placed)

    def collect(self) -> None:
        for job_id, placed in list(self._placed.items()):
            row = self.store.queue.find(job_id)
            if row is None or not row.is_active:  # stopped at once, or deleted, by somebody else
                self._let_go(placed)
        for actor, left, until in list(self._leaving):
            ready, _ = self._ray.wait([left], timeout=0)
            if ready or time.monotonic() > until:
                self._leaving.remove((actor, left, until))
                self._ray.kill(actor)

    def help_out(self, jobs: Sequence[JobRow]) -> None:
        if self._ray is not None:
            # What leaves just now has a name that its successor may need.
            quiet = not self._leaving
            see_to_node_helpers(self.store, self._members, self._placed, jobs, may_ask=quiet)

    def forget(self, job_ids: Iterable[str]) -> None:
        pass  # ``collect`` does

    def _measuring(self, job: JobRow) -> bool:
        """Whether another one tries just now which arithmetic is fastest for the same network:
        what begins before it has told would try as well, and might find another."""
        mine = self._network_of(job)
        if mine is None or mine in self._measured:
            return False
        if arithmetic_is_known(self.store.workspace, *mine):
            self._measured.add(mine)
            return False
        return any(self._network_of(placed.job) == mine for placed in self._placed.values())

    def _network_of(self, job: JobRow) -> tuple[str, int] | None:
        """A training's network and pixels a side."""
        if not job.is_training:
            return None
        try:
            spec = self.store.runs.get(job.job_id).spec
            size = spec.image_size or self.store.datasets.get(spec.dataset).spec.image_size
        except ThoraxLensError:  # the work says itself what is gone
            return None
        return spec.model, size

    # The cluster

    def _reached(self) -> bool:
        """Whether the cluster answers; asked again now and then while it does not."""
        if self._ray is None:
            if time.monotonic() < self._again:
                return False
            self._ray = self._connected()
            self._again = time.monotonic() + AGAIN_SECONDS
        if self._ray is None:
            return False
        self._members.look(self._ray.nodes)
        return True

    def _connected(self) -> Any:
        try:
            ray = connected(self.address, self._namespace())
        except InputError as error:  # nothing listens there
            log_line(str(error))
            return None
        except ImportError:
            raise
        except Exception as error:  # noqa: BLE001 - Ray says it in errors of many kinds
            log_line(f"the Ray cluster {self.address} does not answer: {error}")
            return None
        log_line(f"connected to the Ray cluster {self.address}")
        # What an earlier dispatcher made to be sent. Not before: only the one that works asks for
        # the cluster, and others may be made beside it.
        shutil.rmtree(self._shelf.folder, ignore_errors=True)
        self._end_orphans(ray)
        return ray

    def _end_orphans(self, ray: Any) -> None:
        """End what a killed dispatcher had no time to end: work whose row is over."""
        for name in ray.util.list_named_actors():
            row = self.store.queue.find(name)
            if row is None or not row.is_active:
                with suppress(ValueError):  # it went by itself meanwhile
                    ray.get_actor(name).leave.remote()

    def _namespace(self) -> str:
        """Another one for each data folder, wherever it lies. Not by the salt: a data folder made
        of a backup has the same, and would end what the first one has at work. Raises
        InputError."""
        place = self.store.workspace.cluster_key
        try:
            key = salt_of(place)
        except OSError as error:
            raise InputError(f"{place} cannot be read or made ({error.strerror or error}).") from (
                error
            )
        return f"thoraxlens-{hashlib.sha256(key).hexdigest()[:16]}"

    def _put(self, content: Any) -> Any:
        return self._ray.put(content)

    # One row

    def _begin(self, placed: Placed) -> Any:
        threads = self._members.threads(placed.slot)
        return begin_on_node(self.store, self._ray, placed, self._shelf, threads)

    def _has_started(self, placed: Placed) -> bool:
        """Whether the actor is at work; sees to what went wrong."""
        starting = placed.starting
        if starting is None or not starting.done():
            return False
        placed.starting = None
        job = placed.job
        try:
            placed.actor = starting.result()
        except UnfitNodeError as error:
            log_line(str(error))
            self._members.shun(placed.node.id, str(error))
            self._back_to_queue(placed, str(error))
        except NoRoomError as error:
            log_line(f"{job.job_id}: {error}")
            self._members.shun(placed.node.id, "", for_a_while=True)
            self._back_to_queue(placed, str(error))
        except Cancelled:
            self._forget(placed)
            mark_dead(self.store, self.store.queue.find(job.job_id) or job)
        except (ThoraxLensError, OSError) as error:
            self._forget(placed)
            self._ended(placed, str(error), RunState.FAILED)
        except Exception as error:  # noqa: BLE001 - Ray has many kinds
            self._lost(placed, f"{type(error).__name__}: {error}")
        else:
            log_line(f"{job.job_id} works on {placed.node.name}")
            return True
        return False

    def _stopping(self, placed: Placed, job: JobRow) -> bool:
        """Whether work that shall stop is to be listened to."""
        now = time.monotonic()
        if placed.asked is None:
            placed.asked = now
            if kind_of(job).keeps_what_it_had:
                placed.actor.stop.remote()
        if kind_of(job).keeps_what_it_had and now - placed.asked < STOP_SECONDS:
            return True
        mark_dead(self.store, job)
        self._let_go(placed)
        return False

    def _listen(self, placed: Placed) -> None:
        if placed.waiting is None:
            placed.waiting = placed.actor.changes.remote(placed.number)
        ready, _ = self._ray.wait([placed.waiting], timeout=0)
        if not ready:
            return
        waiting, placed.waiting = placed.waiting, None
        try:
            update: Update = self._ray.get(waiting)
        except self._ray.exceptions.ActorUnavailableError as error:
            now = time.monotonic()
            placed.silent = placed.silent or now
            if now - placed.silent > SILENT_SECONDS or self._members.is_dead(placed.node.id):
                self._lost(placed, f"it cannot be reached ({_first_line(error)})")
            return
        except Exception as error:  # noqa: BLE001 - however it went, nothing comes any more
            self._lost(placed, _first_line(error))
            return
        placed.silent = None
        if update.row.get("state") == LOST:
            self._lost(placed, str(update.row.get("reason")))
            return
        try:
            placed.receiver.take(update)
        except OSError as error:  # a full disk, say: it is told again
            log_line(f"what {placed.job.job_id} sent could not be written ({error})")
            time.sleep(RETRY_SECONDS)
            return
        placed.number = update.number
        # A node that has not unpacked its work yet says nothing of its state.
        if update.row.get("state") in (RunState.TRAINING, RunState.EVALUATING, RunState.DONE):
            network = self._network_of(placed.job)
            if network is not None:  # it has been measured, or there was nothing to choose from
                self._measured.add(network)
        if update.over:
            why = update.row.get("reason")
            what = f"{placed.job.job_id} is over on {placed.node.name}"
            log_line(f"{what}: {why}" if why else what)
            self._let_go(placed)

    def _found_again(self, job: JobRow) -> Placed | None:
        """What an earlier dispatcher has placed."""
        if not self._reached():
            return None
        node = self._members.named(whereabouts(self.store, job).node, job.node)
        slot = self._members.slot_of(job.device, node)
        placed = Placed(job, Receiver(self.store, job), node, slot)
        self._placed[job.job_id] = placed
        try:
            placed.actor = self._ray.get_actor(job.job_id)
            begun = self._ray.get(placed.actor.has_begun.remote(), timeout=SILENT_SECONDS)
        except Exception as error:  # noqa: BLE001 - it is not there, or does not answer
            self._lost(placed, _first_line(error))
            return None
        if not begun:
            self._lost(placed, "the dispatcher ended before the work had begun")
            return None
        log_line(f"{job.job_id} was found again on {node.name}")
        return placed

    def _lost(self, placed: Placed, why: str) -> None:
        """The node, or what worked there, is gone: the row goes on elsewhere."""
        job, node = placed.job, placed.node.name
        log_line(f"{job.job_id} was lost on {node}: {why}")
        self._members.shun(placed.node.id, "", for_a_while=True)
        there = whereabouts(self.store, job)
        losses = 1 if placed.receiver.has_epochs else there.losses + 1
        there.model_copy(update={"losses": losses}).save(whereabouts_file(self.store, job))
        then = _goes_on(self.store, job)
        if losses < MOST_LOSSES:
            self._back_to_queue(placed, f"{went_away(node)} {then}")
            return
        self._let_go(placed)
        reason = (
            f"{MOST_LOSSES} machines went away one after the other while they worked on this, "
            f"{node} last ({why}). Resume tries again."
        )
        self._ended(placed, reason)

    def _ended(self, placed: Placed, reason: str, state: RunState = RunState.INTERRUPTED) -> None:
        self.store.queue.transition(
            placed.job.job_id, state, only_from=ACTIVE, reason=reason, finished_at=time.time()
        )

    def _back_to_queue(self, placed: Placed, reason: str) -> None:
        self._let_go(placed)
        if placed.job.kind == NODE_FEATURES.name:  # what it had not finished is anybody's again
            self._ended(placed, reason)
        elif not self.store.queue.lost_node(placed.job.job_id, reason):
            row = self.store.queue.find(placed.job.job_id)
            if row is not None and row.is_active:  # somebody has asked to stop it
                mark_dead(self.store, row)

    def _let_go(self, placed: Placed) -> None:
        """Nothing more is taken from this actor; it cleans up and ends."""
        self._forget(placed)
        placed.given_up = True
        if placed.actor is not None:
            until = time.monotonic() + LEAVE_SECONDS
            self._leaving.append((placed.actor, placed.actor.leave.remote(), until))
        elif placed.starting is not None:
            placed.starting.add_done_callback(self._end_late)

    def _end_late(self, starting: Future[Any]) -> None:
        if not starting.cancelled() and starting.exception() is None:
            self._ray.kill(starting.result())

    def _forget(self, placed: Placed) -> None:
        self._placed.pop(placed.job.job_id, None)
        file = whereabouts_file(self.store, placed.job)
        if file.parent.is_dir():
            known = whereabouts(self.store, placed.job)
            known.model_copy(update={"there": False}).save(file)


def _goes_on(store: Store, job: JobRow) -> str:
    if job.kind == NODE_FEATURES.name:
        return "Its films are looked at elsewhere."
    if not kind_of(job).keeps_what_it_had:
        return "It begins again elsewhere."
    epoch = RunFiles(store.workspace.run_folder(job.job_id)).resumes_after()
    return f"It goes on elsewhere from epoch {epoch + 1}."


def _first_line(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return said[0] if said else type(error).__name__
