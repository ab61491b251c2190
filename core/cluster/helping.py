"""Slots of the cluster that nobody wants help a training that passes many films through a frozen
network. Who helps whom is said here, on the head; the films' shards then go from node to node
(``core.cluster.lending``).

A helper is a row of the queue like others, so it is seen, watched and found again like them. It may
be ended at any moment: what it has not finished is anybody's again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.cluster.beginning import Placed
from core.cluster.membership import Members, Node
from core.errors import ThoraxLensError
from core.features.vectors import PIECE
from core.runs.devices import CPU
from core.runs.files import job_folder
from core.runs.kinds import NODE_FEATURES
from core.runs.places import log_line
from core.store import JobRow, RunState, Store

# A helper is placed and loads software, films and network before it looks at a film: for VGG16 that
# took eight seconds of a processor. And a training takes so many films at a time as LEAST says.
# Below these a helper would come too late.
LEAST = PIECE  # films to do
WORTH_SECONDS = 30.0  # that the training would still take for them
RUN, DEVICE, NODE = "run", "device", "node"  # what a helper is told
_OVER = (RunState.DONE, RunState.FAILED, RunState.INTERRUPTED)


def see_to_node_helpers(
    store: Store,
    members: Members,
    placed: Mapping[str, Placed],
    jobs: Sequence[JobRow],
    *,
    may_ask: bool = True,
) -> None:
    """Ask for helpers where some are of use, and end those that are not any more.

    ``placed``: all that is on a node, by its row; ``jobs``: all for nodes that is not over, in the
    order of the queue; ``may_ask``: else helpers are ended only. A helper gets a slot like its
    training's, and only while nothing else waits for one.
    """
    waiting = any(
        job.state == RunState.QUEUED and job.kind != NODE_FEATURES.name and job.job_id not in placed
        for job in jobs
    )
    passing = {job.job_id: job for job in jobs if _is_passing(job) and job.job_id in placed}
    for job in jobs:
        if job.kind == NODE_FEATURES.name and job.cancel_at is None:
            gone = job.state == RunState.QUEUED and members.is_dead(job.arguments.get(NODE, ""))
            if waiting or gone or job.arguments.get(RUN) not in passing:
                store.queue.request_cancel(job.job_id)
    if waiting or not may_ask:
        return
    for training in passing.values():
        left = training.progress.total - training.progress.done
        is_worth_it = left >= LEAST and (training.progress.eta_seconds or 0.0) >= WORTH_SECONDS
        if is_worth_it and _help(store, members, placed, training, jobs):
            return  # now these slots are somebody's


def link(placed: Mapping[str, Placed], helper: Placed) -> None:
    """Let a helper that is at work be lent shards by its training; safe to repeat. ``placed``: as
    in ``see_to_node_helpers``."""
    training = placed.get(helper.job.arguments.get(RUN, ""))
    if training is not None and training.actor is not None and training.starting is None:
        training.actor.lend_to.remote(helper.job.job_id, helper.actor)


def _is_passing(job: JobRow) -> bool:
    return (
        job.is_training
        and job.is_active
        and job.cancel_at is None
        and job.progress.stage == "features"
    )


def _help(
    store: Store,
    members: Members,
    placed: Mapping[str, Placed],
    training: JobRow,
    jobs: Sequence[JobRow],
) -> bool:
    """Ask for a helper on each slot that is free; returns whether one was asked for."""
    on_gpu = placed[training.job_id].slot.gpus > 0
    taken = [(one.node.id, one.slot) for one in placed.values()]
    # Those that are asked for and not yet there have their places, too.
    coming = [one.arguments.get(NODE) for one in jobs if one.job_id not in placed]
    slots = dict(members.room(on_gpu=on_gpu, taken=()))
    asked = False
    for node, room in members.room(on_gpu=on_gpu, taken=taken):
        wanted = room - coming.count(node.id)
        for number in range(slots[node]):
            if wanted > 0 and _ask(store, training, node, number, "auto" if on_gpu else CPU):
                wanted, asked = wanted - 1, True
    return asked


def _ask(store: Store, training: JobRow, node: Node, number: int, device: str) -> bool:
    """Whether that helper was asked for; not when it is there, or was there and is over."""
    folder = job_folder(store.workspace, training) / f"helper-{node.id[:12]}-{number}"
    job_id = folder.relative_to(store.workspace.root).as_posix()
    known = store.queue.find(job_id)
    # One that is over has found nothing to do, or a fault: once a session of the training.
    if known and known.state in _OVER and known.created_at >= (training.started_at or 0):
        return False
    try:
        if not store.runs.get(training.job_id).spec.cache:
            return False  # nobody else can use what it computes
        told = {RUN: training.job_id, DEVICE: device, NODE: node.id}
        if store.queue.add(job_id, NODE_FEATURES.name, told):
            log_line(f"{node.name} is free and helps {training.job_id}")
            return True
    except ThoraxLensError as error:  # the run was deleted a moment ago
        log_line(f"{training.job_id} gets no help: {error}")
    return False
