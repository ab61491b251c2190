"""What a second machine of a Ray cluster saves in one long pass through a frozen network."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.children import run
from bench.films import DATASET, many_phantoms, prepare
from bench.placing import STORE
from bench.report import head, ratio, row, spread
from bench.settings import Settings
from core.cluster.membership import CPUS_VARIABLE
from core.workspace import RAY_VARIABLE

MODEL = "vgg16"


def table(settings: Settings, folder: Path) -> Iterator[str]:
    """One table: a training on a machine of one core, alone and with a second one that is free.
    Without Ray a line that says so."""
    try:
        utilities = importlib.import_module("ray.cluster_utils")
    except ImportError:
        yield "Ray is not installed: pip install --require-hashes -r requirements-ray.lock."
        return
    many_phantoms(folder / "films", settings.shared_films, settings.sweep_size)
    prepare(folder / "data", folder / "films", settings.sweep_size)
    alone: list[float] = []
    together: list[float] = []
    with _cluster(utilities, folder) as cluster:
        for turn in range(settings.repeats):  # in turns, so that a slow spell hits both
            # Other random weights each time, so that nothing is known before.
            alone.append(_trained(folder / "data", 2 * turn))
            second = _node(cluster, "second")
            together.append(_trained(folder / "data", 2 * turn + 1))
            cluster.remove_node(second)
    what = f"{MODEL}, {settings.shared_films:,} films of {settings.sweep_size} px"
    yield head("a training, from click to result", "one machine", "a second one free", "as long")
    yield row(what, spread(alone, "s"), spread(together, "s"), ratio(together, alone, 2))


def _trained(data: Path, seed: int) -> float:
    asked = ("core", "train", DATASET, "--model", MODEL, "--weights", "random", "--no-augment",
             "--epochs", "1", "--seed", str(seed), "--json")  # fmt: skip
    return run(*asked, data=data).seconds


@contextmanager
def _cluster(utilities: Any, folder: Path) -> Iterator[Any]:
    """A head that takes no work, and one machine of one core."""
    changed = {
        "RAY_USAGE_STATS_ENABLED": "0",
        # Else Ray's work stands back behind all else on the machine.
        "RAY_worker_niceness": "0",
        CPUS_VARIABLE: "1",
        "THORAXLENS_NODE_CACHE": str(folder / "node"),
    }
    before = {name: os.environ.get(name) for name in (*changed, RAY_VARIABLE)}
    os.environ |= changed
    logging.getLogger("ray").setLevel(logging.ERROR)
    cluster = utilities.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **_SMALL})
    os.environ[RAY_VARIABLE] = cluster.address
    try:
        _node(cluster, "first")
        yield cluster
    finally:
        cluster.shutdown()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_SMALL = {"object_store_memory": STORE, "include_dashboard": False}


def _node(cluster: Any, name: str) -> Any:
    return cluster.add_node(num_cpus=1, node_name=name, **_SMALL)
