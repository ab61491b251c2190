"""A run's weights as plain arrays, and back into the files that Keras and we read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.files import ARRAY_DAMAGES, written_whole

MAX_BYTES = 2 * 1024**3
OPTIMIZER = "optimizer/"  # what Keras calls its part of the file


def head_arrays(path: Path) -> dict[str, np.ndarray]:
    """Path in a ``.weights.h5`` file → array, for each of its weights. What an optimiser kept
    beside them is left out: twice their size, and of no use once the training has ended. Raises
    InputError."""
    import h5py  # only here: most who load this room only want to know what may be in a file

    found: dict[str, np.ndarray] = {}

    def take(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith(OPTIMIZER):
            # Its size is its own word until it is read.
            if item.dtype.kind not in "fiub" or math.prod(item.shape) > MAX_BYTES:
                raise ValueError(f"{name} is no array of weights")
            found[name] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(take)
    except ARRAY_DAMAGES as error:
        raise InputError(f"The weights in {path} cannot be read ({error}).") from None
    return found


def write_head(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write what ``head_arrays`` gave as the file that ``Model.load_weights`` reads. Raises
    OSError."""
    import h5py

    with written_whole(path) as temporary, h5py.File(temporary, "w") as file:
        for name, array in sorted(arrays.items()):
            file.create_dataset(name, data=array, track_times=False)


def tuned_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of ``tuned.npz`` by name; none where there is no such file. Raises InputError."""
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except ARRAY_DAMAGES as error:
        raise InputError(f"What fine-tuning made cannot be read ({path}: {error}).") from None


def write_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write an ``.npz`` without pickles, “arr_2” before “arr_10”: the order of what fine-tuning
    made tells what is what. Raises OSError."""
    ordered = {name: arrays[name] for name in sorted(arrays, key=lambda one: (len(one), one))}
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **ordered)  # type: ignore[arg-type] # names are strings
