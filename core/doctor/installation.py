"""What ThoraxLens runs on: Python, libraries, Keras's backend, devices. No keras here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from core.doctor.observation import Observation
from core.runs.devices import CPU, Device, describe, worker_environment
from core.runs.processes import with_our_modules
from core.text import listed
from core.workspace import PROJECT_ROOT

PYTHONS = ((3, 11), (3, 14))  # from, and below
BACKENDS = {"tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}
COMPUTE = "core.training.compute_check"
PATIENCE_SECONDS = 180.0  # a library of gigabytes from a cold disk
Compute = Callable[[str], tuple[bool, str]]


def python(version: Sequence[int] = sys.version_info[:3]) -> Observation:
    """``version``: major, minor, and whatever follows."""
    said = ".".join(map(str, version[:3]))
    if PYTHONS[0] <= tuple(version[:2]) < PYTHONS[1]:
        return Observation("Python", "well", f"Python {said}.")
    return Observation(
        "Python",
        "ill",
        f"Python {said} is not one that ThoraxLens runs on. Install Python 3.11, 3.12 or 3.13, "
        "remove the folder .venv, and start again with make run PYTHON=python3.12.",
    )


def libraries(
    requirements: Path = PROJECT_ROOT / "requirements-base.txt",
    version_of: Callable[[str], str] = metadata.version,
) -> Iterator[Observation]:
    """One finding for all that are there as wanted, and one for each that is not. ``version_of``:
    package → its version here; raises PackageNotFoundError."""
    right = 0
    for line in requirements.read_text(encoding="utf-8").splitlines():
        wanted = line.split("#")[0].strip()
        if not wanted:
            continue
        one = Requirement(wanted)
        if one.marker is not None and not one.marker.evaluate():
            continue
        try:
            here = version_of(one.name)
        except metadata.PackageNotFoundError:
            yield Observation(
                "Libraries",
                "ill",
                f"The library {one.name} is missing. Install what ThoraxLens needs: make run does, "
                "and so does pip install --require-hashes -r requirements.lock.",
            )
            continue
        if one.specifier.contains(here, prereleases=True):
            right += 1
        else:
            yield Observation(
                "Libraries",
                "note",
                f"{one.name} is here as {here}; ThoraxLens is tested with {one.specifier}. If "
                "something goes wrong, install that one.",
            )
    yield Observation("Libraries", "well", f"{right} libraries are here as tested.")


def computing(devices: Sequence[Device], compute: Compute | None = None) -> Iterator[Observation]:
    """Keras's backend, and whether it computes on each device. ``compute``: slot → whether it
    does, and what it said; by default a process of its own for each (seconds)."""
    name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if name not in BACKENDS:
        yield Observation(
            "Backend",
            "ill",
            f"KERAS_BACKEND is “{name}”, which is none that ThoraxLens knows. Set it to "
            f"{listed(list(BACKENDS), 'or')}, or leave it out.",
        )
        return
    if find_spec(name) is None:
        file = "requirements.lock" if name == "tensorflow" else "requirements-backends.txt"
        yield Observation(
            "Backend",
            "ill",
            f"{BACKENDS[name]} is missing, and networks are computed by it: pip install -r {file}.",
        )
        return
    for device in sorted(devices, key=lambda one: one.id != CPU):
        if device.note:
            yield Observation(
                "Devices",
                "note",
                f"{device.name} is here and not used: {device.note}. Install "
                "requirements-cuda.lock to train on it.",
            )
            continue
        works, said = (compute or _compute)(device.id)
        where = describe(device.id, devices)
        if works:
            yield Observation("Devices", "well", f"{BACKENDS[name]} computes on {where} ({said}).")
        else:
            yield Observation(
                "Devices",
                "ill" if device.id == CPU else "note",
                f"{BACKENDS[name]} does not compute on {where} ({said}). "
                + ("Install it anew." if device.id == CPU else "Runs fall back to the CPU."),
            )


def _compute(slot: str) -> tuple[bool, str]:
    environment = with_our_modules(worker_environment(slot))
    try:
        done = subprocess.run(
            [sys.executable, "-m", COMPUTE],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer in {PATIENCE_SECONDS:.0f} s"
    said = done.stdout.strip() or done.stderr.strip() or f"it ended with {done.returncode}"
    return done.returncode == 0, said.splitlines()[-1][:200]
