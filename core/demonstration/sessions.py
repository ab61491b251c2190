"""A session: one run of the demonstration with people of its own, in a folder of its own.

Nothing of it reaches the user's catalogue, data sets or runs: it trains in a small data folder
inside its own. Pages read its files; its process writes them.

An audience does not like to wait, so a session's process can be started ahead of its beginning. A
file in its folder then says so, ``READY``. Renamed to ``BEGUN``, the process begins; renamed to
``LEFT``, it has gone without. Of those who rename it, one succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from core.demonstration.answers import Answers
from core.demonstration.films import Cohort
from core.people.asking import asks
from core.people.roles import Deed
from core.runs.jobs import Job, JobStatus
from core.runs.kinds import DEMONSTRATION
from core.store import Run, RunState, Store, open_store
from core.workspace import Workspace

# The two networks: what the data sets that they learn from are called.
Arm = Literal["with a marker", "without a marker"]
SHORTCUT: Arm = "with a marker"
CONTROL: Arm = "without a marker"

# What the one file of a process that was started ahead is called.
READY, BEGUN, LEFT = "ready", "begun", "left"
WAITS = "waits"  # among the job's arguments


@dataclass(frozen=True)
class DemoSession:
    """The files of one session; ``number`` from 1. ``main``: the store of the user's data folder,
    whose queue has its job."""

    folder: Path
    number: int
    main: Store

    @cached_property
    def cohort(self) -> Cohort:
        return Cohort(self.number)

    @property
    def job(self) -> Job:
        return Job(self.main, DEMONSTRATION, self.folder)

    @property
    def workspace(self) -> Workspace:
        """The data folder of the session's own."""
        return Workspace(self.folder / "data")

    def status(self) -> JobStatus:
        """How its job stands. What is whole is over, also where the store was lost since; a
        process that was started ahead has not begun."""
        if self.has(READY) or self.has(LEFT):
            return JobStatus()
        found = self.job.status()
        if found.state is None and self.is_whole:
            return JobStatus(RunState.DONE)
        return found

    def has(self, name: str) -> bool:
        """Whether the file of a process that was started ahead is called so."""
        return (self.folder / name).is_file()

    def renamed(self, before: str, after: str) -> bool:
        """Call that file otherwise; False where somebody else has done so before."""
        try:
            (self.folder / before).rename(self.folder / after)
        except FileNotFoundError:
            return False
        return True

    def answers(self, network: Arm) -> Answers | None:
        """None until that network has answered. Raises InputError when they are damaged."""
        path = self.answers_file(network)
        if not path.is_file():
            return None
        return _answers(str(path), path.stat().st_mtime_ns)

    def answers_file(self, network: Arm) -> Path:
        return self.folder / f"{network.replace(' ', '-')}.npz"

    @property
    def is_whole(self) -> bool:
        """Whether both networks have answered."""
        return all(self.answers_file(one).is_file() for one in (SHORTCUT, CONTROL))

    def store(self) -> Store | None:
        """The session's own store; None while its process has not made it."""
        if not self.workspace.database.is_file():
            return None
        return _store(self.workspace)

    def run(self, network: Arm) -> Run | None:
        """That network's training; None while it has not begun."""
        store = self.store()
        runs = store.runs.all() if store else []
        return next((one for one in runs if one.spec.dataset == network), None)


class Demonstration:
    """All sessions of a data folder; the latest counts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.folder = store.workspace.root / "demonstration"

    def latest(self) -> DemoSession:
        """The session that is under way or finished; a fresh one before the first."""
        numbers = [_number(one) for one in self.folder.glob("take-*")]
        return self._session(max([1, *numbers]))

    @asks(Deed.DEMONSTRATE)
    def make_ready(self) -> None:
        """Start the process of a session that has not begun, so that it has loaded its software
        and drawn its films when it is to begin. Raises InputError."""
        session = self.latest()
        if session.has(READY) or session.status().state is not None:
            return
        session.folder.mkdir(parents=True, exist_ok=True)
        (session.folder / LEFT).unlink(missing_ok=True)
        (session.folder / READY).touch()
        session.job.start(session=str(session.number), **{WAITS: "yes"})

    @asks(Deed.DEMONSTRATE)
    def start(self) -> DemoSession:
        """Begin to train and answer. One at a time: where a session is under way or finished,
        that is the one. After one that failed, a new one. Raises InputError."""
        session = self.latest()
        if session.renamed(READY, BEGUN) or session.renamed(LEFT, BEGUN):
            # The process that was started ahead begins by itself, if it is still there.
            if not session.job.status().is_running:
                session.job.start(session=str(session.number))
            return session
        status = session.status()
        if status.broke_off or (status.state == RunState.DONE and not session.is_whole):
            session = self.next()
        if session.status().state is None:
            session.job.start(session=str(session.number))
        return session

    @asks(Deed.DEMONSTRATE)
    def next(self) -> DemoSession:
        """End the latest session, if it is under way, and make place for another with other
        people."""
        last = self.latest()
        last.job.stop()
        session = self._session(last.number + 1)
        session.folder.mkdir(parents=True, exist_ok=True)
        return session

    def _session(self, number: int) -> DemoSession:
        return DemoSession(self.folder / f"take-{number:04d}", number, self._store)


def _number(folder: Path) -> int:
    digits = folder.name.removeprefix("take-")
    return int(digits) if digits.isdigit() else 0


@lru_cache(maxsize=4)
def _answers(path: str, changed: int) -> Answers | None:
    return Answers.load(Path(path))


@lru_cache(maxsize=2)
def _store(workspace: Workspace) -> Store:
    return open_store(workspace)
