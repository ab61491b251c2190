"""The network as ONNX: another program gives the same answers."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation.decision import decision_of
from core.evaluation.operating_point import OperatingPoint
from core.models.build import backbone_hash, build_model, save_head
from core.models.registry import get_network
from core.prediction.loading import load_run
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.store import Store
from core.travel import onnx_process

RUN, SIZE = "20260101-000000-abcd", 32


@pytest.mark.parametrize(
    ("name", "spread"),
    [("cnn", 500), pytest.param("efficientnetlite0", 1, marks=pytest.mark.large)],
)
def test_another_program_gives_the_same_answers(store: Store, name: str, spread: float) -> None:
    """EfficientNetLite0: constants of its own normalisation are what a conversion may lose."""
    from core.travel.onnx_file import network_onnx

    runtime = importlib.import_module("onnxruntime")
    network = get_network(name)
    model = build_model(network, image_size=SIZE, classes=2, dropout=0.3, weights="random", seed=3)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * spread, bias])  # one that leans to a side
    files = RunFiles(store.workspace.run_folder(RUN)).create()
    save_head(model, files.weights)
    RunConfig(
        run_id=RUN,
        model=network.name,
        classes=("größer", "healthy"),
        image_size=SIZE,
        preprocessing=network.preprocessing_for("model"),
        dropout=0.3,
        seed=3,
        weights="random",
        backbone_hash=backbone_hash(model),
    ).save(files.config)
    point = OperatingPoint(
        positive="größer",
        target_sensitivity=0.95,
        threshold=0.35,
        not_sure=(0.3, 0.5),
        temperature=2.5,
    )
    point.save(files.operating_point)
    films = np.random.default_rng(1).integers(0, 256, (3, SIZE, SIZE), dtype=np.uint8)
    films[1] //= 4
    ours, _ = load_run(store.workspace, RUN).classify(films)

    session = runtime.InferenceSession(network_onnx(store.workspace, RUN))
    assert [(one.name, one.type) for one in session.get_inputs()] == [("films", "tensor(uint8)")]
    theirs, calibrated = session.run(["probabilities", "calibrated"], {"films": films})
    assert np.abs(ours - theirs).max() < 1e-3
    assert np.ptp(ours[:, 0]) > 0.01, "the films differ, so equal answers say something"
    wanted = decision_of(files, ("größer", "healthy")).probabilities(ours)
    assert np.abs(wanted - calibrated).max() < 1e-3
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["classes"]) == ["größer", "healthy"]
    assert (float(said["threshold"]), float(said["temperature"])) == (0.35, 2.5)
    assert json.loads(said["not_sure"]) == [0.3, 0.5]
    assert int(said["image_size"]) == SIZE


def test_what_is_to_be_installed_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_process, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install -r requirements-export.txt"):
        onnx_process.made_onnx(store, RUN)
