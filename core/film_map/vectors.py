"""The vectors of films anywhere in the catalogue [K]; those that trainings have left serve here.

Only films without a vector are read. One that cannot be read is left out: a map can do without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import FilmError
from core.features.source import FeatureSource, Variant
from core.features.vectors import Pass
from core.images.decode import decode_bytes, read_imported
from core.images.resize import resize
from core.models.network import STUDY_SIZE
from core.models.registry import FIRST_CHOICE
from core.models.weights import resolve_weights
from core.runs.reporter import Reporter
from core.specs import RunSpec
from core.training import backend
from core.training.network import TrainableNetwork
from core.workspace import Workspace


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
    mode = trainable.extraction_mode(workspace.speeds, tell.check)
    source = partial(
        FeatureSource,
        backbone_name=network.name,
        backbone=f"{trainable.backbone} {mode.name}",
        preprocessing=network.preprocessing_for("model", spec.weights),
        channels=network.vector_length(),
    )
    film_ids = list(paths)
    films = _FilesOfFilms([paths[one] for one in film_ids], film_ids, tell)
    tell.stage("Looking at films", total=len(film_ids))
    work = Pass(
        workspace.feature_cache,
        source(films=films, film_ids=film_ids),
        np.arange(len(film_ids)),
        Variant(),
        partial(trainable.extract, mode=mode),
        lambda done, already: tell.update(done, already=already),
    )
    work.carry_out()
    return [film_ids[one] for one in work.found], work.vectors()[slice(None)]


class _FilesOfFilms:
    """Films read from their files when they are looked at: ``core.features.source.SizedFilms``."""

    def __init__(self, paths: Sequence[str], film_ids: Sequence[str], tell: Reporter) -> None:
        self._paths, self._film_ids, self._tell = paths, film_ids, tell
        self.shape = len(paths), STUDY_SIZE, STUDY_SIZE

    def __getitem__(self, place: int) -> np.ndarray | None:
        self._tell.check()
        path, film_id = self._paths[place], self._film_ids[place]
        try:
            film = decode_bytes(read_imported(path, film_id), Path(path).name).pixels
            return resize(film, STUDY_SIZE)
        except (FilmError, OSError):
            return None
