"""A finished run as something that classifies films [K]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from core.errors import NotFoundError, PredictionError, WeightsMissingError
from core.explain.keras_cam import BEST, CamModel, Heats, Slopes
from core.models.build import backbone_hash, build_model, load_head
from core.models.network import Network
from core.models.preprocess import preprocess
from core.models.registry import get_network
from core.models.weights import find_again, missing_again
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.statistics.softmax import softmax
from core.store.records import damaged_file
from core.training.fine_tuning import load_tuned
from core.workspace import Workspace


@dataclass(frozen=True)
class NetworkOutput:
    """``probabilities``: float32 (n, k), as the network gives them. ``explain``: class indices
    int (n,) → the heats of these classes."""

    probabilities: np.ndarray
    explain: Callable[[np.ndarray], Heats]


class LoadedRun:
    """One run's model, ready to classify and to explain."""

    def __init__(self, card: RunConfig, cam: CamModel) -> None:
        self.card = card
        self._cam = cam

    def classify(
        self, pixels: np.ndarray, class_index: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Films uint8 (n, S, S) → probabilities (n, k), heats (n, h, w).

        Both float32 in [0, 1]. S is the card's image size; a heat belongs to the class, or to
        the film's most probable one, and has the size of the model's last feature map.
        """
        chosen = np.full(len(pixels), BEST if class_index is None else class_index)
        found = self._cam.heats(self._features(pixels), chosen)
        return softmax(found.logits).astype(np.float32), found.heats

    def predict(self, pixels: np.ndarray) -> NetworkOutput:
        """Films uint8 (n, S, S) → what the network makes of them, to be explained after it is
        known which class each is called."""
        features = self._features(pixels)
        positive = self._cam.heats(features, np.zeros(len(pixels)))

        def explain(chosen: np.ndarray) -> Heats:
            return self._cam.heats(features, chosen) if np.any(chosen) else positive

        return NetworkOutput(softmax(positive.logits).astype(np.float32), explain)

    def slopes(self, pixels: np.ndarray) -> list[Slopes]:
        """Films uint8 (n, S, S) → for each class in order, what heats by any gradient method come
        from; the long part of the work is done once."""
        features = self._features(pixels)
        wanted = range(len(self.card.classes))
        return [self._cam.slopes(features, np.full(len(pixels), index)) for index in wanted]

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """Films uint8 (n, S, S) → probabilities float32 (n, k), as the network gives them."""
        logits = self._cam.logits(preprocess(pixels, self.card.preprocessing))
        return softmax(logits).astype(np.float32)

    def _features(self, pixels: np.ndarray) -> Any:
        return self._cam.features(preprocess(pixels, self.card.preprocessing))


def run_files(workspace: Workspace, run_id: str) -> RunFiles:
    """The files of a run that left a model. Raises NotFoundError, also for an id with
    a path in it: ids come from addresses."""
    files = RunFiles(workspace.run_folder(run_id))
    if files.folder.parent != workspace.runs or not files.weights.is_file():
        raise NotFoundError(
            f"The run {run_id} has no model to classify with. It may not be finished, or it "
            "was deleted; the Train page lists the runs."
        )
    return files


def load_run(workspace: Workspace, run_id: str, *, heat_layer: str | None = None) -> LoadedRun:
    """Rebuild the run's network and fill in what it learnt; seconds to half a minute.

    ``heat_layer``: the feature map that heats are taken from, by default the last one.
    Raises what ``load_network`` raises.
    """
    card, model = load_network(workspace, run_id)
    return LoadedRun(card, CamModel(model, heat_layer))


def load_network(workspace: Workspace, run_id: str) -> tuple[RunConfig, keras.Model]:
    """What the run's network is, and the network itself: preprocessed films float32 (n, S, S, 3)
    → logits float32 (n, k).

    Raises NotFoundError without its files, WeightsMissingError without its backbone's
    weights, PredictionError when the backbone is not the one it was trained on.
    """
    files = run_files(workspace, run_id)
    changed = damaged_file(files.folder)
    if changed is not None:
        raise PredictionError(
            f"{changed.name} of the run {run_id} is not what it was when the run ended: it was "
            f"damaged on the disk or replaced ({changed}). Put a copy of it back, or train the "
            "run again."
        )
    card = RunConfig.load(files.config)
    network = get_network(card.model)
    model = build_model(
        network,
        image_size=card.image_size,
        classes=len(card.classes),
        dropout=card.dropout,
        weights=_backbone_weights(workspace, network, card),
        seed=card.seed,
        form=card.head_form,
    )
    if backbone_hash(model) != card.backbone_hash:
        raise PredictionError(
            f"The run {run_id} was trained on other {card.model} weights than those that are "
            "here now, so its answers would mean nothing. Put the old weights back, or "
            "train the run again."
        )
    if card.fine_tune:
        load_tuned(model, network.last_blocks(card.fine_tune), files.tuned)
    load_head(model, files.weights)
    return card, model


def _backbone_weights(
    workspace: Workspace, network: Network, card: RunConfig
) -> Literal["random"] | Path:
    if card.weights == "random" or not card.backbone_hash:
        return "random"
    found = find_again(workspace, network, card.weights)
    if found is None:
        raise WeightsMissingError(missing_again(workspace, network, card.weights))
    return found
