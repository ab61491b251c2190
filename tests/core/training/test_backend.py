"""What is asked of the backend: does a device work, what is it called, can it count in 16 bits?"""

from __future__ import annotations

import platform
from types import SimpleNamespace

import keras
import pytest

from core.training import backend, gpu_check


def test_a_processor_is_called_by_its_name_and_computes_right() -> None:
    backend.prepare()
    assert backend.sees_gpu() is False
    assert backend.device_name() == (platform.processor() or platform.machine())
    backend.convolve_once()
    assert backend.jit_compile() is False
    assert backend.jit_compile(xla=True) is True


def test_wrong_numbers_are_no_working_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.ops, "conv", lambda films, kernel, padding: films)
    with pytest.raises(RuntimeError, match="wrong numbers"):
        backend.convolve_once()


@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        ({"avx2"}, None), ({"avx512_bf16"}, "mixed_bfloat16"), ({"amx_bf16"}, "mixed_bfloat16"),
        (set(), None),
    ],
)  # fmt: skip
def test_a_processor_says_in_its_flags_what_it_can(
    monkeypatch: pytest.MonkeyPatch, flags: set[str], policy: str | None
) -> None:
    monkeypatch.setattr(backend, "sees_gpu", lambda: False)
    monkeypatch.setattr(backend, "_processor_flags", lambda: flags)
    assert backend.fast_policy() == policy


@pytest.mark.parametrize(
    ("capability", "policy"),
    [
        ((6, 1), None), ((7, 0), "mixed_float16"), ((7, 5), "mixed_float16"),
        ((8, 0), "mixed_bfloat16"), ((9, 0), "mixed_bfloat16"),
    ],
)  # fmt: skip
def test_a_gpu_counts_in_16_bits_by_its_capability(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], policy: str | None
) -> None:
    """NVIDIA: half precision from Volta (7.0) on, bfloat16 from Ampere (8.0) on."""
    import tensorflow

    told = {"compute_capability": capability, "device_name": "Some GPU"}
    config = tensorflow.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: [kind])
    monkeypatch.setattr(config.experimental, "get_device_details", lambda gpu: told)
    assert backend.sees_gpu()
    assert backend.device_name() == "Some GPU"
    assert backend.fast_policy() == policy


@pytest.mark.parametrize(
    ("seen", "fault", "said", "code"),
    [
        (False, None, "the installed Keras backend cannot use it", 1),
        (True, RuntimeError("too old a driver\nand more"), "too old a driver", 1),
        (True, ValueError(), "ValueError", 1),
        (True, None, "", 0),
    ],
)
def test_the_check_of_a_gpu_says_why_not(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seen: bool,
    fault: Exception | None,
    said: str,
    code: int,
) -> None:
    def convolve() -> None:
        if fault is not None:
            raise fault

    stand_in = SimpleNamespace(prepare=lambda: None, sees_gpu=lambda: seen, convolve_once=convolve)
    monkeypatch.setattr(gpu_check, "backend", stand_in)
    assert gpu_check.main() == code
    assert capsys.readouterr().out.strip() == said
