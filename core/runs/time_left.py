"""For how long a training still goes on, told while it runs: what is left of the stage under way,
by its pace so far, and the stages that come after it, by measurement or estimate. In seconds.

The first batch of a training traces and compiles its network, so it says nothing of the others.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from statistics import fmean, median

from core.runs.estimate import EVALUATING, FEATURES, FILMS, FINE_TUNING, PREPARATION, TRAINING, Span

# The order in which a worker goes through its stages (``core.runs.reporter.STAGES``).
_ORDER = ("starting", FILMS, "weights", "model", FEATURES, "rates", TRAINING, FINE_TUNING,
          EVALUATING)  # fmt: skip
# A computer that others use too gets slower and faster: the later half of the epochs counts, and
# at least so many.
_RECENT = 5
_RECENT_BATCHES = 24
_SURE = 4.0  # a range wider than so many times its low end is not told as one number,
_SHORT = 5.0  # unless all of it is short


class Forecast:
    """What comes after each stage. ``stages``: as ``estimate.stages`` says."""

    def __init__(self, stages: Mapping[str, Span]) -> None:
        self._coming: dict[str, float | None] = {
            name: span.middle if span.high <= _SURE * span.low or span.high < _SHORT else None
            for name, span in stages.items()
            if name != PREPARATION and span.high > 0
        }

    def learn(self, stage: str, seconds: float) -> None:
        """A better number for a stage to come, from this training itself."""
        self._coming[stage] = seconds

    def after(self, stage: str) -> float | None:
        """Seconds of all stages after this one; None when one of them is not known."""
        if stage not in _ORDER:
            return None
        later = [self._coming.get(one, 0.0) for one in _ORDER[_ORDER.index(stage) + 1 :]]
        known = [one for one in later if one is not None]
        return sum(known) if len(known) == len(later) else None


class StagePace:
    """The pace of a stage that is counted in films or bytes: what came first is left out once
    there is more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._first: tuple[float, float] | None = None

    def left(self, fresh: float, missing: float) -> float | None:
        """With ``fresh`` done since it began and ``missing`` to do; None before the first."""
        if fresh <= 0:
            return None
        now = self._clock()
        if self._first is None:
            self._first = (fresh, now)
        done, since = self._first
        if fresh > done:
            return (now - since) / (fresh - done) * missing
        return (now - self._began) / fresh * missing


class EpochPace:
    """The pace of a phase of epochs of ``batches`` batches, from the moments at which they end.

    An epoch's time is its batches and a rest: validation, saving, and what Keras does between
    epochs.
    """

    def __init__(self, batches: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.batches = batches
        self._clock = clock
        self._batch: deque[float] = deque(maxlen=max(_RECENT_BATCHES, 2 * batches))
        self._tested: list[float] = []  # the batches of the validation under way
        self._rest: float | None = None
        self._epochs: list[float] = []  # without the first, which traced
        self._finished = 0
        self._began = self._last = clock()
        self._traced = self._over = False
        self.tracing = 0.0  # what the first look at validation films took beyond the others

    def begin(self) -> None:
        """An epoch begins; what went before it belongs to the one before."""
        now = self._clock()
        if self._finished:
            self._close(now)
        self._began = self._last = now
        self._tested = []
        self._over = False

    def batch(self) -> None:
        """A batch has been learnt from."""
        now = self._clock()
        if self._traced:
            self._batch.append(now - self._last)
        self._traced = True
        self._last = now

    def tested(self) -> None:
        """A batch of validation films has been looked at."""
        now = self._clock()
        self._tested.append(now - self._last)
        self._last = now

    def end(self) -> None:
        """The epoch is over, validation included."""
        self._finished += 1
        self._over = True
        if self._finished == 1 and len(self._tested) > 1:
            self.tracing = max(self._tested[0] - median(self._tested[1:]), 0.0)

    @property
    def validation(self) -> float | None:
        """Seconds of the last validation without what its first batch of all took to trace; None
        before another one has been measured."""
        if self._finished > 1:
            return sum(self._tested)
        return median(self._tested[1:]) * len(self._tested) if len(self._tested) > 1 else None

    def left(self, batch: int, epochs: int) -> float | None:
        """Until the phase ends, with ``batch`` batches of the present epoch behind it and
        ``epochs`` whole epochs after it; None when nothing is known yet."""
        step = fmean(self._batch) if self._batch else None
        if self._epochs:
            whole = fmean(self._epochs[-max(_RECENT, len(self._epochs) // 2) :])
            # The batches' part of an epoch; all of it once the rest is over too.
            share = 1.0 if self._over or not step else min(self.batches * step / whole, 1.0)
            return whole * (epochs + 1 - share * batch / self.batches)
        if step is None:
            return None
        rest = self._rest or 0.0
        present = 0.0 if self._over else step * (self.batches - batch) + rest
        return present + epochs * (self.batches * step + rest)

    def _close(self, now: float) -> None:
        """The epoch that has ended becomes one to go by."""
        validation = self.validation
        self._rest = now - self._last + (sum(self._tested) if validation is None else validation)
        if self._finished > 1:
            self._epochs.append(now - self._began)
