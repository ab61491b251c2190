"""Asking the prediction worker, from the server or the command line. No keras here."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from core.errors import PredictionError
from core.gate.likeness import Likeness, Neighbour
from core.workspace import PROJECT_ROOT, Workspace

# (results so far, results in all, what is going on)
Progress = Callable[[int, int, str], None]

# Longest silence of a healthy worker: it starts, or builds and compiles a large model,
# or takes a batch through it, on a machine that trains at the same time.
SILENCE_SECONDS = 300.0


@dataclass(frozen=True)
class FilmResult:
    """What one run says about one film.

    ``answer``: a class, ``not_sure`` or ``refused``; empty when nobody has decided.
    ``label``: the most probable class. ``probabilities``: by class, sum 1, calibrated where the
    run has a threshold; ``not_sure``: between which two probabilities of its positive class
    it gives no answer. ``heat``: float32 (h, w) in [0, 1] at the size of the model's last
    feature map, for the class ``heat_class``; None when not asked for.
    ``gate``: ``frontal``, ``lateral`` or ``not_a_chest_xray``, None for what is no picture;
    ``reason``: why the film is not taken for a frontal one. A refused film, and one with an
    ``error`` (a plain sentence), have no label, no probability and no heat.
    ``likeness``: how near the film is to those the run has learnt from, None when unknown.
    """

    file: str
    run_id: str
    label: str | None
    probabilities: dict[str, float]
    heat: np.ndarray | None
    error: str | None
    heat_class: str | None = None
    gate: str | None = None
    reason: str = ""
    answer: str = ""
    not_sure: tuple[float, float] | None = None
    likeness: Likeness | None = None


class PredictionClient:
    """One warm worker process, started when first needed and again after a crash.

    Safe to share between threads: requests wait for each other.
    """

    def __init__(self, workspace: Workspace, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._workspace = workspace
        self._silence_seconds = silence_seconds
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def log(self) -> Path:
        """What the worker printed since it was started last."""
        return self._workspace.root / "prediction.log"

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        worker = self._worker
        return worker.process.pid if worker is not None and worker.alive else None

    def classify(
        self,
        run_ids: Sequence[str],
        films: Sequence[tuple[str, bytes]],
        *,
        cam: bool = True,
        heat_class: str | None = None,
        lateral: bool = False,
        bare: bool = False,
        progress: Progress | None = None,
    ) -> list[FilmResult]:
        """One result a film and run, films outer, runs inner; films are (name, content).

        ``heat_class``: the class whose heat is wanted, None for each film's most probable one.
        ``lateral``: answer films from the side too; what is no chest X-ray is never answered.
        ``bare``, for films of the catalogue that a run is tested on: every one of them
        is answered, by its most probable class, with probabilities as training saves them.
        A film that cannot be read, or a run without a model, is an ``error`` in its results
        and leaves the others alone. Raises PredictionError when the worker died, went
        silent, or could not answer; the next call starts another. An exception out of
        ``progress`` gives the request up and passes through.
        """
        if not run_ids or not films:
            return []
        with self._lock, _lent_folder() as folder:
            for index, (_, content) in enumerate(films):
                (folder / f"{index}.film").write_bytes(content)
            self._requests += 1
            request = {
                "id": self._requests,
                "folder": str(folder),
                "runs": list(dict.fromkeys(run_ids)),
                "films": [
                    {"name": name, "file": f"{index}.film"} for index, (name, _) in enumerate(films)
                ],
                "cam": cam,
                "heat_class": heat_class,
                "lateral": lateral,
                "bare": bare,
            }
            rows = self._exchange(request, progress)
            return [_film_result(row, films, folder) for row in rows]

    def close(self) -> None:
        """End the worker; a later ``classify`` starts another."""
        with self._lock:
            self._drop_worker()

    def _exchange(self, request: dict[str, Any], progress: Progress | None) -> list[dict[str, Any]]:
        worker = self._worker
        if worker is None or not worker.alive:
            self._drop_worker()
            worker = self._worker = _Worker(self._workspace, self.log)
        try:
            worker.send(request)
            while True:
                answer = worker.receive(self._silence_seconds)
                if answer.get("id") != request["id"]:
                    continue  # the rest of a request that was given up
                if "progress" in answer:
                    if progress is not None:
                        progress(*answer["progress"])
                elif "error" in answer:
                    raise PredictionError(answer["error"])
                else:
                    return list(answer["results"])
        except _Lost as lost:
            self._drop_worker()
            raise PredictionError(
                f"The process that classifies films {lost}. Try again: a new one is started. "
                f"If it happens again, {self.log} says more."
            ) from None

    def _drop_worker(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


class _Lost(Exception):
    """The worker cannot be talked to any more; the message goes on from “The process …”."""


class _Worker:
    """One worker process with a thread that collects its answers."""

    def __init__(self, workspace: Workspace, log: Path) -> None:
        environment = {
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
            # The GPU belongs to training runs: TensorFlow and JAX would take all its memory.
            "CUDA_VISIBLE_DEVICES": "-1",
            "JAX_PLATFORMS": "cpu",
        }
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core.prediction.worker", "--data", str(workspace.root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=PROJECT_ROOT,
                env=environment,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C in a terminal is for us; closed stdin ends it
            )
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def send(self, request: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except OSError:
            raise _Lost(self._how_it_ended()) from None

    def receive(self, seconds: float) -> dict[str, Any]:
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise _Lost(f"said nothing for {seconds:.0f} seconds and was stopped") from None
        if answer is None:
            raise _Lost(self._how_it_ended())
        return answer

    def end(self) -> None:
        """Close its stdin, which ends it; kill it when it does not follow."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.close()
        except OSError:
            self.process.kill()  # it has died with a request half written
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # the last line of a killed process may be torn
                self._answers.put(json.loads(line))
        self._answers.put(None)

    def _how_it_ended(self) -> str:
        deadline = time.monotonic() + 5
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.02)
        code = self.process.poll()
        if code is None:
            return "closed its answers"
        if code == -9:
            return "was killed, perhaps because memory ran out"
        return f"ended unexpectedly (code {code})"


@contextmanager
def _lent_folder() -> Iterator[Path]:
    """A private folder for one request. It is renamed before it is removed, so that a
    worker still at it cannot write into what is being removed."""
    folder = Path(tempfile.mkdtemp(prefix="thoraxlens-"))
    try:
        yield folder
    finally:
        with suppress(FileNotFoundError):  # a worker that is stopped may remove it itself
            shutil.rmtree(folder.rename(f"{folder}-done"))


def _film_result(
    row: dict[str, Any], films: Sequence[tuple[str, bytes]], folder: Path
) -> FilmResult:
    return FilmResult(
        file=films[row["film"]][0],
        run_id=row["run"],
        label=row["label"],
        probabilities=row["probabilities"],
        heat=np.load(folder / row["heat"]) if row["heat"] else None,
        error=row["error"],
        heat_class=row["heat_class"],
        gate=row["gate"],
        reason=row["reason"],
        answer=row["answer"],
        not_sure=tuple(row["not_sure"]) if row["not_sure"] else None,
        likeness=_likeness(row["likeness"]),
    )


def _likeness(content: dict[str, Any] | None) -> Likeness | None:
    if content is None:
        return None
    nearest = tuple(Neighbour(**one) for one in content["nearest"])
    return Likeness(**{**content, "nearest": nearest})
