"""Turns: of several processes that each take much memory, a few work and the others wait.

A process that wants a turn puts a ticket into a folder: a small file named by a number, with its
process id and kind. Who has a turn follows from the tickets of living processes, in their order:
each gets one while there is a slot, and its kind is under its limit. A process that is killed
leaves a ticket, which the next one to look removes; one that hangs is ended by those behind it.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from core.files import written_whole
from core.runs.jobs import Job
from core.runs.kinds import SLOTS, Kind
from core.runs.processes import living, start_time

LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class Ticket:
    """Who wants a turn. ``word``: the end of its process's command line, which knows it again
    when the clock is set. ``folder``: the job's, empty for what is no job."""

    pid: int
    started: float
    word: str
    kind: str
    limit: int
    folder: str = ""

    @property
    def lives(self) -> bool:
        return living(self.pid, self.started, named=self.word) is not None


@dataclass(frozen=True)
class Turns:
    """The queue whose tickets lie in ``folder``."""

    folder: Path
    slots: int = SLOTS

    @contextmanager
    def turn(
        self, kind: Kind, tell: Callable[[str], object], folder: Path | None = None
    ) -> Iterator[None]:
        """Wait for this process's turn, and keep it for the work inside. ``folder``: the job's.

        ``tell`` gets a sentence to show each time that the place in the queue has changed.
        """
        file = self._draw(kind, folder)
        try:
            told = 0
            while before := self._before(file, kind):
                if before != told:
                    tell(waiting_words(before))
                    told = before
                time.sleep(LOOK_SECONDS)
            yield
        finally:
            file.unlink(missing_ok=True)

    def _draw(self, kind: Kind, folder: Path | None) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        pid = os.getpid()
        own = Ticket(
            pid,
            start_time(pid) or 0.0,
            _last_word(pid),
            kind.name,
            kind.limit or self.slots,
            str(folder or ""),
        )
        with FileLock(self.folder / "tickets.lock"):
            taken = [int(one.stem) for one in self._files()]
            file = self.folder / f"{max(taken, default=0) + 1:08d}.ticket"
            with written_whole(file) as temporary:
                temporary.write_text(json.dumps(asdict(own)), encoding="utf-8")
        return file

    def _before(self, file: Path, kind: Kind) -> int:
        """How many have to end before it is this ticket's turn."""
        earlier: list[Ticket] = []
        with FileLock(self.folder / "tickets.lock"):
            for other in self._files():
                if other.name >= file.name:
                    break
                ticket = _read(other)
                if ticket is not None and ticket.lives:
                    earlier.append(ticket)
                else:
                    with suppress(OSError):
                        other.unlink()
        if earlier and earlier[0].folder:
            Job(Path(earlier[0].folder)).status()  # ends it if it hangs
        limit = kind.limit or self.slots
        return ahead([(one.kind, one.limit) for one in earlier], (kind.name, limit), self.slots)

    def _files(self) -> list[Path]:
        return sorted(one for one in self.folder.glob("*.ticket") if one.stem.isdigit())


def ahead(earlier: Sequence[tuple[str, int]], own: tuple[str, int], slots: int) -> int:
    """How many of ``earlier`` have to end before ``own`` may begin, 0 when it may now. Each is a
    kind and the limit of that kind; all of them share ``slots``."""
    working: Counter[str] = Counter()
    for kind, limit in earlier:
        if working.total() < slots and working[kind] < limit:
            working[kind] += 1
    kind, limit = own
    if working.total() < slots and working[kind] < limit:
        return 0
    same = sum(other == kind for other, _ in earlier)
    return max(len(earlier) - slots + 1, same - limit + 1, 1)


def waiting_words(before: int) -> str:
    """The place in the queue, as a stage to show."""
    others = "1 other" if before == 1 else f"{before} others"
    return f"Waiting for its turn: {others} first"


def _read(file: Path) -> Ticket | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found, list):  # an earlier version's: process id, start, word
            pid, started, word = found
            return Ticket(int(pid), float(started), str(word), "", SLOTS)
        return Ticket(
            int(found["pid"]),
            float(found["started"]),
            str(found["word"]),
            str(found["kind"]),
            int(found["limit"]),
            str(found["folder"]),
        )
    except (OSError, ValueError, TypeError, LookupError, OverflowError):
        return None


def _last_word(pid: int) -> str:
    try:
        return psutil.Process(pid).cmdline()[-1]
    except (psutil.Error, IndexError):
        return ""
