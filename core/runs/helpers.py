"""GPUs that nobody wants help a training that passes many films through a frozen network.

A helper is a process of its own on such a GPU (``core.training.helper``). Helper and training take
shards of the films from each other (``core.features.vectors``), so neither waits for the other,
and a helper may be ended at any moment: at most a batch is computed again.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from core.errors import ThoraxLensError
from core.runs.devices import CPU, Device, slots_held
from core.runs.files import job_folder
from core.runs.kinds import FEATURES, KINDS, Seat
from core.runs.places import log_line
from core.store import JobRow, RunState, Store

LEAST = 1_000  # films to do: for fewer, a helper would hardly have loaded its software in time
RUN, DEVICE = "run", "device"  # what a helper is told
_OVER = (RunState.DONE, RunState.FAILED, RunState.INTERRUPTED)


def see_to_helpers(
    store: Store, devices: Sequence[Device], taken: Container[str], jobs: Sequence[JobRow]
) -> None:
    """Ask for helpers where some are of use, and end those that are not any more.

    ``devices``: of this machine; ``taken``: the slots among them that are not free; ``jobs``: all
    that is not over on it. A helper gets a GPU that is called like its training's, for vectors have
    to be the same to the last bit, and that no training waits for.
    """
    waiting = any(
        job.state == RunState.QUEUED
        and KINDS[job.kind].seat is Seat.DEVICE
        and job.kind != FEATURES.name
        for job in jobs
    )
    passing = {
        job.job_id: job
        for job in jobs
        if job.is_training and job.is_active and job.progress.stage == "features"
    }
    for job in jobs:
        useless = waiting or job.arguments.get(RUN) not in passing
        if job.kind == FEATURES.name and useless and job.cancel_at is None:
            store.queue.request_cancel(job.job_id)
    if waiting:
        return
    for training in passing.values():
        if training.progress.total - training.progress.done >= LEAST:
            _help(store, devices, taken, training)


def _help(store: Store, devices: Sequence[Device], taken: Container[str], training: JobRow) -> None:
    own = slots_held(training.device)
    if CPU in own:  # all its cores are at it already
        return
    names = {one.name for one in devices if one.id in own}
    free = [one.id for one in devices if one.name in names and not one.note and one.id not in taken]
    for gpu in free:
        folder = job_folder(store.workspace, training) / f"helper-{gpu.replace(':', '-')}"
        job_id = folder.relative_to(store.workspace.root).as_posix()
        known = store.queue.find(job_id)
        # One that is over has found nothing to do, or a fault: once a session of the training.
        if known and known.state in _OVER and known.created_at >= (training.started_at or 0):
            continue
        try:
            if not store.runs.get(training.job_id).spec.cache:
                return  # nobody else can use what it computes
            told = {RUN: training.job_id, DEVICE: gpu}
            if store.queue.add(job_id, FEATURES.name, told):
                log_line(f"{gpu} is free and helps {training.job_id}")
        except ThoraxLensError as error:  # the run was deleted a moment ago
            log_line(f"{training.job_id} gets no help: {error}")
            return
