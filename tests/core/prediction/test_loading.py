"""A run comes back from its files exactly, or says in plain words why not."""

from __future__ import annotations

from importlib import import_module

import keras
import numpy as np
import pytest

from core.errors import NotFoundError, PredictionError, ThoraxLensError, WeightsMissingError
from core.models.build import build_model
from core.models.preprocess import preprocess
from core.models.registry import get_network
from core.prediction.loading import load_run
from core.runs.files import RunFiles
from core.workspace import Workspace
from tests.core.prediction.conftest import MakeRun

FILMS = np.random.default_rng(0).integers(0, 255, (3, 32, 32), dtype=np.uint8)


@pytest.mark.parametrize("model", ["cnn", "vgg16"])
def test_a_run_answers_as_its_model_did(
    workspace: Workspace, make_run: MakeRun, model: str
) -> None:
    card = make_run("20260101-000000-aaaa", model, seed=4)
    original = build_model(
        get_network(model), image_size=32, classes=2, dropout=0.3, weights="random", seed=4
    )
    logits = original(preprocess(FILMS, card.preprocessing), training=False)
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    probabilities, heats = load_run(workspace, card.run_id).classify(FILMS)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert heats.shape[0] == 3
    assert heats.dtype == probabilities.dtype == np.float32


def test_another_backbone_is_noticed(workspace: Workspace, make_run: MakeRun) -> None:
    make_run("run", "vgg16", backbone_hash="0" * 64)
    with pytest.raises(PredictionError, match="trained on other vgg16 weights"):
        load_run(workspace, "run")


def test_pretrained_weights_that_went_away(
    workspace: Workspace,
    make_run: MakeRun,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: object,
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    make_run("run", "vgg16", weights="/gone/vgg16.h5")
    with pytest.raises(WeightsMissingError, match="not on this machine"):
        load_run(workspace, "run")


def test_a_backbone_file_that_moved_is_found_by_its_hash(
    workspace: Workspace, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """The data folder was moved: the path in the card is old, the file lies in weights/."""
    from core.models.build import last_feature_layer

    model = build_model(
        get_network("vgg16"), image_size=32, classes=2, dropout=0, weights="random", seed=9
    )
    backbone = keras.Model(model.input, model.get_layer(last_feature_layer(model)).output)
    file = workspace.weights / get_network("vgg16").sources[0].file
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    h5py = import_module("h5py")
    with h5py.File(file, "w") as group:
        save_weights_to_hdf5_group(group, backbone)
    make_run("run", "vgg16", seed=9, weights="/old/place.h5")
    assert load_run(workspace, "run").classify(FILMS)[0].shape == (3, 2)


def test_a_run_without_files_is_not_found(workspace: Workspace, make_run: MakeRun) -> None:
    make_run("run")
    RunFiles(workspace.run_folder("run")).weights.unlink()
    for run_id in ("run", "never", "../runs/run", "/etc", ".."):
        with pytest.raises(NotFoundError, match="no model to classify with"):
            load_run(workspace, run_id)


def test_damaged_files_are_told(workspace: Workspace, make_run: MakeRun) -> None:
    make_run("run")
    files = RunFiles(workspace.run_folder("run"))
    files.weights.write_bytes(files.weights.read_bytes()[:1000])
    with pytest.raises(ThoraxLensError, match="do not fit"):
        load_run(workspace, "run")
    files.config.write_text("{")
    with pytest.raises(NotFoundError, match="cannot be read"):
        load_run(workspace, "run")
