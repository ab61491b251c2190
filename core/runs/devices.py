"""What can train here: the CPU and each NVIDIA GPU, through NVML. No Keras here.

A GPU is called ``gpu:N`` after its place in PCI order, which is NVML's; workers are
started with ``CUDA_DEVICE_ORDER=PCI_BUS_ID`` so that CUDA counts in the same way.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import psutil
import pynvml

CPU = "cpu"


@dataclass(frozen=True)
class Device:
    """One device slot. ``memory_total`` and ``memory_free`` in bytes, None when unknown.

    ``note``: why runs on ``auto`` pass this GPU over, empty when they do not.
    """

    id: str
    name: str
    memory_total: int | None = None
    memory_free: int | None = None
    note: str = ""


def list_devices() -> list[Device]:
    """The GPUs in order, then the CPU (always last, always there). Takes milliseconds."""
    memory = psutil.virtual_memory()
    return [*_gpus(), Device(CPU, processor_name(), memory.total, memory.available)]


def slot_for(wanted: str, devices: Sequence[Device], taken: set[str]) -> str | None:
    """The slot that a run with ``device = wanted`` gets now, None when it must wait.

    ``auto`` takes a usable GPU and waits for one where there are any, else the CPU.
    A GPU that is not there (any more) is replaced by the CPU; the worker says so.
    """
    return next((slot for slot in slots_fitting(wanted, devices) if slot not in taken), None)


def slots_fitting(wanted: str, devices: Sequence[Device]) -> list[str]:
    """All slots of which ``slot_for`` takes the first that is free; at least one."""
    gpus = [one.id for one in devices if one.id != CPU]
    if wanted == "auto":
        usable = [one.id for one in devices if one.id != CPU and not one.note]
        return usable or [CPU]
    return [wanted if wanted in gpus else CPU]


def slots_held(device: str) -> set[str]:
    """The slots that a run with this ``Run.device`` keeps others off.

    A run that fell back holds the CPU and the GPU that did not answer, so that the next
    one does not run into the same wall beside it.
    """
    held = {f"gpu:{number}" for number in re.findall(r"gpu[ :](\d+)", device.lower())}
    if device.lower().startswith(CPU) or not held:
        held.add(CPU)
    return held


def worker_environment(slot: str, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a worker on this slot: it sees this one GPU, or none.

    Must be in place before the backend is loaded, which is why it is not the worker
    that sets it.
    """
    environment = dict(os.environ if base is None else base)
    environment["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    environment["CUDA_VISIBLE_DEVICES"] = "-1" if slot == CPU else slot.removeprefix("gpu:")
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    environment["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def describe(slot: str, devices: Sequence[Device]) -> str:
    """The slot in words for ``Run.device``: ``CPU``, ``GPU 0 (NVIDIA H200)``."""
    if slot == CPU:
        return "CPU"
    number = slot.removeprefix("gpu:")
    name = next((one.name for one in devices if one.id == slot), "")
    return f"GPU {number} ({name})" if name else f"GPU {number}"


def _gpus() -> list[Device]:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no NVIDIA driver here: that is an answer, not a fault
        return []
    try:
        note = _why_gpus_are_out_of_reach()
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        found = [_gpu(index, note, visible) for index in range(pynvml.nvmlDeviceGetCount())]
    finally:
        pynvml.nvmlShutdown()
    return [one for one in found if one is not None]


def _gpu(index: int, note: str, visible: str | None) -> Device | None:
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        uuid = str(pynvml.nvmlDeviceGetUUID(handle))
        name = str(pynvml.nvmlDeviceGetName(handle))
    except pynvml.NVMLError:  # one that fell off the bus must not take the others along
        return None
    if not _is_visible(index, uuid, visible):
        return None
    return Device(f"gpu:{index}", name, *_gpu_memory(handle), note)


def _gpu_memory(handle: object) -> tuple[int | None, int | None]:
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError:  # boards with memory shared with the CPU do not report any
        return None, None
    return int(memory.total), int(memory.free)


def _is_visible(index: int, uuid: str, visible: str | None) -> bool:
    """Whether whoever started us left this GPU to us (``CUDA_VISIBLE_DEVICES``)."""
    if visible is None:
        return True
    names = [part.strip() for part in visible.split(",") if part.strip()]
    return any(name == str(index) or (len(name) > 3 and uuid.startswith(name)) for name in names)


def _why_gpus_are_out_of_reach() -> str:
    """Whether the installed backend was built without GPU support; empty when it was not.

    Read from the installed packages' names, since the server must not load a backend.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow" and _version("tensorflow-cpu") and not _version("tensorflow"):
        return "the installed TensorFlow is the CPU build"
    if backend == "torch" and (_version("torch") or "").endswith("+cpu"):
        return "the installed PyTorch is the CPU build"
    return ""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def processor_name() -> str:
    """The processor in words, “Intel(R) Xeon(R), 2 cores”."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return f"{line.split(':', 1)[1].strip()}, {os.cpu_count()} cores"
    except OSError:  # not Linux
        pass
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
