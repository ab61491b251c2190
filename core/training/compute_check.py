"""Whether Keras computes on what this process may see, and right [K]:
``python -m core.training.compute_check``.

A process of its own, as ``gpu_check`` is. Prints what it computed on, and ends with 0; or what is
wrong, and ends with 1.
"""

from __future__ import annotations

import sys

import keras
import numpy as np

from core.training import backend

SIDE = 64
NEAR = 1e-2  # some GPUs round to ten bits on the way


def main() -> int:
    backend.load_only_the_chosen()
    try:
        backend.prepare()
        numbers = np.random.default_rng(0).uniform(-1, 1, (2, SIDE, SIDE)).astype(np.float32)
        found = keras.ops.convert_to_numpy(keras.ops.matmul(numbers[0], numbers[1]))
        device = backend.device_name()
    except Exception as error:  # noqa: BLE001 - each backend has its own kinds; all mean the same here
        print(str(error).strip().splitlines()[0][:200] if str(error) else type(error).__name__)
        return 1
    if not np.allclose(found, numbers[0] @ numbers[1], atol=NEAR * SIDE):
        print(f"{device} computes wrong numbers")
        return 1
    print(device)
    return 0


if __name__ == "__main__":
    sys.exit(main())
