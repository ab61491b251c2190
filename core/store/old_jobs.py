"""Jobs as versions before the one queue kept them: a ``job.json`` in the folder of each, and the
tickets of those that waited, in ``turns``.

What was over keeps its state and reason. What waited or worked is queued again, in its old order,
with the process that it had: whoever starts it anew ends that one first.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from core.documents import Document
from core.store.job_row import JobArguments, RunState
from core.store.progress import RunProgress

Moment = Annotated[float, Field(ge=0, lt=253_402_300_800, allow_inf_nan=False)]


class KeptJob(Document):
    """A ``job.json``. ``began``, ``ended``, ``heartbeat_at``: seconds since 1970, 0 while
    unknown; ``pid`` likewise."""

    state: Literal["none", "running", "done", "failed", "stopped"] = "none"
    stage: str = ""
    done: Annotated[int, Field(ge=0)] = 0
    total: Annotated[int, Field(ge=0)] = 0
    reason: str = ""
    began: Moment = 0.0
    ended: Moment = 0.0
    pid: Annotated[int, Field(ge=0, lt=2**31)] = 0
    pid_started: Moment = 0.0
    heartbeat_at: Moment = 0.0


_STATES = {
    "running": RunState.QUEUED,
    "done": RunState.DONE,
    "failed": RunState.FAILED,
    "stopped": RunState.CANCELLED,
}


@dataclass(frozen=True)
class _Found:
    kind: str
    job_id: str
    arguments: dict[str, str]
    kept: KeptJob


def put_into_the_queue(work: sqlite3.Connection, root: Path) -> None:
    """Give every job of the data folder ``root`` a row. ``work`` upgrades its store."""
    jobs = [one for one in _jobs(work, root) if one.kept.state != "none"]
    places = _places(root)
    for one in sorted(jobs, key=lambda job: (places.get(job.job_id, math.inf), job.kept.began)):
        _put(work, one)
    shutil.rmtree(root / "turns", ignore_errors=True)


def _put(work: sqlite3.Connection, one: _Found) -> None:
    kept, state = one.kept, _STATES[one.kept.state]
    waits = state is RunState.QUEUED
    told = RunProgress(stage=kept.stage, done=kept.done, total=kept.total)
    work.execute(
        "INSERT INTO runs (run_id, kind, spec, state, reason, pid, pid_started, created_at, "
        "started_at, finished_at, progress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            one.job_id,
            one.kind,
            JobArguments(arguments=one.arguments).to_json(),
            state,
            kept.reason,
            (kept.pid or None) if waits else None,
            kept.pid_started if waits else None,
            kept.began or time.time(),
            None if waits else kept.began,
            None if waits else kept.ended,
            (RunProgress() if waits else told).to_json(),
        ),
    )


def _jobs(work: sqlite3.Connection, root: Path) -> Iterable[_Found]:
    sources = {
        hashlib.sha256(row[0].encode()).hexdigest()[:8]: str(row[0])
        for row in work.execute("SELECT name FROM sources")
    }
    runs = [str(row[0]) for row in work.execute("SELECT run_id FROM runs ORDER BY rowid")]
    for run_id in runs:
        for file in sorted((root / "runs" / run_id).glob("*/job.json")):
            if file.parent.name == "audit":
                yield _found("audit", root, file, {"run": run_id})
        for file in sorted((root / "runs" / run_id / "external").glob("*/job.json")):
            # Its folder's name ends in a hash of the source's.
            source = sources.get(file.parent.name.rpartition("-")[2])
            if source is not None:
                yield _found("external_test", root, file, {"run": run_id, "source": source})
    for file in sorted((root / "demonstration").glob("take-*/job.json")):
        number = file.parent.name.removeprefix("take-")
        if number.isdigit():
            yield _found("demonstration", root, file, {"session": str(int(number))})


def _found(kind: str, root: Path, file: Path, arguments: dict[str, str]) -> _Found:
    job_id = file.parent.relative_to(root).as_posix()
    return _Found(kind, job_id, arguments, KeptJob.load_if_readable(file) or KeptJob())


def _places(root: Path) -> dict[str, int]:
    """Where each job that waited stood in the line."""
    found = {}
    for place, file in enumerate(sorted((root / "turns").glob("*.ticket"))):
        try:
            folder = Path(json.loads(file.read_text(encoding="utf-8"))["folder"])
            found[folder.relative_to(root).as_posix()] = place
        except (OSError, ValueError, LookupError, TypeError):  # of another job, or damaged
            continue
    return found
