"""Which ThoraxLens this is, and what it runs on."""

from __future__ import annotations

import platform
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from core.workspace import PROJECT_ROOT

UNKNOWN = "unknown"
# A library is installed under one of several names.
_PACKAGES = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow_cpu")}


@cache
def thoraxlens_version() -> str:
    """The version that ``pyproject.toml``, the one place for it, gives this copy."""
    try:
        with (PROJECT_ROOT / "pyproject.toml").open("rb") as stream:
            return str(tomllib.load(stream)["project"]["version"])
    except (OSError, ValueError, KeyError):
        return UNKNOWN


def installed(name: str) -> str:
    """The version of a library that is installed here; “unknown” for one that is not."""
    for package in _PACKAGES.get(name, (name,)):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return UNKNOWN


def node_name() -> str:
    """What this machine is called in its network; empty where it has no name."""
    return platform.node()


def software(backend: str) -> dict[str, str]:
    """Name → version of what a training computes with; ``backend`` is Keras's name for it.

    Asked of the installation, so that it costs no import.
    """
    names = ("keras", backend, "numpy", "scikit-learn")
    return {
        "thoraxlens": thoraxlens_version(),
        "python": platform.python_version(),
        **{name: installed(name) for name in names},
    }
