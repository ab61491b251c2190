"""Finished runs without training, and films: what prediction needs to be tested."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.datasets.phantom import draw
from core.evaluation.predictions import Predictions
from core.images.decode import film_id_of
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.workspace import Workspace

MakeRun = Callable[..., RunConfig]


def png(seed: int, side: int = 80) -> bytes:
    """An artificial film as a file's content: anything else would be refused."""
    return saved(draw(seed, covid_like=seed % 2 == 0, size=side).pixels)


def saved(pixels: np.ndarray) -> bytes:
    """A picture as a file's content."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def learnt(workspace: Workspace, run_id: str, seeds: Iterable[int]) -> list[str]:
    """Let a run have learnt from the films ``png(seed)``; returns their ids."""
    contents = [png(seed) for seed in seeds]
    ids = [film_id_of(content) for content in contents]
    for film_id, content in zip(ids, contents, strict=True):
        place = workspace.thumbnail(film_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.open(BytesIO(content)).save(place, "JPEG")
    truth = np.array([seed % 2 for seed in seeds])
    splits = np.full(len(ids), "train")
    shares = np.full((len(ids), 2), 0.5)
    predictions = Predictions(("covid", "healthy"), np.array(ids), splits, truth, shares)
    predictions.save(RunFiles(workspace.run_folder(run_id)).predictions)
    return ids


@pytest.fixture
def make_run(workspace: Workspace) -> MakeRun:
    """Writes the files of a finished run whose head has its first, random weights."""

    def make(
        run_id: str,
        model: str = "cnn",
        *,
        seed: int = 0,
        classes: tuple[str, ...] = ("covid", "healthy"),
        **changes: object,
    ) -> RunConfig:
        from core.models.build import backbone_hash, build_model, save_head
        from core.models.registry import get_network

        built = build_model(
            get_network(model), image_size=32, classes=len(classes), dropout=0.3, weights="random",
            seed=seed,
        )  # fmt: skip
        fields = {
            "run_id": run_id,
            "model": model,
            "classes": classes,
            "image_size": 32,
            "preprocessing": get_network(model).preprocessing_for("model"),
            "dropout": 0.3,
            "seed": seed,
            "weights": "random",
            "backbone_hash": backbone_hash(built),
            **changes,
        }
        card = RunConfig(**fields)
        files = RunFiles(workspace.run_folder(run_id)).create()
        save_head(built, files.weights)
        card.save(files.config)
        return card

    return make
