"""How long a training will take here: made-up measurements in, seconds out, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.models.registry import get_network
from core.runs import estimate as module
from core.runs.devices import Device, processor_name
from core.runs.estimate import (
    PlannedTraining,
    Span,
    TimeEstimate,
    estimate,
    one_after_another,
    stages,
)
from core.runs.outlook import outlook
from core.runs.pace import EACH, Pace, device_key, keep_pace, kept_paces
from core.specs import AugmentSpec, RunSpec
from core.store import RunState, Store
from core.workspace import Workspace
from tests.pages.runs import make_dataset

HERE, FILMS = "Made-up processor", {"train": 60, "validation": 20, "test": 20}


def work(model: str = "vgg16", size: int = 224, **spec: object) -> PlannedTraining:
    wanted = RunSpec.model_validate({"dataset": "d", "model": model, "epochs": 10} | spec)
    return PlannedTraining(wanted, get_network(model), FILMS, size, HERE)


def pace(model: str = "vgg16", size: int = 224, **more: object) -> Pace:
    told = {
        "network": model, "size": size, "device": HERE, "films": 100, "preparation": 8.0,
        "decode": 0.02, "features": 0.3, "training": 0.001, "evaluation": 0.5,
    }  # fmt: skip
    return Pace.model_validate(told | more)


def test_a_frozen_network_by_what_was_measured_of_it() -> None:
    # 8 s, 100 films read and looked at, 60 films in 10 epochs, and the end.
    found = estimate(work(), [pace()])
    assert found.measured
    assert found.seconds.high == pytest.approx(8 + 100 * 0.02 * 1.4 + 30 + 0.6 + 0.5)
    assert found.seconds.low == pytest.approx(8 + 100 * 0.02 * 0.7 + 30 + 0.6 + 0.5)
    assert found.is_sure
    assert stages(work(), [pace()])[module.FEATURES] == Span(30.0, 30.0)


def test_what_lies_ready_takes_no_time() -> None:
    ready = replace(work(), decoded=True, seen=True)
    assert estimate(ready, [pace()]).seconds == Span(*[pytest.approx(8 + 0.6 + 0.5)] * 2)


def test_folds_share_what_is_kept_of_the_films_unless_nothing_is_kept() -> None:
    once, kept = estimate(work(), [pace()]).seconds, estimate(work(), [pace()], 5).seconds
    assert kept.high - once.high == pytest.approx(4 * (8 + 0.6 + 0.5))
    afresh = estimate(work(cache=False), [pace()], 5).seconds
    assert afresh.high == pytest.approx(5 * once.high)


def test_the_middle_of_several_trainings_counts_and_another_computers_does_not() -> None:
    seconds = [0.1, 0.3, 5.0]
    found = stages(work(), [pace(features=one) for one in seconds])
    assert found[module.FEATURES] == Span(30.0, 30.0)
    elsewhere = estimate(work(), [pace(device="Another processor")])
    assert elsewhere == estimate(work(), [])
    assert not elsewhere.measured


def test_films_that_lay_ready_say_nothing_of_the_pace() -> None:
    found = stages(work(), [pace(), pace(features=None, decode=None)])
    assert found[module.FEATURES] == Span(30.0, 30.0)


def test_another_size_goes_by_the_number_of_pixels() -> None:
    found = estimate(work(size=112), [pace()])
    assert found.measured
    quarter = 100 * 0.3 / 4
    assert stages(work(size=112), [pace()])[module.FEATURES] == pytest.approx(
        Span(0.7 * quarter, 1.4 * quarter)
    )


def test_another_network_goes_by_what_it_computes() -> None:
    """DenseNet121 has 2.83 billion multiplications a film, VGG16 15.35."""
    found = stages(work("densenet121"), [pace()])[module.FEATURES]
    alike = 100 * 0.3 * 2.83 / 15.35
    assert found == pytest.approx(Span(0.4 * alike, 2.5 * alike))
    assert not estimate(work("densenet121"), [pace()]).measured


def test_before_any_measurement_there_is_an_honest_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cores", lambda: 2)
    found = estimate(work(), [])
    assert not found.measured
    assert not found.is_sure
    # 100 films of 15.35 billion multiplications at 2 × 60 and 2 × 3 billion a second.
    assert stages(work(), [])[module.FEATURES] == pytest.approx(Span(1535 / 120, 1535 / 6))
    gpu = estimate(replace(work(), on_gpu=True), [])
    assert gpu.seconds.high < found.seconds.high


def test_a_network_that_learns_as_a_whole() -> None:
    measured = pace("cnn", features=None, training=0.2, evaluation=4.0)
    found = stages(work("cnn"), [measured])
    assert found[module.FEATURES] == Span(0, 0)
    assert found[module.TRAINING] == Span(*[pytest.approx(120)] * 2)
    assert found[module.EVALUATING] == Span(*[pytest.approx(4.0)] * 2)
    # Another network's head says nothing of it, but how fast this computer is does: a film learnt
    # from is three looks at 5.68 billion multiplications.
    guessed = stages(work("cnn"), [pace()])[module.TRAINING]
    step = 3 * 5.68 * 0.3 / 15.35
    assert guessed == pytest.approx(Span(0.4 * 600 * step, 2.5 * 600 * step))


def test_a_head_is_as_quick_on_any_network() -> None:
    found = stages(work("densenet121"), [pace()])[module.TRAINING]
    assert found == pytest.approx(Span(0.7 * 0.6, 1.4 * 0.6))
    assert stages(work(), [])[module.TRAINING].high < 1


def test_fine_tuning_and_copies_are_counted() -> None:
    tuned = work(fine_tune=1, fine_tune_epochs=2)
    measured = pace(fine_tuning=0.9, blocks=1, evaluation=30.0)
    found = stages(tuned, [measured])
    assert found[module.FINE_TUNING] == Span(*[pytest.approx(60 * 2 * 0.9)] * 2)
    assert found[module.EVALUATING] == Span(*[pytest.approx(30)] * 2)
    assert stages(work(), [measured])[module.FINE_TUNING] == Span(0, 0)
    # Not measured yet: between a look at each film and learning with all of the network.
    guessed = stages(tuned, [pace()])[module.FINE_TUNING]
    assert guessed.low == pytest.approx(120 * 0.3)
    assert guessed.high > 3 * guessed.low

    copies = work(augment=AugmentSpec(), augmented_copies=2)
    assert stages(copies, [pace()])[module.FEATURES] == Span(*[pytest.approx(220 * 0.3)] * 2)


def test_several_networks_go_one_after_the_other() -> None:
    one, other = TimeEstimate(Span(1, 2), measured=True), TimeEstimate(Span(10, 20), measured=False)
    assert one_after_another([one, other]) == TimeEstimate(Span(11, 22), measured=False)


def test_the_newest_measurements_are_kept(workspace: Workspace) -> None:
    assert kept_paces(workspace).entries == ()
    for number in range(EACH + 2):
        keep_pace(workspace, pace(preparation=float(number)))
    keep_pace(workspace, pace("cnn"))
    kept = kept_paces(workspace).entries
    assert [one.preparation for one in kept] == [2.0, 3.0, 4.0, 5.0, 6.0, 8.0]
    workspace.paces.write_text("{")
    assert kept_paces(workspace).entries == ()


def test_what_few_trainings_measure_is_not_driven_out_by_those_that_do_not(
    workspace: Workspace,
) -> None:
    """Five folds go by the vectors of the first one."""
    keep_pace(workspace, pace(decode=0.2, features=0.5))
    for number in range(EACH + 2):
        keep_pace(workspace, pace(preparation=float(number), decode=None, features=None))
    kept = kept_paces(workspace).entries
    assert [one.features for one in kept] == [0.5, *[None] * EACH]
    for _ in range(EACH):
        keep_pace(workspace, pace(decode=0.2, features=0.1))
    kept = kept_paces(workspace).entries
    assert [one.features for one in kept] == [0.1] * EACH, "newer ones do"


def test_a_device_is_known_by_its_name() -> None:
    assert device_key("GPU 3 (NVIDIA H200)") == "NVIDIA H200"
    assert device_key("CPU") == processor_name()
    assert device_key("CPU (GPU 0 did not answer: out of order)") == processor_name()


def test_what_the_data_folder_holds_is_taken_into_account(phantom_store: Store) -> None:
    store = phantom_store
    make_dataset(store)
    dataset = store.datasets.get("tiny")
    here = [Device("cpu", HERE)]
    total = sum(sum(one.values()) for one in dataset.counts.values())
    keep_pace(store.workspace, pace(size=64))
    spec = RunSpec(dataset="tiny", model="vgg16", weights="random", epochs=10)

    def looks(*specs: RunSpec, decoded: bool = True) -> float:
        return outlook(store, dataset, specs, 1, here, lambda size: decoded).seconds.low

    fresh = looks(spec)
    assert fresh > total * 0.3
    assert looks(spec, decoded=False) == pytest.approx(fresh + total * 0.02 * 0.7)
    # Of two networks at one size, the first one reads the films.
    assert looks(spec, spec, decoded=False) == pytest.approx(2 * fresh + total * 0.02 * 0.7)

    run = store.runs.create(spec)
    store.runs.transition(run.run_id, RunState.DONE)
    assert looks(spec) == pytest.approx(fresh), "there are no vectors: somebody has cleared them"
    (store.workspace.feature_cache / "a.vectors").write_bytes(b"x")
    assert looks(spec) == pytest.approx(fresh - total * 0.3)
    assert looks(spec.changed(seed=1)) == pytest.approx(fresh), "other random weights"
    assert looks(spec.changed(cache=False)) > fresh
