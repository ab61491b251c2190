"""One row of the queue: its states, what it says, and what may change in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypedDict

from pydantic import Field

from core.documents import Document, Fields
from core.errors import SpecError
from core.store.damaged import number_of, run_spec, text_of
from core.store.origin import RunOrigin
from core.store.progress import RunProgress
from core.store.run_result import RunResult


class RunState(StrEnum):
    """Where a run or other work is on its way. ``WORKING``: what is no training, from its first
    word to its last. ``FAILED``: it could not go on, the reason is stored. ``CANCELLED``: somebody
    stopped it. ``INTERRUPTED``: its process is gone."""

    QUEUED = "queued"
    PREPARING = "preparing"
    TRAINING = "training"
    EVALUATING = "evaluating"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


STATES = tuple(RunState)
# A worker process should be alive.
ACTIVE = (RunState.PREPARING, RunState.TRAINING, RunState.EVALUATING, RunState.WORKING)
# It ended without a result.
BROKEN_OFF = (RunState.FAILED, RunState.CANCELLED, RunState.INTERRUPTED)
FINISHED = (RunState.DONE, *BROKEN_OFF)
# All that a dispatcher looks after.
UNFINISHED = (RunState.QUEUED, *ACTIVE)

TRAINING_KIND = "train"  # the kind whose rows are runs
LATEST = 253_402_300_800  # the end of the year 9999, in seconds since 1970
_TIMES = ("created_at", "started_at", "finished_at", "heartbeat_at", "cancel_at")


class JobArguments(Document):
    """What was asked for when work was queued that is no training: name → value."""

    arguments: dict[str, str] = Field(default_factory=dict)


class JobEnd(Document):
    """What a job's process left in the store. ``exit_code``: of the error that it ended with,
    what ``python -m core`` ends with then; 0 for none."""

    SPOKEN: ClassVar[str] = "How this job ended"

    exit_code: Annotated[int, Field(ge=0, lt=256)] = 0


class RunChange(TypedDict, total=False):
    """What may change with a row's state; as in ``Run`` and ``JobRow``."""

    reason: str
    device: str
    node: str
    pid: int | None
    pid_started: float | None
    started_at: float | None
    finished_at: float | None
    cancel_at: float | None
    progress: RunProgress
    result: RunResult | JobEnd


@dataclass(frozen=True)
class JobRow:
    """One row of the queue as those see it who look after processes. Times are seconds since
    1970 (UTC).

    ``job_id``: a run's id, or the folder of other work, below the data folder. ``kind``: a name
    in ``core.runs.kinds``. ``arguments``: what was asked for; of a training nothing, its run says
    it. ``wanted_device``: of a training, ``RunSpec.device``; else the argument ``device``, if any.
    ``progress``: what the worker last said. ``exit_code``: as ``JobEnd`` has it. ``node``: as in
    ``Run``.
    """

    job_id: str
    kind: str
    state: RunState
    reason: str = ""
    device: str = ""
    pid: int | None = None
    pid_started: float | None = None
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    heartbeat_at: float | None = None
    cancel_at: float | None = None
    progress: RunProgress = field(default_factory=RunProgress)
    arguments: Mapping[str, str] = field(default_factory=dict)
    wanted_device: str = ""
    exit_code: int = 0
    node: str = ""

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def is_training(self) -> bool:
        return self.kind == TRAINING_KIND


@dataclass(frozen=True)
class TakenUp:
    """That a row broke off and went back into the queue. ``at``: when, seconds since 1970.
    ``node``: where it had been at work, as in ``Run``. ``reason``: why it broke off, a sentence."""

    job_id: str
    kind: str
    at: float
    node: str
    reason: str


def checked_process(row: Any, names: Iterable[str]) -> Fields:
    """What a row says of its process, by the names of columns. Raises SpecError for what is not
    what it should be."""
    values = {name: row[name] for name in names}
    for name in ("run_id", "state", "reason", "device", "node"):
        text_of(values[name], name.replace("_id", "’s id"))
    if values["state"] not in STATES:
        raise SpecError(f"This version knows no state “{values['state']}”.")
    values["state"] = RunState(values["state"])
    for name in _TIMES:
        if values[name] is not None or name == "created_at":
            moment = number_of(values[name], name.replace("_at", " time"))
            if not 0 <= moment < LATEST:
                raise SpecError(f"Its {name.replace('_at', ' time')} is no time.")
    return values


_SHARED = (
    "run_id", "kind", "state", "reason", "device", "node", "pid", "pid_started", *_TIMES,
    "progress",
)  # fmt: skip


def job_row(row: Any) -> JobRow:
    """Raises SpecError or DamagedError."""
    values = checked_process(row, _SHARED)
    values["job_id"] = values.pop("run_id")
    values["progress"] = RunProgress.read(values["progress"])
    spec, result = text_of(row["spec"], "description"), text_of(row["result"], "result")
    if values["kind"] == TRAINING_KIND:
        RunResult.from_json(result)  # what its run cannot be read by, nobody can start either
        RunOrigin.from_json(text_of(row["origin"], "origin"))
        return JobRow(**values, wanted_device=run_spec(spec).device)
    asked = JobArguments.from_json(spec)
    ended = JobEnd.from_json(result)
    return JobRow(
        **values,
        arguments=asked.arguments,
        wanted_device=asked.arguments.get("device", ""),
        exit_code=ended.exit_code,
    )
