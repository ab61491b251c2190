"""Weights that PyTorch itself saved, against PyTorch (make test-backends)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from core.models.build import build_model, feature_model
from core.models.preprocess import preprocess
from core.models.registry import get_network
from core.models.torch_files import read_module, read_state_dict

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"
)
SIZE = 96


@pytest.mark.parametrize("zipped", [True, False], ids=["today's container", "the old one"])
def test_a_whole_network_of_one_grey_channel_sees_what_pytorch_sees(
    zipped: bool, tmp_path: Path
) -> None:
    """Saved as an object, as TorchXRayVision's are; films between -1024 and 1024."""
    import torch

    from tests.contracts.torch_densenet import drawn

    theirs = drawn(seed=3)
    file = tmp_path / "model.pt"
    torch.save(theirs, file, _use_new_zipfile_serialization=zipped)
    network = get_network("densenet121")
    ours = build_model(network, image_size=SIZE, classes=2, dropout=0.3, weights=file, seed=0)
    films = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE), dtype=np.uint8)
    chest = network.source("chest")
    assert chest is not None
    inputs = preprocess(films, chest.preprocessing)
    assert inputs.min() >= -1024
    assert inputs.max() <= 1024
    with torch.no_grad():
        wanted = theirs.vectors(torch.from_numpy(inputs[..., :1].transpose(0, 3, 1, 2))).numpy()
    found = keras.ops.convert_to_numpy(feature_model(ours)(inputs, training=False))
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(found / scale, wanted / scale, atol=1e-3)
    assert np.ptp(wanted) > 0


@pytest.mark.parametrize("zipped", [True, False], ids=["today's container", "the old one"])
def test_a_state_dict_comes_back_to_the_last_bit(zipped: bool, tmp_path: Path) -> None:
    import torch

    from tests.contracts.torch_densenet import drawn

    state = drawn(seed=4).state_dict()
    state["last"] = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    state["half"] = torch.randn(7).to(torch.bfloat16)
    file = tmp_path / "state.pth"
    torch.save(state, file, _use_new_zipfile_serialization=zipped)
    for read in (read_state_dict, read_module):
        found = read(file)
        assert list(found) == list(state)
        for name, value in state.items():
            np.testing.assert_array_equal(found[name], value.float().numpy())
