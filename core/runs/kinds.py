"""The kinds of work that have a process of their own. To add one: a row here, and in the module
that it names a function ``work(task, tell)`` (``core.runs.job_process``)."""

from __future__ import annotations

from dataclasses import dataclass

# Of all jobs that wait for a turn, so many work at a time: each loads a network of its own.
SLOTS = 1


@dataclass(frozen=True)
class Kind:
    """``name``: in tickets and on command lines. ``module``: what its process carries out.
    ``limit``: how many of the kind work at a time; None when it waits for no turn. ``on_cpu``:
    whether GPUs are kept from it, because they belong to trainings. ``niceness``: how far it
    stands back behind other processes, as for ``os.nice``."""

    name: str
    module: str
    limit: int | None = 1
    on_cpu: bool = False
    niceness: int = 0


# Trainings are rows of the store, and devices are their limit: the dispatcher starts them.
TRAIN = Kind("train", "core.training.worker", limit=None)
AUDIT = Kind("audit", "core.audit.worker", on_cpu=True)
EXTERNAL_TEST = Kind("external_test", "core.external.worker")
# Small, and somebody waits before an audience.
DEMONSTRATION = Kind(
    "demonstration", "core.demonstration.worker", limit=None, on_cpu=True, niceness=5
)

KINDS = {one.name: one for one in (TRAIN, AUDIT, EXTERNAL_TEST, DEMONSTRATION)}
