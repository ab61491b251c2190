"""The form for new runs: networks, ways, fields, and what starting queues."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.models.registry import NETWORKS, get_network
from core.people.asking import asks
from core.people.roles import Deed
from core.runs import launcher
from core.runs.devices import Device, processor_name
from core.runs.pace import Pace, keep_pace
from core.specs import AugmentSpec, RepeatSpec, RunSpec
from core.store import Run, Store
from core.workspace import RAY_VARIABLE
from pages.components.training import run_form
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import make_dataset, make_run
from tests.pages.train_page.clicking import click, labels, open_form


def test_without_a_data_set_the_page_points_to_prepare(phantom_store: Store) -> None:
    app = open_app("train")
    assert "no data set to train on" in everything_said(app)
    assert [one.key for one in app.button] == ["theme_changed"], "nothing to press on the page"


def test_a_link_names_the_data_set_to_train_on(tiny: Store) -> None:
    make_dataset(tiny, "older")
    make_run(tiny, "training")  # work under way would show the list
    for name in ("tiny", "older"):
        app = open_app("train", dataset=name)
        assert app.selectbox("new_dataset").value == name
    app.selectbox("new_dataset").set_value("tiny").run()
    assert app.selectbox("new_dataset").value == "tiny", "the address must not win again"


def test_the_form_holds_the_studys_settings(tiny: Store) -> None:
    app = open_app("train")
    assert app.selectbox("new_dataset").value == "tiny"
    assert app.number_input("new_epochs").value == 50
    assert app.number_input("new_batch_size").value == 32
    assert app.selectbox("new_optimizer").value == "nadam"
    assert app.toggle("new_augment").value is True
    assert app.slider("new_augment_rotation").value == AugmentSpec().rotation
    assert app.selectbox("new_device").options[0].startswith("Automatic")
    assert app.radio("new_way").value == "study"


def test_a_way_is_nothing_but_settings(tiny: Store) -> None:
    app = open_form()
    app.radio("new_way").set_value("quick").run()
    assert app.number_input("new_epochs").value == 15
    assert app.number_input("new_image_size").value is None, "the films are small already"
    app.radio("new_way").set_value("careful").run()
    assert app.number_input("new_epochs").value == 50
    assert app.segmented_control("new_repeats").value == "folds"
    assert app.number_input("new_repeat_count").value == 5
    assert "Start 5 runs" in labels(app)
    # What is changed by hand is nobody's way, until it is changed back or a way is chosen.
    app.segmented_control("new_repeats").set_value("once").run()
    assert app.radio("new_way").value == "study"
    app.selectbox("new_optimizer").set_value("sgd").run()
    assert app.radio("new_way").value is None
    assert "settings of your own" in everything_said(app)
    app.radio("new_way").set_value("quick").run()
    assert app.selectbox("new_optimizer").value == "nadam"
    assert "settings of your own" not in everything_said(app)
    # What learns, and where, is no matter of the way.
    app.number_input("new_seed").set_value(7).run()
    assert app.radio("new_way").value == "quick"
    click(app, "new_start")
    [run] = tiny.runs.queued()
    assert (run.spec.epochs, run.spec.image_size, run.spec.seed) == (15, None, 7)


def test_a_way_follows_the_data_set_and_a_duplicate_does_not(tiny: Store) -> None:
    make_dataset(tiny, "large", size=224)
    app = open_app("train", dataset="tiny")
    app.radio("new_way").set_value("quick").run()
    app.selectbox("new_dataset").set_value("large").run()
    assert app.number_input("new_image_size").value == 128
    assert app.radio("new_way").value == "quick"
    assert "made 128 pixels small" in "".join(app.radio("new_way").proto.captions)
    app.selectbox("new_dataset").set_value("tiny").run()
    assert app.number_input("new_image_size").value is None
    run = make_run(tiny, "failed", spec={"image_size": 96, "dataset": "large"})
    app = click(open_app("train", run=run.run_id), f"duplicate_{run.run_id}")
    assert app.radio("new_way").value is None
    app.selectbox("new_dataset").set_value("tiny").run()
    assert app.number_input("new_image_size").value == 96


def test_each_way_says_how_long_it_takes_here(tiny: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_form()
    assert app.radio("new_way").proto.captions[0].startswith("**Roughly ")
    assert "these times are guesses" in everything_said(app)
    device = processor_name()
    keep_pace(
        tiny.workspace,
        Pace(network="cnn", size=64, device=device, films=120, preparation=10, training=0.5,
             decode=0, evaluation=10),
    )  # fmt: skip
    app.run()
    # 10 s to begin with, 24 films 15, 50 and five times 50 times half a second each, and the end.
    told = [one.split("**")[1] for one in app.radio("new_way").proto.captions]
    assert told == ["About 3 min.", "About 10 min.", "About 50 min."]
    said = everything_said(app)
    assert "guess" not in said
    assert "Takes about 10 min on this computer. You can close" in said
    make_run(tiny, "training")
    app.run()
    assert "on this computer, after the run that came before" in everything_said(app)
    monkeypatch.setenv(RAY_VARIABLE, "127.0.0.1:1")
    app.run()
    said = everything_said(app)
    assert "Takes about 10 min on one computer like this, after the run that came before; " in said
    assert "the machines of the cluster share the work. You can close" in said


def test_where_some_times_were_measured_the_guess_alone_is_called_one(
    tiny: Store,
) -> None:
    make_dataset(tiny, "large", size=160)
    keep_pace(
        tiny.workspace,
        Pace(network="cnn", size=160, device=processor_name(), films=120, preparation=10,
             training=0.5, decode=None, evaluation=10),
    )  # fmt: skip
    app = open_app("train", dataset="large")
    app.checkbox("new_model_cnn").check().run()
    app.checkbox("new_model_efficientnetlite0").uncheck().run()
    quick, study, _ = (one.split("**")[1] for one in app.radio("new_way").proto.captions)
    assert quick.startswith("Roughly ")
    assert study.startswith("About ")
    said = everything_said(app)
    assert "A time that says “roughly” is a guess" in said
    assert "these times are guesses" not in said


def test_too_few_patients_are_said_where_folds_are_offered(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.datasets.folds.most_folds", lambda members, wanted: 0)
    run_form._folds.clear()
    app = open_form()
    assert "too few patients" in app.radio("new_way").proto.captions[2]
    run_form._folds.clear()


def test_the_first_choice_has_learnt_before_and_the_cnn_is_one_click_away(tiny: Store) -> None:
    app = open_app("train")
    ticked = [one.key for one in app.checkbox if one.value]
    assert ticked == ["new_model_efficientnetlite0"]
    assert "EfficientNetLite0: the weights are on this computer" in everything_said(app)
    app.checkbox("new_model_cnn").check().run()
    click(app, "new_start")
    runs = {run.spec.model: run.spec.weights for run in tiny.runs.queued()}
    assert runs == {"cnn": "random", "efficientnetlite0": "imagenet"}


def test_each_network_tells_its_size_for_this_data_set(tiny: Store) -> None:
    app = open_app("train")
    cards = {*list(NETWORKS)[:4], "efficientnetlite0"}
    more = [name for name in NETWORKS if name not in cards]
    assert app.multiselect("new_more_models").value == []
    assert len(app.multiselect("new_more_models").options) == len(more) == 25
    said = everything_said(app)
    assert "DenseNet121" not in said  # chosen first, told then
    app.multiselect("new_more_models").set_value(more).run()
    assert not app.exception
    said = everything_said(app)
    for name, model in NETWORKS.items():
        if model.min_image_size <= 64:
            counts = get_network(name).counts(64, 2)
            assert f"**{counts.total:,}** parameters" in said
            assert f"**{counts.trainable:,}** of them trainable" in said
    assert "InceptionResNetV2 needs films of at least 75 pixels" in said
    assert "Xception needs films of at least 71 pixels" in said


def test_more_networks_start_beside_the_studys(tiny: Store) -> None:
    app = open_form()
    app.multiselect("new_more_models").set_value(["xception", "resnet50", "densenet121"]).run()
    app.radio("new_weights").set_value("random").run()
    assert "Start 3 runs" in labels(app)  # Xception does not take films this small
    click(app, "new_start")
    runs = tiny.runs.queued()
    assert sorted(run.spec.model for run in runs) == ["cnn", "densenet121", "resnet50"]


def test_a_duplicate_chooses_a_network_that_the_study_did_not_use(tiny: Store) -> None:
    run = make_run(tiny, "failed", spec={"model": "resnet50"})
    app = click(open_app("train", run=run.run_id), f"duplicate_{run.run_id}")
    assert app.multiselect("new_more_models").value == ["resnet50"]
    assert not app.checkbox("new_model_cnn").value
    click(app, "new_start")
    assert [one.spec.model for one in tiny.runs.queued()] == ["resnet50"]


def test_starting_queues_one_run_a_network_and_opens_the_first(tiny: Store) -> None:
    app = open_form()
    app.checkbox("new_model_vgg16").check().run()
    app.radio("new_weights").set_value("random").run()
    app.number_input("new_epochs").set_value(7).run()
    app.toggle("new_early").set_value(True).run()
    app.number_input("new_patience").set_value(4).run()
    app.toggle("new_augment").set_value(False).run()
    assert "Start 2 runs" in labels(app)
    click(app, "new_start")
    runs = tiny.runs.queued()
    assert sorted(run.spec.model for run in runs) == ["cnn", "vgg16"]
    for run in runs:
        assert run.spec.epochs == 7
        assert run.spec.early_stopping == 4
        assert run.spec.augment is None
        assert run.spec.weights == "random"
    assert app.query_params["run"] == runs[0].run_id
    rows = [one for one in labels(app) if "Waiting for its turn" in one]
    assert [one.rsplit(", ", 1)[1] for one in rows] == ["number 2 in the line", "next"]


def test_what_a_person_chose_stays_chosen(tiny: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tiny.workspace.root / "no-cache"))
    app = open_form()
    app.checkbox("new_model_efficientnetlite0").check().run()
    assert app.radio("new_weights").value == "imagenet", "installed with ThoraxLens"
    app.checkbox("new_model_vgg16").check().run()
    assert app.radio("new_weights").value == "random"
    app.radio("new_weights").set_value("imagenet").run()
    app.checkbox("new_model_nasnetlarge").check().run()
    assert app.radio("new_weights").value == "imagenet"
    assert "needs a download of 399 MB" in app.radio("new_weights").options[1]


def test_a_run_that_cannot_start_does_not_hold_back_the_others(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asks(Deed.TRAIN)
    def launch(store: Store, spec: RunSpec) -> Run:
        if spec.model == "vgg16":
            raise InputError("There is no room for it.")
        return store.runs.create(spec)

    monkeypatch.setattr(launcher, "launch", launch)
    app = open_form()
    app.checkbox("new_model_vgg16").check().run()
    click(app, "new_start")
    assert [run.spec.model for run in tiny.runs.all()] == ["cnn"]
    assert app.error[0].value == "VGG16 was not started. There is no room for it."


def test_devices_are_offered_with_their_memory(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = [Device("gpu:0", "H200", 141 * 2**30, 100 * 2**30), Device("cpu", "Xeon")]
    monkeypatch.setattr("pages.components.training.fields.list_devices", lambda: devices)
    app = open_app("train")
    assert app.selectbox("new_device").options[1:] == [
        "GPU 0: H200 (141 GB, 100 GB free)",
        "CPU: Xeon",
    ]


def test_on_a_cluster_no_device_of_this_computer_is_offered(
    tiny: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = [Device("gpu:0", "H200", 141 * 2**30, 100 * 2**30), Device("cpu", "Xeon")]
    monkeypatch.setattr("pages.components.training.fields.list_devices", lambda: devices)
    app = open_app("train")
    app.selectbox("new_device").set_value("gpu:0").run()
    monkeypatch.setenv(RAY_VARIABLE, "127.0.0.1:1")
    app.run()
    device = app.selectbox("new_device")
    assert device.value == "auto"
    assert device.options == [
        "Automatic (a GPU if a machine of the cluster has one)",
        "CPU: processors of the cluster's machines only",
    ]
    device.set_value("cpu").run()
    click(app, "new_start")
    assert {run.spec.device for run in tiny.runs.all()} == {"cpu"}


def test_a_duplicate_fills_the_form_with_the_runs_settings(tiny: Store) -> None:
    spec = {
        "model": "vgg16",
        "epochs": 9,
        "optimizer": "sgd",
        "augment": AugmentSpec(rotation=33, vertical_flip=True),
        "early_stopping": 6,
        "preprocessing": "rescale",
        "image_size": 96,
        "seed": 5,
        "schedule": "cosine",
        "find_learning_rate": True,
        "augmented_copies": 3,
        "fine_tune": 2,
        "fine_tune_epochs": 4,
        "fine_tune_learning_rate": 2e-5,
        "cache": False,
        "repeat": RepeatSpec(group="g", kind="seeds", index=1, count=2),
    }
    run = make_run(tiny, "failed", spec=spec)
    app = click(open_app("train", run=run.run_id), f"duplicate_{run.run_id}")
    assert app.checkbox("new_model_vgg16").value
    assert not app.checkbox("new_model_cnn").value
    assert app.slider("new_augment_rotation").value == 33
    click(app, "new_start")
    copy = tiny.runs.queued()[0]
    assert copy.spec == run.spec.changed(repeat=None), "one new run, no repeat"


def test_repeats_are_queued_for_each_network_with_what_fits_it(tiny: Store) -> None:
    app = open_form()
    app.checkbox("new_model_vgg16").check().run()
    app.radio("new_weights").set_value("random").run()
    app.number_input("new_fine_tune").set_value(2).run()
    app.number_input("new_fine_tune_epochs").set_value(6).run()
    app.selectbox("new_schedule").set_value("cosine").run()
    app.segmented_control("new_repeats").set_value("seeds").run()
    app.number_input("new_repeat_count").set_value(3).run()
    assert "Start 6 runs" in labels(app)
    click(app, "new_start")
    runs = tiny.runs.queued()
    assert [(run.spec.model, run.repeat) for run in runs] == [
        (model, f"seed {number} of 3") for model in ("cnn", "vgg16") for number in (1, 2, 3)
    ]
    tuned = {run.spec.model: (run.spec.fine_tune, run.spec.fine_tune_epochs) for run in runs}
    assert tuned == {"cnn": (0, 10), "vgg16": (2, 6)}, "all of the CNN learns anyway"
    assert {run.spec.schedule for run in runs} == {"cosine"}
    said = everything_said(app)
    assert "seed 1 of 3" in said
    assert "0 of 3 finished" in said
    click(app, f"stop_all_{runs[0].run_id}")
    assert [run.spec.model for run in tiny.runs.queued()] == ["vgg16"] * 3


def test_folds_that_cannot_be_made_are_refused_before_anything_is_queued(tiny: Store) -> None:
    app = open_form()
    app.segmented_control("new_repeats").set_value("folds").run()
    assert any("each film is tested once" in one.value for one in app.caption)
    app.number_input("new_repeat_count").set_value(20).run()
    click(app, "new_start")
    assert "20 folds need at least 20" in app.error[0].value
    assert tiny.runs.all() == []


def test_fields_of_pretrained_networks_wait_for_one(tiny: Store) -> None:
    app = open_form()
    for name in ("fine_tune", "fine_tune_epochs", "fine_tune_learning_rate", "augmented_copies"):
        assert app.number_input(f"new_{name}").disabled
    app.checkbox("new_model_vgg16").check().run()
    assert not app.number_input("new_fine_tune").disabled
    assert not app.number_input("new_augmented_copies").disabled
    assert app.number_input("new_fine_tune_epochs").disabled, "none of it without a block"


def test_whose_films_they_are_may_be_learnt_later(tiny: Store) -> None:
    app = open_form()
    assert "Not with this data set" not in "".join(app.radio("new_way").proto.captions)
    with tiny.database.work(write=True) as work:
        work.execute("UPDATE films SET patient = finding")
        work.execute("UPDATE catalogue_version SET number = number + 1")
    app.run()
    assert "Not with this data set" in "".join(app.radio("new_way").proto.captions)
