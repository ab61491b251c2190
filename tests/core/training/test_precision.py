"""The choice of arithmetic, with made-up devices: this machine may offer one way only."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from core.training import backend, precision
from core.training.precision import FLOAT32, Mode, choose, fastest

BFLOAT16 = Mode("mixed_bfloat16")


def small() -> keras.Model:
    film = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3)(film)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(film, keras.layers.Dense(2, dtype="float32")(x))


def never() -> keras.Model:
    raise AssertionError("nothing needs to be built")


def test_with_one_way_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "fast_policy", lambda: None)
    monkeypatch.setattr(backend, "sees_gpu", lambda: False)
    file = tmp_path / "speeds.json"
    assert choose(file, "vgg16", 16, never, trains=False) == FLOAT32
    assert not file.exists()


@pytest.mark.parametrize("trains", [True, False])
def test_each_way_is_timed_once_a_network_and_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trains: bool
) -> None:
    monkeypatch.setattr(backend, "fast_policy", lambda: "mixed_bfloat16")
    monkeypatch.setattr(backend, "sees_gpu", lambda: False)
    file = tmp_path / "speeds.json"
    policies = []

    def build() -> keras.Model:
        policies.append(keras.config.dtype_policy().name)
        return small()

    chosen = choose(file, "vgg16", 16, build, trains=trains)
    assert policies == ["float32", "mixed_bfloat16"]
    assert keras.config.dtype_policy().name == "float32", "left as it was"
    [(key, milliseconds)] = json.loads(file.read_text()).items()
    assert key.startswith("vgg16 16 ")
    assert set(milliseconds) == {"float32", "mixed_bfloat16"}
    assert min(milliseconds.values()) > 0
    assert chosen == fastest([FLOAT32, BFLOAT16], milliseconds)
    assert choose(file, "vgg16", 16, never, trains=trains) == chosen


def test_what_fails_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "fast_policy", lambda: "mixed_bfloat16")
    monkeypatch.setattr(backend, "sees_gpu", lambda: False)

    def build() -> keras.Model:
        if keras.config.dtype_policy().name != "float32":
            raise RuntimeError("no such instructions")
        return small()

    assert choose(tmp_path / "speeds.json", "cnn", 16, build, trains=True) == FLOAT32
    assert keras.config.dtype_policy().name == "float32"


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
