"""A worker's start and its ends, without a network."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from core.datasets.training_data import balanced_weights, load_training_data
from core.errors import InputError, NotFoundError, TrainingError
from core.specs import ClassSpec, DatasetSpec
from core.store import Film, Member, Run, RunState, Source, Store
from core.training import worker

Queue = Callable[..., Run]


def test_a_gpu_that_does_not_answer_is_replaced_by_the_cpu(
    store: Store, queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = queue(device="gpu:0")
    store.runs.transition(run.run_id, RunState.PREPARING, device="GPU 0 (A)")
    monkeypatch.setattr(worker, "_gpu_fault", lambda: "")
    assert worker._checked_slot(store, run, "gpu:0") == "gpu:0"
    assert store.runs.get(run.run_id).device == "GPU 0 (A)"
    monkeypatch.setattr(worker, "_gpu_fault", lambda: "no driver")
    assert worker._checked_slot(store, run, "gpu:0") == "cpu"
    assert store.runs.get(run.run_id).device == "CPU (GPU 0 did not answer: no driver)"
    assert "trains on the CPU" in caplog.text


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (SimpleNamespace(returncode=0, stdout=""), ""),
        (SimpleNamespace(returncode=1, stdout="banner\ntoo old a driver\n"), "too old a driver"),
        (SimpleNamespace(returncode=-11, stdout=""), "the check ended with code -11"),
        (subprocess.TimeoutExpired("x", 1), "no answer within"),
    ],
)
def test_what_the_gpu_check_answers(
    monkeypatch: pytest.MonkeyPatch, answer: object, fault: str
) -> None:
    def run(*args: object, **kwargs: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("core.training.worker.subprocess.run", run)
    assert worker._gpu_fault().startswith(fault)
    assert bool(worker._gpu_fault()) == bool(fault)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "not enough memory"),
        (type("ResourceExhaustedError", (Exception,), {})("OOM"), "not enough memory"),
        (OSError(28, "No space left on device"), "disk is full"),
        (ValueError("x"), "did not foresee (ValueError)"),
    ],
)
def test_every_end_has_a_plain_sentence(error: BaseException, says: str) -> None:
    assert says in worker._plain(error)


def _films(store: Store, count: int) -> list[str]:
    ids = [f"{number:032x}" for number in range(count)]
    films = [Film(one, "here", f"/no/such/{one}.png", f"here/{one}", "COVID-19") for one in ids]
    store.catalogue.save_source(Source("here", "folders", "/no/such"), films)
    return ids


def test_films_that_left_the_catalogue_are_told(store: Store, dataset: str) -> None:
    _films(store, 5)
    with pytest.raises(InputError, match="4 of the 9 films of the data set “pairs” are no longer"):
        load_training_data(store, dataset, 32, None)


def test_files_that_vanished_are_told(store: Store, dataset: str) -> None:
    _films(store, 9)
    with pytest.raises(InputError, match="9 films"):
        load_training_data(store, dataset, 32, None)


def test_a_deleted_data_set_is_told(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no data set called"):
        load_training_data(store, "gone", 32, None)


def test_a_class_without_training_films_is_told(store: Store) -> None:
    ids = _films(store, 4)
    classes = tuple(ClassSpec(name=name, findings=(name,)) for name in ("covid", "healthy"))
    members = [Member(one, index // 3, "train" if index < 3 else "test")
               for index, one in enumerate(ids)]  # fmt: skip
    store.datasets.save(DatasetSpec.build(name="thin", classes=classes), members)
    with pytest.raises(TrainingError, match="no training film of the class healthy"):
        load_training_data(store, "thin", 32, None)


def test_balanced_weights_make_classes_count_the_same() -> None:
    truth = np.array([0, 0, 0, 1])
    weights = balanced_weights(truth, 2)
    assert weights.dtype == np.float32
    assert weights[truth == 0].sum() == pytest.approx(weights[truth == 1].sum())
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        # As HDF5 and TensorFlow say it.
        OSError("Unable to create file (errno = 28, error message = 'No space left on device')"),
        RuntimeError("UNKNOWN: /x/vectors; No space left on device"),
    ],
)
def test_a_full_disk_is_called_so_whoever_says_it(error: Exception) -> None:
    assert worker._plain(error) == "The disk is full. Free some space and resume this run."
