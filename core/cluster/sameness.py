"""Whether a node would work with the same program and libraries as the head."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from core.version import software
from core.workspace import PROJECT_ROOT

CODE = "code"  # a hash of the program's text
_CALLED = {"thoraxlens": "ThoraxLens", "python": "Python", "keras": "Keras", "numpy": "NumPy",
           "tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}  # fmt: skip


def chosen_backend() -> str:
    """Keras's name for the backend that this process's workers compute with."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def about_this_machine(backend: str) -> dict[str, str]:
    """Name → version of what work is done with on that backend, and ``code``."""
    text = hashlib.sha256()
    for file in sorted((PROJECT_ROOT / "core").rglob("*.py")):
        text.update(file.relative_to(PROJECT_ROOT).as_posix().encode())
        text.update(file.read_bytes())
    return {**software(backend), CODE: text.hexdigest()}


def why_unfit(node: str, its: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Why the node of that name gets no work, and what to do; empty when it may have some."""
    if its.get("missing"):
        return f"{node} gets no work: {its['missing']}"
    for name, version in ours.items():
        if name != CODE and its.get(name) != version:
            called = _CALLED.get(name, name)
            return (
                f"{node} gets no work: it has {called} {its.get(name, 'unknown')}, and this "
                f"machine has {called} {version}. Install the same version on both."
            )
    if its.get(CODE) != ours.get(CODE):
        return (
            f"{node} gets no work: its copy of ThoraxLens has other files than this machine's. "
            "Copy this one to it."
        )
    return ""
