"""Finished runs without training, and films: what prediction needs to be tested."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.training.artefacts import RunCard, RunFiles
from core.workspace import Workspace

MakeRun = Callable[..., RunCard]


def png(seed: int, side: int = 80) -> bytes:
    """A film as a file's content: smooth random shades."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6), dtype=np.uint8)
    film = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
    buffer = BytesIO()
    film.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def make_run(workspace: Workspace) -> MakeRun:
    """Writes the files of a finished run whose head has its first, random weights."""

    def make(run_id: str, model: str = "cnn", *, seed: int = 0, **changes: object) -> RunCard:
        from core.models.build import backbone_hash, build_model, save_head
        from core.models.registry import preprocessing_kind

        built = build_model(
            model, image_size=32, classes=2, dropout=0.3, weights="random", seed=seed
        )
        fields = {
            "run_id": run_id,
            "model": model,
            "classes": ("covid", "healthy"),
            "image_size": 32,
            "preprocessing": preprocessing_kind(model, "model"),
            "dropout": 0.3,
            "seed": seed,
            "weights": "random",
            "backbone_hash": backbone_hash(built),
            **changes,
        }
        card = RunCard(**fields)  # type: ignore[arg-type]
        files = RunFiles(workspace.run_folder(run_id)).create()
        save_head(built, files.weights)
        card.save(files.card)
        return card

    return make
