"""Which device a run gets, and what its process may see."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.runs import devices
from core.runs.devices import (
    Device,
    describe,
    list_devices,
    slot_for,
    slots_held,
    worker_environment,
)

GPUS = (Device("gpu:0", "A"), Device("gpu:1", "B"), Device("cpu", "C"))
CPU_BUILD = (Device("gpu:0", "A", note="the CPU build"), Device("cpu", "C"))


def test_the_cpu_is_always_there_and_last() -> None:
    last = list_devices()[-1]
    assert last.id == "cpu"
    assert last.memory_total
    assert "core" in last.name


@pytest.mark.parametrize(
    ("wanted", "there", "taken", "slot"),
    [
        ("auto", GPUS, set(), "gpu:0"),
        ("auto", GPUS, {"gpu:0"}, "gpu:1"),
        ("auto", GPUS, {"gpu:0", "gpu:1"}, None),
        ("auto", CPU_BUILD, set(), "cpu"),
        ("auto", CPU_BUILD, {"cpu"}, None),
        ("gpu:0", CPU_BUILD, set(), "gpu:0"),
        ("gpu:1", GPUS, {"gpu:0"}, "gpu:1"),
        ("gpu:1", GPUS, {"gpu:1"}, None),
        ("gpu:5", GPUS, set(), "cpu"),
        ("cpu", GPUS, {"gpu:0"}, "cpu"),
        ("cpu", GPUS, {"cpu"}, None),
    ],
)
def test_slot_for(
    wanted: str, there: tuple[Device, ...], taken: set[str], slot: str | None
) -> None:
    assert slot_for(wanted, there, taken) == slot


@pytest.mark.parametrize(
    ("device", "held"),
    [
        ("CPU", {"cpu"}),
        ("GPU 1 (NVIDIA H200)", {"gpu:1"}),
        ("CPU (GPU 0 did not answer: no driver)", {"cpu", "gpu:0"}),
        ("", {"cpu"}),
    ],
)
def test_slots_held(device: str, held: set[str]) -> None:
    assert slots_held(device) == held


def test_a_described_slot_is_held_again() -> None:
    for one in GPUS:
        assert slots_held(describe(one.id, GPUS)) == {one.id}


def test_a_worker_sees_its_own_gpu_or_none() -> None:
    base = {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "0,1"}
    assert worker_environment("cpu", base)["CUDA_VISIBLE_DEVICES"] == "-1"
    gpu = worker_environment("gpu:1", base)
    assert gpu["CUDA_VISIBLE_DEVICES"] == "1"
    assert gpu["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert gpu["PATH"] == "/bin"
    assert base["CUDA_VISIBLE_DEVICES"] == "0,1"


class FakeNvml:
    """Two boards, of which the second does not answer when asked for its memory."""

    class NVMLError(Exception):
        pass

    broken: int | None = None

    def nvmlInit(self) -> None: ...  # noqa: N802
    def nvmlShutdown(self) -> None: ...  # noqa: N802

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        if index == self.broken:
            raise self.NVMLError("lost")
        return index

    def nvmlDeviceGetUUID(self, index: int) -> str:  # noqa: N802
        return f"GPU-{index}aaa"

    def nvmlDeviceGetName(self, index: int) -> str:  # noqa: N802
        return f"Board {index}"

    def nvmlDeviceGetMemoryInfo(self, index: int) -> SimpleNamespace:  # noqa: N802
        if index == 1:
            raise self.NVMLError("not supported")
        return SimpleNamespace(total=16, free=8)


def test_gpus_as_the_driver_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "pynvml", FakeNvml())
    monkeypatch.setattr(devices, "_why_gpus_are_out_of_reach", lambda: "")
    first, second, cpu = list_devices()
    assert first == Device("gpu:0", "Board 0", 16, 8)
    assert second == Device("gpu:1", "Board 1", None, None)
    assert cpu.id == "cpu"


@pytest.mark.parametrize(
    ("visible", "ids"),
    [("1", ["gpu:1"]), ("GPU-0aaa", ["gpu:0"]), ("-1", []), ("", []), ("0,1", ["gpu:0", "gpu:1"])],
)
def test_gpus_that_were_not_left_to_us_are_not_listed(
    monkeypatch: pytest.MonkeyPatch, visible: str, ids: list[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(devices, "pynvml", FakeNvml())
    assert [one.id for one in list_devices()] == [*ids, "cpu"]


def test_a_lost_gpu_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    nvml = FakeNvml()
    nvml.broken = 0
    monkeypatch.setattr(devices, "pynvml", nvml)
    assert [one.id for one in list_devices()] == ["gpu:1", "cpu"]


def test_a_cpu_build_of_the_backend_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(devices, "_version", {"tensorflow-cpu": "2.21"}.get)
    assert "CPU build" in devices._why_gpus_are_out_of_reach()
    monkeypatch.setattr(devices, "_version", {"tensorflow": "2.21"}.get)
    assert devices._why_gpus_are_out_of_reach() == ""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(devices, "_version", {"torch": "2.9+cpu"}.get)
    assert "CPU build" in devices._why_gpus_are_out_of_reach()
