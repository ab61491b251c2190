"""What a stopped run goes on from [K].

Keras's BackupAndRestore deletes its backup when training ends, which a stop on request
is too, and forgets what other callbacks knew. So a checkpoint here is one file with
everything: all variables that training changes (the random generators' too), the
optimiser's, the best weights so far, and how long the patience has lasted.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.documents import Fields
from core.files import ARRAY_DAMAGES, written_whole
from core.runs.files import LAST_EPOCH, LastEpoch
from core.store import PHASES

STATE = "state.npz"


@dataclass
class TrainingState:
    """How far training is. ``epoch``: the last finished one, counted from 1 over all phases.

    ``phase``: one of ``core.store.PHASES``, which began after epoch ``began``.
    ``best_weights``: the values of ``changing`` after the epoch with the lowest
    ``best_loss``. ``waited``: epochs of this phase since then. ``spent``: seconds by stage
    of all sessions so far. ``films``: what was learnt from, as ``TrainingData.which`` says;
    empty in a checkpoint of an earlier version.
    """

    epoch: int = 0
    phase: str = PHASES[0]
    began: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    best_weights: list[np.ndarray] = field(default_factory=list)
    waited: int = 0
    stopped_early: bool = False
    spent: dict[str, float] = field(default_factory=dict)
    films: str = ""


_PLAIN = ("epoch", "phase", "began", "best_epoch", "best_loss", "waited", "stopped_early", "spent",
          "films")  # fmt: skip


def changing(model: keras.Model) -> list[keras.Variable]:
    """What training may change, in a fixed order: the variables of layers that are not
    frozen, moving averages and random generators included."""
    return [one for layer in model.layers if layer.trainable for one in layer.variables]


def put(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def save_checkpoint(folder: Path, model: keras.Model, state: TrainingState) -> None:
    """Write the checkpoint, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"plain": np.array(json.dumps({key: getattr(state, key) for key in _PLAIN}))}
    for kind, values in (
        ("model", values_of(changing(model))),
        ("optimizer", values_of(model.optimizer.variables)),
        ("best", state.best_weights),
    ):
        arrays |= {f"{kind}{place}": value for place, value in enumerate(values)}
    with written_whole(folder / STATE) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]
    LastEpoch(epoch=state.epoch).save(folder / LAST_EPOCH)


def phase(folder: Path) -> str | None:
    """The phase that the checkpoint is in; None when there is none that can be read."""
    stored = _read(folder)
    return None if stored is None else str(stored[0].get("phase", PHASES[0]))


def learnt_from(folder: Path) -> str:
    """``films`` of the checkpoint; empty where there is none that can be read, too."""
    try:
        with np.load(folder / STATE, allow_pickle=False) as stored:
            return str(json.loads(str(stored["plain"])).get("films", ""))
    except ARRAY_DAMAGES:
        return ""


def load_checkpoint(folder: Path, model: keras.Model, phase: str) -> TrainingState | None:
    """Put the checkpoint into the compiled model; None when there is none of this phase
    that fits.

    The model is left alone then, and the phase starts from its beginning.
    """
    stored = _read(folder)
    if stored is None or stored[0].get("phase", PHASES[0]) != phase:
        return None
    plain, arrays = stored
    model.optimizer.build(model.trainable_variables)
    variables = changing(model)
    pairs = _pairs(variables, "model", arrays)
    pairs += _pairs(model.optimizer.variables, "optimizer", arrays)
    best = _pairs(variables, "best", arrays)
    if any(value is None or one.shape != value.shape for one, value in [*pairs, *best]):
        print("The checkpoint does not fit this network; starting again.", flush=True)
        return None
    for variable, value in pairs:
        variable.assign(value)
    return TrainingState(**plain, best_weights=[arrays[f"best{n}"] for n in range(len(best))])


def _read(folder: Path) -> tuple[Fields, dict[str, np.ndarray]] | None:
    try:
        with np.load(folder / STATE, allow_pickle=False) as stored:
            arrays = dict(stored)
        return json.loads(str(arrays["plain"])), arrays
    except FileNotFoundError:
        return None
    except ARRAY_DAMAGES as error:
        print(f"The checkpoint cannot be read ({error}); starting again.", flush=True)
        return None


def discard_checkpoint(folder: Path) -> None:
    """Remove the checkpoint of a run that is done; safe when there is none."""
    shutil.rmtree(folder, ignore_errors=True)


def values_of(variables: list[Any]) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _pairs(
    variables: list[Any], kind: str, arrays: dict[str, np.ndarray]
) -> list[tuple[Any, np.ndarray | None]]:
    return [(one, arrays.get(f"{kind}{place}")) for place, one in enumerate(variables)]
