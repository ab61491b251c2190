"""Which arithmetic is fastest for this network on this device, by trying [K].

Sixteen-bit numbers are worth a try on GPUs, and on processors with instructions for them;
XLA on GPUs (on processors, TensorFlow with it was no faster). Where only one way is left,
nothing is measured. What was measured is kept in the workspace, so that a network is tried
once on a device.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from core.errors import Cancelled
from core.files import remembered
from core.models.build import LOGITS, POOL
from core.training import backend

TRIES = 3  # timed, after one that traces and compiles
WORTH = 0.95  # of the time in float32, at most: less is noise
HOPELESS = 1.5  # times the best so far: not tried again

Step = Callable[[], object]

log = logging.getLogger("thoraxlens.training")


@dataclass(frozen=True)
class Mode:
    """``policy``: a dtype policy of Keras. Variables are float32 in all of them."""

    policy: str = "float32"
    xla: bool = False

    @property
    def name(self) -> str:
        """What a run's result says."""
        return self.policy + (" with XLA" if self.xla else "")

    def apply(self, model: keras.Model) -> None:
        """From its next tracing on, the model computes this way. Means over a whole film and
        logits stay float32, where rounding would be seen in the vectors and in the loss.
        Compile it afterwards: float16 needs its loss scaled.
        """
        policy = keras.DTypePolicy(self.policy)
        for layer in model.layers:
            if layer.name not in (POOL, LOGITS) and not isinstance(layer, keras.layers.InputLayer):
                layer.dtype_policy = policy
        model.dtype_policy = policy


FLOAT32 = Mode()


def candidates() -> list[Mode]:
    """The ways worth trying here, float32 first."""
    policy = backend.fast_policy()
    policies = ["float32"] + ([policy] if policy else [])
    xla = (
        [False, True] if keras.backend.backend() == "tensorflow" and backend.sees_gpu() else [False]
    )
    return [Mode(one, way) for one in policies for way in xla]


def choose_mode(
    file: Path,
    name: str,
    size: int,
    batch: int,
    step: Callable[[Mode], Step],
    check: Callable[[], None],
) -> Mode:
    """The fastest mode for the network ``name`` on films of ``size`` pixels.

    ``step``: for a mode, what is timed, on ``batch`` films a call. ``file`` keeps what was
    measured: milliseconds a film by mode. A mode that fails is left out; float32 is what
    remains. ``check`` is called between tries; when it raises Cancelled nothing is kept.
    """
    ways = candidates()
    if len(ways) == 1:
        return ways[0]
    key = f"{name} {size} {backend.device_name()} keras {keras.__version__}"
    measured = remembered(file, key, lambda: _measure(ways, batch, step, check))
    return fastest(ways, measured)


def fastest(ways: list[Mode], milliseconds: dict[str, float]) -> Mode:
    """float32, unless another way is clearly faster."""
    timed = [one for one in ways if one.name in milliseconds]
    if not timed:
        return FLOAT32
    best = min(timed, key=lambda one: milliseconds[one.name])
    limit = milliseconds.get(FLOAT32.name, float("inf")) * WORTH
    return best if milliseconds[best.name] < limit else FLOAT32


def _measure(
    ways: list[Mode], batch: int, step: Callable[[Mode], Step], check: Callable[[], None]
) -> dict[str, float]:
    found: dict[str, float] = {}
    for way in reversed(ways):  # float32 last: where it is far slower, it is timed once only
        try:
            check()
            take = step(way)
            take()
            seconds: list[float] = []
            while len(seconds) < TRIES:
                check()
                began = time.perf_counter()
                take()
                seconds.append(time.perf_counter() - began)
                best = min(found.values(), default=float("inf"))
                if 1000 * seconds[-1] / batch > HOPELESS * best:
                    break
            found[way.name] = 1000 * float(np.median(seconds)) / batch
            log.info("%s: %.2f ms a film", way.name, found[way.name])
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a backend raises for what it cannot do
            log.info("%s does not work here (%s)", way.name, type(error).__name__)
    return found


def training_step(model: keras.Model, way: Mode, films: np.ndarray) -> Step:
    """One step on ``films``, preprocessed float32 (n, S, S, 3), with made-up classes."""
    way.apply(model)
    model.compile(
        "nadam",
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=backend.jit_compile(way.xla),
    )
    targets = np.eye(model.output.shape[-1], dtype=np.float32)[np.arange(len(films)) % 2]
    return lambda: model.train_on_batch(films, targets)
