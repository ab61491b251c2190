"""One mutant after the other, and what may come of it."""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import LONGEST, ThoraxLensError
from tests.fuzz.targets import Target

PATIENCE = 60.0  # seconds for one mutant, on a busy machine
MEMORY = 1500 * 2**20  # bytes that this process may grow by over one mutant
# No sentence for a person: Python's words for its own objects and errors.
NOT_PLAIN = re.compile(
    r"Traceback|object at 0x|<class |<function |Errno|\\x[0-9a-f]{2}|__\w+__|NoneType"
)


@dataclass
class Counts:
    """What came of a target's mutants."""

    mutants: int = 0
    refused: int = 0
    slowest: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        taken = self.mutants - self.refused
        return (
            f"{self.mutants} | {taken} | {self.refused} | {self.slowest:.1f} s | {self.seconds:.0f}"
        )


def numbers(count: int) -> Iterable[int]:
    return range(count)


def run(target: Target, seed: int, number: int, counts: Counts) -> None:
    """Raises whatever the mutant brought about that is neither a value nor a plain sentence."""
    data = target.mutant(seed, number)
    began, held = time.monotonic(), _most_memory()
    counts.mutants += 1
    try:
        target.use(data)
    except ThoraxLensError as error:
        counts.refused += 1
        check_plain(str(error))
    took = time.monotonic() - began
    counts.slowest = max(counts.slowest, took)
    counts.seconds += took
    grown = _most_memory() - held
    assert grown < MEMORY, f"it took {grown / 2**20:.0f} MB"


def check_plain(sentence: str) -> None:
    """One or two sentences that a person can read."""
    assert sentence.strip(), "an empty sentence"
    assert sentence.rstrip()[-1] in ".!?”…", sentence
    assert not NOT_PLAIN.search(sentence), sentence
    assert len(sentence) <= LONGEST + 3, sentence[:300]


def _most_memory() -> int:
    """Bytes that this process has held at most."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
