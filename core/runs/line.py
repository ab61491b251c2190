"""Who may begin, and who stands before whom: of work that waits for a slot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from core.runs.kinds import KINDS, SLOTS, Kind, Seat
from core.store import JobRow


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


def before(rows: Iterable[JobRow], own: JobRow) -> int:
    """How much of what is unfinished has to end before ``own`` may begin, 0 when it may now.
    ``rows``: in the order of the queue. Only for work that waits for a slot."""
    earlier: list[tuple[str, int]] = []
    waiting: list[tuple[str, int]] = []
    reached = False
    for row in rows:
        reached = reached or row.job_id == own.job_id
        kind = KINDS.get(row.kind)
        if kind is None or kind.seat is not Seat.SLOT or row.job_id == own.job_id:
            continue
        if row.is_active:  # it works already, whatever the order
            earlier.append(_seat(kind))
        elif not reached:
            waiting.append(_seat(kind))
    return ahead([*earlier, *waiting], _seat(KINDS[own.kind]), SLOTS)


def waiting_words(count: int) -> str:
    """The place in the queue, as a stage to show."""
    others = "1 other" if count == 1 else f"{count} others"
    return f"Waiting for its turn: {others} first"


def _seat(kind: Kind) -> tuple[str, int]:
    return kind.name, kind.limit
