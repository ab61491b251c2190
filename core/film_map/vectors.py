"""The vectors of films anywhere in the catalogue [K]; those that trainings have left serve here.

Only films without a vector are read. One that cannot be read is left out: a map can do without it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import FilmError
from core.features.vectors import BATCH, FeatureSource, Variant, features, kept_films
from core.images.decode import decode_bytes, read_imported
from core.images.resize import resize
from core.models.network import STUDY_SIZE
from core.models.registry import FIRST_CHOICE
from core.models.weights import resolve_weights
from core.runs.reporter import Reporter
from core.specs import RunSpec
from core.training import backend, precision
from core.training.network import TrainableNetwork
from core.workspace import Workspace

AT_ONCE = 256  # films in memory


def photograph_vectors(
    workspace: Workspace, paths: Mapping[str, str], tell: Reporter
) -> tuple[list[str], np.ndarray]:
    """The ids of the films that could be read, in their order, and float32 (n, channels).

    ``paths``: film id → where its file lies. Raises WeightsMissingError where the network's
    weights are not at hand, and Cancelled.
    """
    backend.prepare()
    network, spec = FIRST_CHOICE, RunSpec(dataset="", model=FIRST_CHOICE.name)
    tell.stage("Loading the network")
    weights = resolve_weights(workspace, network, spec, lambda done, total: tell.check())
    trainable = TrainableNetwork(network, spec, STUDY_SIZE, 2, weights, workspace.backbones)
    mode = _mode(workspace, trainable, tell)
    source = partial(
        FeatureSource,
        backbone_name=network.name,
        backbone=f"{trainable.backbone} {mode.name}",
        preprocessing=network.preprocessing_for("model", spec.weights),
        channels=network.vector_length(),
    )
    folder = workspace.feature_cache
    nothing = np.empty((0, STUDY_SIZE, STUDY_SIZE), np.uint8)
    there = kept_films(folder, source(films=nothing, film_ids=()), Variant())
    missing = [one for one in paths if one not in there]
    broken: set[str] = set()
    tell.stage("Looking at films", total=len(paths))
    before = len(paths) - len(missing)
    for start in range(0, len(missing), AT_ONCE):
        chunk = missing[start : start + AT_ONCE]
        read = _read(chunk, paths, tell)
        broken |= set(chunk) - read.keys()
        if read:
            found = source(films=np.stack(list(read.values())), film_ids=list(read))
            look = partial(trainable.extract, mode=mode)
            told = partial(_told, tell, before + start, before)
            features(folder, found, np.arange(len(read)), Variant(), look, told)
    film_ids = [one for one in paths if one not in broken]
    if not film_ids:
        return [], np.empty((0, network.vector_length()), np.float32)
    known = source(films=nothing, film_ids=film_ids)
    rows = np.arange(len(film_ids))
    return film_ids, features(folder, known, rows, Variant(), _never, lambda *_: None)[:]


def _read(
    film_ids: Sequence[str], paths: Mapping[str, str], tell: Reporter
) -> dict[str, np.ndarray]:
    """film id → uint8 (S, S), without those that cannot be read."""

    def one(film_id: str) -> np.ndarray | None:
        try:
            path = paths[film_id]
            return resize(
                decode_bytes(read_imported(path, film_id), Path(path).name).pixels, STUDY_SIZE
            )
        except (FilmError, OSError):
            return None

    found = {}
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        for film_id, film in zip(film_ids, threads.map(one, film_ids), strict=True):
            tell.check()
            if film is not None:
                found[film_id] = film
    return found


def _told(tell: Reporter, begun: int, before: int, done: int, _: int) -> None:
    tell.update(begun + done, already=before)


def _mode(workspace: Workspace, network: TrainableNetwork, tell: Reporter) -> precision.Mode:
    """As a training chooses it, so that both find each other's vectors."""
    films = np.random.default_rng(0).random((BATCH, STUDY_SIZE, STUDY_SIZE, 3), dtype=np.float32)

    def step(way: precision.Mode) -> precision.Step:
        return lambda: network.extract(films, way)

    speeds = workspace.speeds
    return precision.choose_mode(speeds, FIRST_CHOICE.name, STUDY_SIZE, BATCH, step, tell.check)


def _never(films: np.ndarray) -> np.ndarray:
    raise RuntimeError("a vector that was just written is not there")
