"""How long a training will take on this computer, before it starts and while it runs.

From what earlier trainings took here (``core.runs.pace``). What nothing was measured of is worked
out from how much a network computes and how fast computers are, as a wide range. Seconds
throughout.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from core.models.network import STUDY_SIZE, Network
from core.models.registry import NETWORKS
from core.runs.pace import Pace
from core.specs import RunSpec

PREPARATION, FILMS, FEATURES = "preparation", "films", "features"
TRAINING, FINE_TUNING, EVALUATING = "training", "fine-tuning", "evaluating"
STAGES = (PREPARATION, FILMS, FEATURES, TRAINING, FINE_TUNING, EVALUATING)
SURE = 1.6  # a range at most so wide, as a ratio, is one number with “about” before it


class Span(NamedTuple):
    """From ``low`` to ``high``."""

    low: float
    high: float

    def times(self, factor: float) -> Span:
        return Span(self.low * factor, self.high * factor)

    def plus(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    @property
    def middle(self) -> float:
        """The geometric mean, which is as many times the low end as the high end is its."""
        return math.sqrt(self.low * self.high)


NOTHING = Span(0.0, 0.0)
# Before anything was measured. Loading TensorFlow, building and tracing a network: a small one
# from a fast disk, the largest from a slow one.
_PREPARATION = Span(4.0, 45.0)
_DECODE = Span(0.004, 0.08)  # a film on one core: a small PNG, a large DICOM
_HEAD = Span(0.00005, 0.0002)  # a film's vector and epoch through a head
_ENDING = Span(0.1, 4.0)  # tables, the threshold, saving
# Multiply-adds a second: of a core, an old laptop's to a server's with instructions for 16-bit
# numbers; of a GPU, a small one's to a data centre's.
_CORE, _GPU = Span(3e9, 60e9), Span(0.5e12, 30e12)
# From what was measured of the same network at another size, of another network here.
_OTHER_SIZE, _OTHER_NETWORK, _SAME_HERE = Span(0.7, 1.4), Span(0.4, 2.5), Span(0.7, 1.4)
_LEARNING = 3.0  # times a look at a film: the way there, and twice that for the way back


@dataclass(frozen=True)
class PlannedTraining:
    """What is to be done. ``films``: of each split. ``size``: pixels a side. ``device``: as
    ``pace.device_key`` calls it; ``on_gpu``: whether that is one. ``decoded``: the films lie ready
    at this size; ``seen``: so do the frozen network's vectors of them."""

    spec: RunSpec
    network: Network
    films: Mapping[str, int]
    size: int
    device: str
    on_gpu: bool = False
    decoded: bool = False
    seen: bool = False

    @property
    def total(self) -> int:
        return sum(self.films.values())


@dataclass(frozen=True)
class TimeEstimate:
    """For how long something goes on. ``measured``: all of it from trainings like it on this
    computer."""

    seconds: Span
    measured: bool

    @property
    def is_sure(self) -> bool:
        """Whether one number says it."""
        return self.seconds.high <= SURE * max(self.seconds.low, 1e-9)


def estimate(work: PlannedTraining, paces: Sequence[Pace], times: int = 1) -> TimeEstimate:
    """The whole of a training, or of ``times`` repeats of it one after the other, which share what
    is kept of the films (unless the run keeps nothing)."""
    known = _Known(work, paces)
    stages = known.stages()
    shared = (FILMS, FEATURES) if work.spec.cache else ()
    whole = NOTHING
    for name, span in stages.items():
        whole = whole.plus(span.times(1 if name in shared else times))
    return TimeEstimate(whole, known.measured)


def one_after_another(estimates: Iterable[TimeEstimate]) -> TimeEstimate:
    """One after the other."""
    whole, measured = NOTHING, True
    for one in estimates:
        whole, measured = whole.plus(one.seconds), measured and one.measured
    return TimeEstimate(whole, measured)


def stages(work: PlannedTraining, paces: Sequence[Pace]) -> dict[str, Span]:
    """Each of ``STAGES`` of one training."""
    return _Known(work, paces).stages()


