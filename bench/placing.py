"""What it costs to place work through Ray, and a sweep through Ray against one without it."""

from __future__ import annotations

import importlib
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.children import run
from bench.films import DATASET, study_films
from bench.report import head, ratio, row, spread
from bench.settings import Settings
from core.workspace import RAY_VARIABLE

STORE = 200 * 10**6  # bytes of the cluster's object store


def table(settings: Settings, folder: Path) -> Iterator[str]:
    """Both tables. Without Ray a line that says so."""
    try:
        utilities = importlib.import_module("ray.cluster_utils")
    except ImportError:
        yield "Ray is not installed: pip install --require-hashes -r requirements-ray.lock."
        return
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Else Ray's work stands back behind all else on the machine, and what is compared is the load.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray wants it so
    cluster: Any = utilities.Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": os.cpu_count(),
            "include_dashboard": False,
            "object_store_memory": STORE,
        },
    )
    try:
        yield head("to place", "each", "all")
        yield from _placed(cluster.address, settings)
        yield ""
        yield from _sweeps(cluster.address, settings, folder)
    finally:
        cluster.shutdown()


def _placed(address: str, settings: Settings) -> Iterator[str]:
    ray: Any = importlib.import_module("ray")

    # Within, so that they travel as they are, and load nothing there.
    def nothing() -> None:
        return None

    class Nothing:
        def begin(self) -> None:
            return None

    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        task = ray.remote(nothing)
        ray.get(task.remote())  # the first one starts a process
        began = time.perf_counter()
        ray.get([task.remote() for _ in range(settings.placed)])
        seconds = time.perf_counter() - began
        each = f"{1000 * seconds / settings.placed:.1f} ms"
        yield row(f"{settings.placed:,} tasks that do nothing", each, f"{seconds:.1f} s")
        actor = ray.remote(Nothing)
        singly = []
        for _ in range(settings.placed_actors):
            began = time.perf_counter()
            one = actor.options(num_cpus=1, lifetime="detached").remote()
            ray.get(one.begin.remote())
            ray.kill(one)
            singly.append(time.perf_counter() - began)
        told = f"{settings.placed_actors:,} actors, as each run has one, one after the other"
        yield row(told, spread(singly, "s", 2), f"{sum(singly):.0f} s")
    finally:
        ray.shutdown()


def _sweeps(address: str, settings: Settings, folder: Path) -> Iterator[str]:
    data = folder / "data"
    yield study_films(data, folder / "tree", phantoms=settings.phantoms, size=settings.sweep_size)
    yield ""
    here: list[float] = []
    there: list[float] = []
    train = ("core", "train", DATASET, "--model", "cnn", "--seeds", str(settings.sweep_runs),
             "--epochs", str(settings.sweep_epochs), "--image-size", str(settings.sweep_size),
             "--json")  # fmt: skip
    for _ in range(settings.repeats):  # in turns, so that a slow spell of the machine hits both
        with _on(""):
            here.append(run(*train, data=data).seconds)
        with _on(address):
            there.append(run(*train, data=data).seconds)
    what = f"{settings.sweep_runs} seeds of the CNN, {settings.sweep_epochs} epochs"
    yield head("a sweep on the same cores", "without Ray", "through Ray", "times as long")
    yield row(what, spread(here, "s"), spread(there, "s"), ratio(there, here, 2))


@contextmanager
def _on(address: str) -> Iterator[None]:
    before = os.environ.get(RAY_VARIABLE, "")
    os.environ[RAY_VARIABLE] = address
    try:
        yield
    finally:
        os.environ[RAY_VARIABLE] = before
