"""Whether the one GPU that this process may see works [K]: ``python -m core.training.gpu_check``.

A process of its own, because a driver that does not fit may end or hang the process that
asks. Prints the reason and ends with 1 when the GPU does not work.
"""

from __future__ import annotations

import sys

from core.training import backend


def main() -> int:
    backend.prepare()
    if not backend.sees_gpu():
        print("the installed Keras backend cannot use it")
        return 1
    try:
        backend.convolve_once()
    except Exception as error:  # noqa: BLE001 - each backend has its own kinds; all mean the same here
        print(str(error).strip().splitlines()[0][:200] if str(error) else type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
