"""Which of Keras's backends a worker process loads [K]: the chosen one and no other."""

from __future__ import annotations

import sys

import keras


def load_only_the_chosen() -> None:
    """Keep TensorFlow out of a process that works on PyTorch or JAX; call it before anything
    else of Keras. ``keras.utils.set_random_seed`` alone would import it if it is installed,
    which takes seconds and hundreds of megabytes."""
    if keras.backend.backend() != "tensorflow":
        # Python's own way to say “not here”: Keras then goes on without it.
        sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