class _Known:
    """What measurements say of one piece of work."""

    def __init__(self, work: PlannedTraining, paces: Sequence[Pace]) -> None:
        self._work = work
        self._here = [one for one in paces if one.device == work.device]
        self._heads = [one for one in self._here if _trains_a_head(one)]
        self._alike = [one for one in self._here if one.network == work.network.name]
        self.measured = True

    def stages(self) -> dict[str, Span]:
        work, spec = self._work, self._work.spec
        train = work.films.get("train", 0)
        tunes = bool(spec.fine_tune) and work.network.can_fine_tune
        copies = spec.augmented_copies if spec.augment else 0
        looks = 0 if not work.network.is_frozen or work.seen else work.total + copies * train
        return {
            PREPARATION: self._preparation(),
            FILMS: NOTHING if work.decoded else self._decoding().times(work.total),
            FEATURES: self._looking().times(looks) if looks else NOTHING,
            TRAINING: self._learning().times(train * spec.epochs),
            FINE_TUNING: self._tuning().times(train * spec.fine_tune_epochs) if tunes else NOTHING,
            EVALUATING: self._evaluating(tunes=tunes),
        }

    def _preparation(self) -> Span:
        if found := self._median(self._exact(), lambda one: one.preparation):
            return found
        return self._roughly(self._here, lambda one: one.preparation) or self._guess(_PREPARATION)

    def _decoding(self) -> Span:
        # Where the films lie and what they are made of counts, not the network.
        if found := self._roughly(self._here, lambda one: one.decode):
            return found
        return self._guess(_DECODE).times(1 / _cores())

    def _looking(self) -> Span:
        return self._scaled(lambda one: one.features) or self._computed(1.0)

    def _learning(self) -> Span:
        if not self._work.network.is_frozen:
            return self._scaled(lambda one: one.training) or self._computed(_LEARNING)
        if found := self._median(self._exact(), lambda one: one.training):
            return found
        return self._roughly(self._heads, lambda one: one.training) or self._guess(_HEAD)

    def _tuning(self) -> Span:
        blocks = self._work.spec.fine_tune
        same = [one for one in self._alike if one.blocks == blocks]
        found = self._scaled(lambda one: one.fine_tuning, same)
        if found:
            return found
        # Between a look at each film and learning with all of the network.
        least, most = self._looking(), self._computed(_LEARNING)
        return Span(least.low, max(least.high, most.high))

    def _evaluating(self, *, tunes: bool) -> Span:
        work = self._work
        if work.network.is_frozen and not tunes:
            if found := self._median(self._exact(), lambda one: one.evaluation):
                return found
            return self._roughly(self._heads, lambda one: one.evaluation) or self._guess(_ENDING)
        same = [one for one in self._alike if one.blocks == (work.spec.fine_tune if tunes else 0)]
        found = self._scaled(lambda one: one.evaluation / one.films, same)
        if found:
            return found.times(work.total)
        return self._computed(1.0).times(work.total).plus(_ENDING)

    def _exact(self) -> list[Pace]:
        return [one for one in self._alike if one.size == self._work.size]

    def _scaled(
        self, value: Callable[[Pace], float | None], among: Sequence[Pace] | None = None
    ) -> Span | None:
        """A film's, of the same network: at this size as it was, else by how many pixels it has."""
        alike = self._alike if among is None else among
        exact = [one for one in alike if one.size == self._work.size]
        if found := self._median(exact, value):
            return found
        area = float(self._work.size) ** 2
        values = [known * area / one.size**2 for one in alike if (known := value(one)) is not None]
        return self._around(values, _OTHER_SIZE)

    def _median(self, paces: Sequence[Pace], value: Callable[[Pace], float | None]) -> Span | None:
        values = [known for one in paces if (known := value(one)) is not None]
        return Span(median(values), median(values)) if values else None

    def _roughly(self, paces: Sequence[Pace], value: Callable[[Pace], float | None]) -> Span | None:
        return self._around(
            [known for one in paces if (known := value(one)) is not None], _SAME_HERE
        )

    def _around(self, values: Sequence[float], width: Span) -> Span | None:
        if not values:
            return None
        return Span(median(values) * width.low, median(values) * width.high)

    def _computed(self, factor: float) -> Span:
        """A film, from how much the network computes: ``factor`` looks at it."""
        self.measured = False
        work = self._work
        wanted = factor * _multiply_adds(work.network, work.size)
        speeds = [speed for one in self._here if (speed := _speed(one)) is not None]
        if speeds:
            return Span(*(wanted / median(speeds) * width for width in _OTHER_NETWORK))
        slow, fast = _GPU if work.on_gpu else _CORE.times(_cores())
        return Span(wanted / fast, wanted / slow)

    def _guess(self, span: Span) -> Span:
        self.measured = False
        return span


def _multiply_adds(network: Network, size: int) -> float:
    share: float = (size / STUDY_SIZE) ** 2
    return 1e9 * network.multiply_adds * share


def _speed(pace: Pace) -> float | None:
    """Multiply-adds a second that a training reached; None where it says nothing of it."""
    network = NETWORKS.get(pace.network)
    if network is None:
        return None
    film = pace.features
    if not network.is_frozen:
        film = pace.training / _LEARNING
    return _multiply_adds(network, pace.size) / film if film else None


def _trains_a_head(pace: Pace) -> bool:
    network = NETWORKS.get(pace.network)
    return network is not None and network.is_frozen and not pace.blocks


def _cores() -> int:
    return os.cpu_count() or 1
