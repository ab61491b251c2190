"""Turns: of several processes that each take much memory, a few work and the others wait.

A process that wants a turn puts a ticket into a folder: a small file named by a number, with its
process id. It has its turn once fewer than ``at_once`` tickets of living processes have a
smaller number. A process that is killed leaves a ticket, which the next one to look removes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from core.files import written_whole
from core.runs.processes import living, start_time

AT_ONCE = 1
LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class Turns:
    """The queue whose tickets lie in ``folder``."""

    folder: Path
    at_once: int = AT_ONCE

    @contextmanager
    def turn(self, tell: Callable[[str], object]) -> Iterator[None]:
        """Wait for this process's turn, and keep it for the work inside.

        ``tell`` gets a sentence to show each time that the place in the queue has changed.
        """
        ticket = self._draw()
        try:
            told = 0
            while before := self._before(ticket):
                if before != told:
                    tell(waiting_words(before))
                    told = before
                time.sleep(LOOK_SECONDS)
            yield
        finally:
            ticket.unlink(missing_ok=True)

    def _draw(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "tickets.lock"):
            taken = [int(one.stem) for one in self._tickets()]
            ticket = self.folder / f"{max(taken, default=0) + 1:08d}.ticket"
            with written_whole(ticket) as temporary:
                own = [os.getpid(), start_time(os.getpid()) or 0.0, _last_word(os.getpid())]
                temporary.write_text(json.dumps(own), encoding="utf-8")
        return ticket

    def _before(self, ticket: Path) -> int:
        """How many have to end before it is this ticket's turn."""
        waiting = 0
        with FileLock(self.folder / "tickets.lock"):
            for other in self._tickets():
                if other.name >= ticket.name:
                    break
                if _lives(other):
                    waiting += 1
                else:
                    with suppress(OSError):
                        other.unlink()
        return max(waiting - self.at_once + 1, 0)

    def _tickets(self) -> list[Path]:
        return sorted(one for one in self.folder.glob("*.ticket") if one.stem.isdigit())


def waiting_words(before: int) -> str:
    """The place in the queue, as a stage to show."""
    others = "1 other" if before == 1 else f"{before} others"
    return f"Waiting for its turn: {others} first"


def _lives(ticket: Path) -> bool:
    try:
        pid, started, word = json.loads(ticket.read_text(encoding="utf-8"))
        return living(int(pid), float(started), named=str(word)) is not None
    except (OSError, ValueError, TypeError):
        return False


def _last_word(pid: int) -> str:
    """The end of the process's command line, which knows it again when the clock is set."""
    try:
        return psutil.Process(pid).cmdline()[-1]
    except (psutil.Error, IndexError):
        return ""
