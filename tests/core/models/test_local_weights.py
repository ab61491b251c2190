"""A user's own file of weights: RadImageNet's are known, and no other is taken for one.

The files are made here as RadImageNet publishes its own: whole models of Keras's saved as HDF5.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from core.errors import InputError, WeightsMissingError
from core.models.build import backbone_hash, build_model
from core.models.local_weights import check_local_file, count_numbers
from core.models.preprocess import preprocess
from core.models.registry import NETWORKS, get_network
from core.models.weights import missing_message, published_as, resolve_weights
from core.prediction.loading import load_run
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.workspace import Workspace

DENSENET = get_network("densenet121")
FILES = {
    "inceptionresnetv2": "RadImageNet-IRV2_notop.h5",
    "resnet50": "RadImageNet-ResNet50_notop.h5",
    "densenet121": "RadImageNet-DenseNet121_notop.h5",
    "inceptionv3": "RadImageNet-InceptionV3_notop.h5",
}


def numbers_only(path: Path, count: int) -> Path:
    """A file that holds as many numbers, none of which is written; and an optimiser's."""
    with h5py.File(path, "w") as file:
        file.create_dataset("model_weights/conv1/conv1/kernel:0", (count - 64,), "f4")
        file.create_dataset("model_weights/conv1/conv1/bias:0", (64,), "f4")
        file.create_dataset("optimizer_weights/Adam/m", (count,), "f4")
    return path


def test_four_networks_have_such_files() -> None:
    found = {name: network.source(FILES.get(name, "")) for name, network in NETWORKS.items()}
    known = {name: source for name, source in found.items() if source}
    assert {name: source.file for name, source in known.items()} == FILES
    for name, source in known.items():
        assert source.learnt == "radimagenet"
        assert "RadImageNet" in source.citation
        network = get_network(name)
        path = f"/anywhere/{source.file}"
        for choice in ("model", "rescale"):  # also where the study's data set divides by 255
            assert network.preprocessing_for(choice, path) == "radimagenet"
        assert network.preprocessing_for("model", "/anywhere/mine.h5") == network.preprocessing


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_radimagenets_is_taken_for_its_own_network_only(
    name: str, tmp_path: Path
) -> None:
    network = get_network(name)
    assert network.frozen_params
    file = numbers_only(tmp_path / FILES[name], network.frozen_params)
    assert count_numbers(file) == network.frozen_params
    assert check_local_file(file, network) == file
    with pytest.raises(InputError, match=f"the weights of {network.title}, not of VGG16"):
        check_local_file(file, get_network("vgg16"))


def test_a_name_alone_makes_no_file_of_radimagenets(tmp_path: Path) -> None:
    network = get_network("resnet50")
    assert network.frozen_params
    short = numbers_only(tmp_path / FILES["resnet50"], network.frozen_params - 1)
    damaged = tmp_path / "RIN-ResNet50_notop.h5"
    damaged.write_bytes(short.read_bytes()[:900])
    for file in (short, damaged):
        with pytest.raises(InputError, match="does not hold the weights of ResNet50"):
            check_local_file(file, network)
    vgg16 = get_network("vgg16")
    assert vgg16.frozen_params
    strange = numbers_only(tmp_path / "RadImageNet-VGG16_notop.h5", vgg16.frozen_params)
    with pytest.raises(InputError, match="has published none of VGG16"):
        check_local_file(strange, vgg16)


def test_imagenets_file_is_not_radimagenets_whatever_its_name(tmp_path: Path) -> None:
    network = get_network("resnet50")
    assert network.frozen_params
    file = numbers_only(tmp_path / FILES["resnet50"], network.frozen_params)
    digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    photographs, *others = network.sources
    same = replace(network, sources=(replace(photographs, hash=digest), *others))
    with pytest.raises(InputError, match="know photographs, whatever its name says"):
        check_local_file(file, same)


def test_a_run_is_filled_from_it_and_prepares_films_for_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    saved = keras.applications.DenseNet121(
        include_top=False, weights=None, input_shape=(224, 224, 3), pooling="avg"
    )
    file = tmp_path / FILES["densenet121"]
    saved.save(file)
    with h5py.File(file, "r+") as content:
        # Arrays are all that is read: a description that could name code is not even looked at.
        assert "model_config" in content.attrs
        content.attrs["model_config"] = "{not JSON"
    run = RunSpec.build(dataset="d", model="densenet121", weights=str(file))
    assert resolve_weights(workspace, DENSENET, run) == file

    model = build_model(DENSENET, image_size=64, classes=2, dropout=0, weights=file, seed=1)
    expected = hashlib.sha256()
    for value in saved.get_weights():
        expected.update(np.ascontiguousarray(value).data)
    assert backbone_hash(model) == expected.hexdigest()

    films = np.array([[[0, 255], [127, 128]]], np.uint8)
    caffe = keras.applications.imagenet_utils.preprocess_input(
        np.repeat(films[..., np.newaxis], 3, axis=-1).astype(np.float32)
    )
    np.testing.assert_allclose(preprocess(films, "radimagenet"), caffe / 255, atol=1e-6)

    assert published_as(DENSENET, file.name) == "radimagenet"
    said = missing_message(workspace, DENSENET, "radimagenet")
    assert "Ask for them at https://github.com/BMEII-AI/RadImageNet" in said
    # The run's file has gone since: nothing else is taken for it.
    files = RunFiles(workspace.run_folder("run")).create()
    RunConfig(
        run_id="run", model="densenet121", classes=("a", "b"), image_size=64,
        preprocessing="radimagenet", dropout=0, seed=1, weights=str(tmp_path / "gone" / file.name),
        backbone_hash=backbone_hash(model),
    ).save(files.config)  # fmt: skip
    files.weights.write_bytes(b"never read")
    with pytest.raises(WeightsMissingError, match="Ask for them at"):
        load_run(workspace, "run")
