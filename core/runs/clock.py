"""Where a run's seconds went, over all its sessions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

STAGES = ("decode", "features", "train", "evaluate")


class Clock:
    """Adds up wall time by stage. ``started``: when the process began, seconds since 1970,
    so that loading the software counts into the total."""

    def __init__(self, started: float) -> None:
        # Only what came before this counts by the computer's clock, which may be set meanwhile.
        self._before = max(time.time() - started, 0.0)
        self._began = time.monotonic()
        self._earlier: dict[str, float] = {}
        self._stages = dict.fromkeys(STAGES, 0.0)
        self._running: tuple[str, float] | None = None

    def add_earlier(self, spent: dict[str, float]) -> None:
        """Count what the sessions before this one took, as their ``spent`` said."""
        self._earlier = dict(spent)

    @property
    def is_first_session(self) -> bool:
        """Whether all of it was counted by this process."""
        return not self._earlier

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside; stages do not overlap."""
        began = time.monotonic()
        self._running = (name, began)
        try:
            yield
        finally:
            self._running = None
            self._stages[name] += time.monotonic() - began

    def spent(self) -> dict[str, float]:
        """Seconds of each stage and ``total``, the running stage included."""
        seconds = {**self._stages, "total": self._before + time.monotonic() - self._began}
        if self._running is not None:
            name, began = self._running
            seconds[name] += time.monotonic() - began
        return {
            key: round(value + self._earlier.get(key, 0.0), 3) for key, value in seconds.items()
        }
