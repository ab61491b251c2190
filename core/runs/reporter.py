"""A worker's line to the store: it tells how far it is, and hears when it shall stop.

A thread of its own talks to SQLite, so that training never waits for the disk and a
heartbeat goes on through a batch that takes a minute.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from types import TracebackType
from typing import Self

from core.errors import Cancelled, StoreError
from core.runs.time_left import Forecast, StagePace
from core.store import RunProgress, Store

TICK_SECONDS = 0.2  # how soon a stop is heard, and the most often that progress is written
BEAT_SECONDS = 2.0

# What pages show for a training's ``progress.stage``.
STAGES = {
    "starting": "Loading the software",
    "weights": "Fetching pretrained weights",
    "films": "Reading the films",
    "model": "Building the network",
    "features": "Passing the films through the frozen network",
    "rates": "Trying learning rates",
    "training": "Training",
    "fine-tuning": "Fine-tuning the last blocks",
    "evaluating": "Evaluating",
}


class Superseded(Cancelled):
    """The work no longer belongs to this process: it was deleted, or given to another."""


class Reporter:
    """Use as a context manager around a worker's whole work. Safe from any thread.

    ``forecast``: what comes after each stage, once the worker knows; then progress says for how
    long all of it goes on.
    """

    def __init__(self, store: Store, job_id: str) -> None:
        self._store = store
        self._job_id = job_id
        self._progress = RunProgress()
        self._changed = False
        self.forecast: Forecast | None = None
        self._pace = StagePace()
        self._already = 0
        self._cancelled = threading.Event()
        self._superseded = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="reporter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=10)

    def stage(
        self, name: str, total: int = 0, unit: str = "", *, epochs: int | None = None
    ) -> None:
        """Begin a stage of ``total`` units, 0 when it has no count. ``name``: of a training, a key
        of ``STAGES``; of other work, words to show. ``epochs``: how many a training takes.

        Raises Cancelled, as ``check`` does.
        """
        self._pace = StagePace()
        self._already = 0
        begun = RunProgress(stage=name, done=0, total=total, unit=unit)
        self._say(begun if epochs is None else begun.model_copy(update={"epochs": epochs}))
        self.check()

    def update(self, done: int, *, already: int = 0) -> None:
        """Note how much of the stage is done. ``already``: what earlier work had left. For how
        long it goes on is worked out from the pace so far.

        Raises Cancelled, as ``check`` does.
        """
        self._already = already or self._already
        total = self._progress.total
        changed: dict[str, float | None] = {"done": done}
        left = self._pace.left(done - self._already, total - done) if total else None
        if left is not None:
            changed |= {"eta_seconds": round(left, 1), "left_seconds": self._whole(left)}
        self._say(self._progress.model_copy(update=changed))
        self.check()

    def epoch(
        self,
        done: int,
        *,
        epoch: int,
        epochs: int,
        batch: int,
        batches: int,
        eta_seconds: float | None,
        seconds_per_epoch: float | None,
    ) -> None:
        """``update`` of a training, which knows better for how long it goes on. Times in
        seconds. Raises Cancelled, as ``check`` does."""
        changed = {
            "done": done,
            "epoch": epoch,
            "epochs": epochs,
            "batch": batch,
            "batches": batches,
            "eta_seconds": eta_seconds,
            "left_seconds": None if eta_seconds is None else self._whole(eta_seconds),
            "seconds_per_epoch": seconds_per_epoch,
        }
        self._say(self._progress.model_copy(update=changed))
        self.check()

    def check(self) -> None:
        """Raises Cancelled when a stop was asked for. Costs nothing: call it every batch."""
        if self._superseded.is_set():
            raise Superseded("This work was taken over by another process, or deleted.")
        if self._cancelled.is_set():
            raise Cancelled("Stopped at your request.")

    def _whole(self, left: float) -> float | None:
        """Until all of it is over, when this stage goes on for ``left`` seconds."""
        later = self.forecast.after(self._progress.stage) if self.forecast else None
        return None if later is None else round(left + later, 1)

    def _say(self, progress: RunProgress) -> None:
        self._progress = progress
        self._changed = True

    def _talk(self) -> None:
        beaten = 0.0
        while True:
            ending = self._ended.is_set()
            due = time.monotonic() - beaten >= BEAT_SECONDS
            try:
                if due:
                    self._check_ownership()
                if self._changed or due:
                    progress = self._progress if self._changed else None
                    self._changed = False
                    self._store.queue.beat(self._job_id, progress)
                    beaten = time.monotonic() if due else beaten
                asked = self._store.queue.cancel_requested
                if not self._cancelled.is_set() and asked(self._job_id):
                    self._cancelled.set()
            except (sqlite3.Error, StoreError) as error:  # a full disk: tried again
                print(f"Could not reach the store: {error}", flush=True)
            if ending:
                return
            self._ended.wait(TICK_SECONDS)

    def _check_ownership(self) -> None:
        job = self._store.queue.find(self._job_id)
        if job is None or not job.is_active or job.pid not in (None, os.getpid()):
            self._superseded.set()
