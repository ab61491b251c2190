"""What a worker that starts now would work with: which code, and which settings from outside.

A process that has been loaded for minutes may have either of an earlier time.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.workspace import PROJECT_ROOT

# Of the environment, what changes how a worker computes or what it loads. Not among them: what
# only the server reads, or what decides how much a library prints.
_PREFIXES = (
    "CUDA", "JAX", "KERAS", "LD_", "MKL", "NVIDIA", "OMP", "OPENBLAS", "PYTHON", "RAY", "TF_",
    "XLA", "THORAXLENS_CACHE", "THORAXLENS_RAY", "THORAXLENS_WARM",
)  # fmt: skip
_SILENT = ("TF_CPP_MIN_LOG_LEVEL", "PYTHONUNBUFFERED")
_HOME = "HOME"  # where Keras keeps its own settings


def surroundings(environment: Mapping[str, str]) -> str:
    """A hash of both, for a worker that is given this environment, and stands as far back behind
    other processes as this one does. Takes milliseconds."""
    named = {
        name: value
        for name, value in environment.items()
        if (name.startswith(_PREFIXES) and name not in _SILENT) or name == _HOME
    }
    # Processes that we start have the project in front of it.
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    named["PYTHONPATH"] = os.pathsep.join(
        one for one in paths if one not in ("", str(PROJECT_ROOT))
    )
    niceness = os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else 0
    whole = hashlib.sha256(repr((sys.executable, niceness, sorted(named.items()))).encode())
    for line in _code():
        whole.update(line.encode())
    return whole.hexdigest()


def _code() -> Iterator[str]:
    """Each of our own modules with its size and when it was written."""
    for folder, folders, names in os.walk(PROJECT_ROOT / "core"):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                state = (Path(folder) / name).stat()
                yield f"{folder}/{name} {state.st_size} {state.st_mtime_ns}"
