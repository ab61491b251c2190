"""Several requests in one worker: whose turn it is.

A turn is about a second of work: a film read, or a batch through a network, or a few of them.
Whoever comes new is next, so that one film waits for one batch of somebody else's; between two
who come new, one who has waited before has a turn, so that nobody waits for ever.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

TURN_SECONDS = 1.0

Steps = Iterator[None]  # a request's work; it stops after each step that should not be cut


class RequestTurns:
    """The requests under way. ``clock`` gives seconds; replaced in tests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._new: deque[Steps] = deque()
        self._waiting: deque[Steps] = deque()
        self._jumped = False  # somebody new has just gone before those who wait

    def __bool__(self) -> bool:
        return bool(self._new or self._waiting)

    def add(self, steps: Steps) -> None:
        """A new request."""
        self._new.append(steps)

    def go_on(self) -> None:
        """Give one request a turn, whole steps of it. There must be one."""
        steps = self._next()
        ends = self._clock() + TURN_SECONDS
        for _ in steps:
            if self._clock() >= ends:
                self._waiting.append(steps)
                return

    def _next(self) -> Steps:
        if self._new and not (self._jumped and self._waiting):
            self._jumped = bool(self._waiting)
            return self._new.popleft()
        self._jumped = False
        return self._waiting.popleft()
