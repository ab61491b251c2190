"""What the process of a helper does [K]: it passes films of a training through the same frozen
network, on a device that is free. What it computes lies where that training looks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.datasets.training_data import load_training_data
from core.errors import TrainingError
from core.features.source import FeatureSource, Variant
from core.features.vectors import Extract, Pass
from core.models.registry import get_network
from core.models.weights import resolve_weights
from core.runs.devices import CPU
from core.runs.reporter import Reporter
from core.runs.worker import Task

if TYPE_CHECKING:
    from core.training.network import TrainableNetwork
    from core.training.precision import Mode


@dataclass(frozen=True)
class FrozenWork:
    """The part of a training that helpers do. ``passes``: as ``core.training.learners.passes_of``
    gives them. ``extract``: the frozen network."""

    source: FeatureSource
    passes: list[tuple[np.ndarray, Variant]]
    extract: Extract

    @property
    def films(self) -> int:
        """How many films all passes have together."""
        return sum(len(rows) for rows, _ in self.passes)


def frozen_work(
    task: Task, tell: Reporter, choose: Callable[[TrainableNetwork], Mode]
) -> FrozenWork:
    """That of the run ``task.arguments["run"]``, the network in memory. ``choose``: in which
    arithmetic. For a process that has its backend prepared. Raises Cancelled, and what is wrong
    with films or weights."""
    from core.training.learners import feature_source, passes_of
    from core.training.network import TrainableNetwork

    store, workspace = task.store, task.workspace
    spec = store.runs.get(task.arguments["run"]).spec
    dataset = store.datasets.get(spec.dataset).spec
    size = spec.image_size or dataset.image_size
    network = get_network(spec.model)
    tell.stage("Reading the films")
    data = load_training_data(
        store, spec.dataset, size, lambda *_: tell.check(), repeat=spec.repeat, caches=workspace
    )
    tell.stage("Loading the network")
    weights = resolve_weights(workspace, network, spec, lambda *_: tell.check())
    trainable = TrainableNetwork(
        network, spec, size, len(data.classes), weights, workspace.backbones
    )
    mode = choose(trainable)
    kind = network.preprocessing_for(spec.preprocessing or dataset.preprocessing, spec.weights)
    backbone = f"{trainable.backbone} {mode.name}"
    channels = network.vector_length(spec.vector_blocks)
    source = feature_source(spec, data, kind, backbone, channels)

    def extract(films: np.ndarray) -> np.ndarray:
        return trainable.extract(films, mode)

    return FrozenWork(source, passes_of(spec, data), extract)


def work(task: Task, tell: Reporter) -> None:
    """Until all vectors are there that the run ``task.arguments["run"]`` learns from.

    Raises TrainingError where the device does not answer, and Cancelled.
    """
    # Only now: a backend looks for its GPUs when it is loaded.
    from core.training import backend

    backend.load_only_the_chosen()
    backend.prepare()
    wanted = task.arguments["device"]
    if task.slot != wanted or (wanted != CPU and not backend.sees_gpu()):
        # On the processor it would compute other bits than its training.
        raise TrainingError(f"{wanted.replace('gpu:', 'GPU ')} did not answer.")
    workspace = task.workspace
    frozen = frozen_work(
        task, tell, lambda network: network.extraction_mode(workspace.speeds, tell.check)
    )
    tell.stage("Looking at films", frozen.films)
    # First what nobody is at, then whatever others leave undone.
    for alone in (False, True):
        before = 0
        for rows, variant in frozen.passes:

            def told(done: int, already: int, before: int = before) -> None:
                tell.update(before + done)

            part = Pass(workspace.feature_cache, frozen.source, rows, variant, frozen.extract, told)
            part.carry_out(alone=alone)
            before += len(rows)
