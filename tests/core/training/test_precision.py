"""The choice of arithmetic, with made-up devices: this machine may offer one way only."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import Cancelled
from core.training import backend, precision
from core.training.precision import FLOAT32, Mode, Step, choose_mode, fastest, training_step

BFLOAT16 = Mode("mixed_bfloat16")


@pytest.fixture
def two_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "fast_policy", lambda: "mixed_bfloat16")
    monkeypatch.setattr(backend, "sees_gpu", lambda: False)


def small() -> keras.Model:
    film = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, name="convolution")(film)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(film, keras.layers.Dense(2, name="logits")(x))


def unheard() -> None:
    """Nobody asks for a stop."""


def never(way: Mode) -> Step:
    raise AssertionError("nothing needs to be tried")


def test_with_one_way_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "fast_policy", lambda: None)
    monkeypatch.setattr(backend, "sees_gpu", lambda: False)
    file = tmp_path / "speeds.json"
    assert choose_mode(file, "vgg16", 16, 8, never, unheard) == FLOAT32
    assert not file.exists()


@pytest.mark.usefixtures("two_ways")
def test_each_way_is_timed_once_a_network_and_device(tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    tried = []

    def step(way: Mode) -> Step:
        tried.append(way)
        return training_step(small(), way, np.zeros((8, 16, 16, 3), np.float32))

    chosen = choose_mode(file, "vgg16", 16, 8, step, unheard)
    assert tried == [BFLOAT16, FLOAT32]
    [(key, milliseconds)] = json.loads(file.read_text()).items()
    assert key.startswith("vgg16 16 ")
    assert set(milliseconds) == {"float32", "mixed_bfloat16"}
    assert min(milliseconds.values()) > 0
    assert chosen == fastest([FLOAT32, BFLOAT16], milliseconds)
    assert choose_mode(file, "vgg16", 16, 8, never, unheard) == chosen


@pytest.mark.usefixtures("two_ways")
def test_what_fails_is_left_out(tmp_path: Path) -> None:
    def step(way: Mode) -> Step:
        if way != FLOAT32:
            raise RuntimeError("no such instructions")
        return lambda: None

    assert choose_mode(tmp_path / "speeds.json", "cnn", 16, 8, step, unheard) == FLOAT32


@pytest.mark.usefixtures("two_ways")
def test_a_stop_is_heard_between_tries(tmp_path: Path) -> None:
    taken: list[Mode] = []

    def stop_after_two() -> None:
        if len(taken) == 2:
            raise Cancelled("Stopped at your request.")

    file = tmp_path / "speeds.json"
    with pytest.raises(Cancelled):
        choose_mode(file, "cnn", 16, 8, lambda way: lambda: taken.append(way), stop_after_two)
    assert taken == [BFLOAT16] * 2, "one that traces, and one that is timed"
    assert not file.exists()


@pytest.mark.usefixtures("two_ways")
def test_what_is_far_slower_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that only the steps move: one second for bfloat16, ten for float32."""
    now = [0.0]
    calls = {FLOAT32: 0, BFLOAT16: 0}
    monkeypatch.setattr("core.training.precision.time.perf_counter", lambda: now[0])

    def step(way: Mode) -> Step:
        def take() -> None:
            calls[way] += 1
            now[0] += 1 if way == BFLOAT16 else 10

        return take

    assert choose_mode(tmp_path / "speeds.json", "cnn", 16, 8, step, unheard) == BFLOAT16
    assert calls == {BFLOAT16: 1 + precision.TRIES, FLOAT32: 1 + 1}


def test_a_mode_changes_how_a_model_computes_and_not_its_weights() -> None:
    model = small()
    before = [np.asarray(one) for one in model.get_weights()]
    films = np.random.default_rng(0).random((2, 16, 16, 3), dtype=np.float32)
    exact = np.asarray(model(films))
    BFLOAT16.apply(model)
    convolution = model.get_layer("convolution")
    assert (convolution.compute_dtype, convolution.variable_dtype) == ("bfloat16", "float32")
    assert model.get_layer("pool").compute_dtype == "float32"
    rough = model(films)
    assert keras.backend.standardize_dtype(rough.dtype) == "float32"
    assert 0 < np.abs(np.asarray(rough) - exact).max() < 0.02
    FLOAT32.apply(model)
    assert (np.asarray(model(films)) == exact).all()
    assert all((old == new).all() for old, new in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("milliseconds", "best"),
    [
        ({"float32": 10.0, "mixed_bfloat16": 4.0}, BFLOAT16),
        ({"float32": 10.0, "mixed_bfloat16": 9.8}, FLOAT32),  # noise
        ({"float32": 4.0, "mixed_bfloat16": 10.0}, FLOAT32),
        ({"mixed_bfloat16": 10.0}, BFLOAT16),
        ({}, FLOAT32),
    ],
)
def test_float32_unless_another_is_clearly_faster(
    milliseconds: dict[str, float], best: Mode
) -> None:
    assert fastest([FLOAT32, BFLOAT16], milliseconds) == best


def test_a_mode_says_its_name() -> None:
    assert [FLOAT32.name, Mode("mixed_float16", xla=True).name] == [
        "float32", "mixed_float16 with XLA"
    ]  # fmt: skip


def test_candidates_of_this_machine_begin_with_float32() -> None:
    assert precision.candidates()[0] == FLOAT32
