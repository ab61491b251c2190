"""Start a program that ends with this process's parent: ``python -m core.cluster.tied PARENT ...``.

A worker outlives whoever started it; on a node nobody would find it again, so there it must not.
Linux does this by itself; elsewhere Ray ends what its own processes have started.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2); it stays through exec


def command(arguments: Sequence[str]) -> list[str]:
    """The command line that ties ``arguments`` to this process."""
    return [sys.executable, "-S", "-m", "core.cluster.tied", str(os.getpid()), *arguments]


def main(arguments: Sequence[str]) -> None:
    """Become the program. Does not return."""
    parent, *program = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != int(parent):  # it went before the tie was made
            raise SystemExit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
