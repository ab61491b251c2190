"""What a stopped run goes on from [K].

Keras's BackupAndRestore deletes its backup when training ends, which a stop on request
is too, and forgets what other callbacks knew. So a checkpoint here is one file with
everything: all variables (the random generators' too), the optimiser's, the best weights
so far, and how long the patience has lasted.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.training.artefacts import written_whole

STATE = "state.npz"
EPOCH = "epoch.json"  # the epoch alone, for those that cannot load Keras


@dataclass
class TrainingState:
    """How far training is. ``epoch``: the last finished one, counted from 1.

    ``best_weights``: those of the epoch with the lowest ``best_loss``. ``waited``: epochs
    since then. ``spent``: seconds by stage of all sessions so far.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    best_weights: list[np.ndarray] = field(default_factory=list)
    waited: int = 0
    stopped_early: bool = False
    spent: dict[str, float] = field(default_factory=dict)


_PLAIN = ("epoch", "best_epoch", "best_loss", "waited", "stopped_early", "spent")


def save(folder: Path, model: keras.Model, state: TrainingState) -> None:
    """Write the checkpoint, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"plain": np.array(json.dumps({key: getattr(state, key) for key in _PLAIN}))}
    for kind, values in (
        ("model", _values(model.variables)),
        ("optimizer", _values(model.optimizer.variables)),
        ("best", state.best_weights),
    ):
        arrays |= {f"{kind}{place}": value for place, value in enumerate(values)}
    with written_whole(folder / STATE) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]
    with written_whole(folder / EPOCH) as temporary:
        temporary.write_text(json.dumps({"epoch": state.epoch}))


def load(folder: Path, model: keras.Model) -> TrainingState | None:
    """Put the checkpoint into the compiled model; None when there is none that fits.

    The model is left alone then, and training starts from the beginning.
    """
    try:
        with np.load(folder / STATE, allow_pickle=False) as stored:
            arrays = dict(stored)
        plain: dict[str, Any] = json.loads(str(arrays["plain"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        print(f"The checkpoint cannot be read ({error}); starting again.", flush=True)
        return None
    model.optimizer.build(model.trainable_variables)
    best = [
        arrays[name] for name in map("best{}".format, range(len(model.weights))) if name in arrays
    ]
    pairs = _pairs(model.variables, "model", arrays)
    pairs += _pairs(model.optimizer.variables, "optimizer", arrays)
    fits = all(value is not None and variable.shape == value.shape for variable, value in pairs)
    if not fits or len(best) < len(model.weights):
        print("The checkpoint does not fit this network; starting again.", flush=True)
        return None
    for variable, value in pairs:
        variable.assign(value)
    return TrainingState(**plain, best_weights=best)


def discard(folder: Path) -> None:
    """Remove the checkpoint of a run that is done; safe when there is none."""
    shutil.rmtree(folder, ignore_errors=True)


def _values(variables: list[Any]) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _pairs(
    variables: list[Any], kind: str, arrays: dict[str, np.ndarray]
) -> list[tuple[Any, np.ndarray | None]]:
    return [(one, arrays.get(f"{kind}{place}")) for place, one in enumerate(variables)]
