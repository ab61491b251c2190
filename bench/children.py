"""Running each side in a process of its own, and what that process cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from core.runs.warm_time import ENVIRONMENT_VARIABLE as WARM
from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT


@dataclass(frozen=True)
class Cost:
    """``seconds`` of wall time, process start included; ``peak`` resident bytes of the
    process and all it started, ``worker_peak`` of its training worker alone; ``answer``:
    the last line of its stdout, parsed."""

    seconds: float
    peak: int
    worker_peak: int
    answer: Any


def run(module: str, *arguments: str, data: Path, warm_minutes: str = "0") -> Cost:
    """``python -m module arguments``; raises RuntimeError with its output when it fails.
    ``warm_minutes``: for how long the software stays loaded after a run; what has it loaded is
    left behind then."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT_ROOT,
        env={
            **os.environ,
            ENVIRONMENT_VARIABLE: str(data),
            WARM: warm_minutes,
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    peak = worker_peak = 0
    while process.poll() is None:
        together, worker = _resident(data, process.pid)
        peak, worker_peak = max(peak, together), max(worker_peak, worker)
        time.sleep(0.2)
    seconds = time.perf_counter() - started
    assert process.stdout is not None
    output = process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(
            f"{module} {' '.join(arguments)} ended with {process.returncode}: {output}"
        )
    while warm_minutes == "0" and _dispatched(
        data
    ):  # the dispatcher looks around for a second before it goes
        time.sleep(0.1)
    return Cost(seconds, peak, worker_peak, json.loads(output.strip().splitlines()[-1]))


def _resident(data: Path, child: int) -> tuple[int, int]:
    """Bytes of the child and of the workers on this data folder, detached ones included; and
    of the training worker among them."""
    total = worker = 0
    for process in psutil.process_iter(["pid", "cmdline", "memory_info"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.info["pid"] == child or (str(data) in line and "core." in line):
            resident = process.info["memory_info"].rss if process.info["memory_info"] else 0
            total += resident
            worker += resident if "core.runs.worker" in line else 0
    return total, worker


def _dispatched(data: Path) -> bool:
    """Whether anything of a training still works on this data folder."""
    lines = (" ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"]))
    ours = ("core.runs.", "core.training.")
    return any(f"--data {data}" in line and any(one in line for one in ours) for line in lines)
