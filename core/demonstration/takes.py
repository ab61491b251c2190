"""A take: one run of the demonstration with people of its own, in a folder of its own.

Nothing of it reaches the user's catalogue, data sets or runs: it trains in a small data folder
inside its own. Pages read its files; its process writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from core.demonstration.answers import Answers
from core.demonstration.films import Cast
from core.runs.jobs import Job, JobState, JobStatus
from core.runs.kinds import DEMONSTRATION
from core.store import Run, Store, open_store
from core.workspace import Workspace

# The two networks: what the data sets that they learn from are called.
Arm = Literal["with a marker", "without a marker"]
SHORTCUT: Arm = "with a marker"
CONTROL: Arm = "without a marker"


@dataclass(frozen=True)
class Take:
    """The files of one take; ``number`` from 1."""

    folder: Path
    number: int

    @cached_property
    def cast(self) -> Cast:
        return Cast(self.number)

    @property
    def job(self) -> Job:
        return Job(self.folder)

    @property
    def workspace(self) -> Workspace:
        """The data folder of the take's own."""
        return Workspace(self.folder / "data")

    def status(self) -> JobStatus:
        return self.job.status()

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
        """The take's own store; None while its process has not made it."""
        if not self.workspace.database.is_file():
            return None
        return _store(self.workspace)

    def run(self, network: Arm) -> Run | None:
        """That network's training; None while it has not begun."""
        store = self.store()
        runs = store.runs.all() if store else []
        return next((one for one in runs if one.spec.dataset == network), None)


class Demonstration:
    """All takes of a workspace; the latest counts."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.folder = workspace.root / "demonstration"

    def latest(self) -> Take:
        """The take that is under way or finished; a fresh one before the first."""
        numbers = [_number(one) for one in self.folder.glob("take-*")]
        return self._take(max([1, *numbers]))

    def start(self) -> Take:
        """Begin to train and answer. One at a time: where a take is under way or finished,
        that is the one. After one that failed, a new one. Raises InputError."""
        take = self.latest()
        status = take.status()
        if status.broke_off or (status.state is JobState.DONE and not take.is_whole):
            take = self.next()
        if take.status().state is JobState.NONE:
            take.job.start(DEMONSTRATION, self._workspace, take=str(take.number))
        return take

    def next(self) -> Take:
        """End the latest take, if it is under way, and make place for another with other
        people."""
        last = self.latest()
        last.job.stop()
        take = self._take(last.number + 1)
        take.folder.mkdir(parents=True, exist_ok=True)
        return take

    def _take(self, number: int) -> Take:
        return Take(self.folder / f"take-{number:04d}", number)


def _number(folder: Path) -> int:
    digits = folder.name.removeprefix("take-")
    return int(digits) if digits.isdigit() else 0


@lru_cache(maxsize=4)
def _answers(path: str, changed: int) -> Answers | None:
    return Answers.load(Path(path))


@lru_cache(maxsize=2)
def _store(workspace: Workspace) -> Store:
    return open_store(workspace)
