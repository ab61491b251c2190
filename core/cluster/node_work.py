"""One row's work on a node: a small data folder, the ordinary dispatcher and worker in it, and a
watch over what they write. No Ray here: ``fetch`` gets the bytes behind a reference."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from core.cluster import tied
from core.cluster.changes import FolderChanges
from core.cluster.lending import Borrower, Lender
from core.cluster.node_cache import Cache, linked, work_folder
from core.cluster.parcels import Good, Parcel, Update
from core.errors import DamagedError, ThoraxLensError
from core.features.loans import Loan
from core.models.weight_sources import PUBLISHED
from core.runs.config import RunConfig
from core.runs.devices import list_devices
from core.runs.dispatcher import serve
from core.runs.files import RunFiles
from core.runs.liveness import worker_of
from core.runs.processes import end_worker
from core.runs.starting import worker_command
from core.specs import RunSpec
from core.store import JobEnd, JobRow, RunState, Store, open_store
from core.store.excerpt import take_rows
from core.workspace import Workspace, open_workspace

LOST = "lost"  # no state of a row: it could not even begin here, for no fault of its own
PATIENCE_SECONDS = 1.0  # how long an answer waits for something to tell
LOOK_SECONDS = 0.1
KEPT_SECONDS = 24 * 3600.0  # how long a result waits for a head that does not ask any more
NOTES = ("speeds.json", "paces.json")  # what a machine has measured of itself

Fetch = Callable[[Any], Any]


class NodeWork:
    """The work of one parcel. Every method returns soon; the work goes on in a thread of its own.

    The worker is tied to that thread: it ends with it, however this process ends.
    """

    def __init__(
        self,
        parcel: Parcel,
        fetch: Fetch,
        cache: Cache,
        forgotten: Callable[[], None] = lambda: None,
    ) -> None:
        """``forgotten``: called when nobody has asked for the result in a day."""
        self._forgotten = forgotten
        self._parcel, self._fetch, self._cache = parcel, fetch, cache
        self._store: Store | None = None
        self._folder: Path | None = None
        self._changes: FolderChanges | None = None
        self._served = False
        self._failed: tuple[str, str] | None = None
        self._stop = False
        self._left = threading.Event()
        self._number = 0
        self._began = time.time()
        self._had: dict[str, int] = {}
        self._told: str = ""
        self._asking = threading.Lock()
        self._lender: Lender | None = None
        self._borrower = Borrower(lambda: self._folder, self.is_over)
        self._thread = threading.Thread(target=self._carry_out, name="node work", daemon=True)
        self._thread.start()

    def changes(self, number: int) -> Update:
        """What is new since update ``number`` (0: everything), as soon as there is something, else
        after a second. What came with another update than that counts as never told."""
        with self._asking:
            if self._changes is not None:
                self._changes.heard(number == self._number, everything=number == 0)
            if number != self._number:
                self._told = ""
            until = time.monotonic() + PATIENCE_SECONDS
            while True:
                update = self._update()
                said = json.dumps([update.row, update.epochs, update.kept], sort_keys=True)
                new = said != self._told or update.files or update.gone or update.log
                if new or update.over or time.monotonic() > until:
                    self._told = said
                    return update
                time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Ask the work to stop; it tells how it ended like any other."""
        self._stop = True
        if self._store is not None:
            self._store.queue.request_cancel(self._parcel.job_id)

    def lend_to(self, name: str, compute: Callable[[Loan | None], np.ndarray]) -> None:
        """Let work of that name on another node help this training, from now on; safe to repeat."""
        if self._store is not None:
            self._lender = self._lender or Lender(self._store, self._parcel.job_id, self.is_over)
            self._lender.lend_to(name, compute)

    def compute(self, loan: Loan | None) -> np.ndarray:
        """As ``Borrower.compute``, for work that helps a training on another node."""
        return self._borrower.compute(loan)

    def is_over(self) -> bool:
        """Whether nobody works here any more."""
        return self._served or self._failed is not None or self._left.is_set()

    def leave(self) -> None:
        """End whatever is still at work, and remove all that is here of it but what the cache
        keeps."""
        self._left.set()
        self._thread.join(timeout=30)

    def _carry_out(self) -> None:
        try:
            with work_folder(self._cache) as data:
                store = self._unpacked(data)
                serve(
                    store,
                    _tied(store),
                    list_devices(),
                    poll=0.1,
                    idle=0.2,
                    until=self._left.is_set,
                    # This folder has this one row, and a copy of a process is tied to nobody.
                    warm=False,
                )
                _end(store, self._parcel.job_id)  # what was still at work when somebody left
                self._keep_notes(data)
                self._served = True
                asked_for = self._left.wait(KEPT_SECONDS)
            if not asked_for:
                self._forgotten()
        except ThoraxLensError as error:
            self._failed = (RunState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - the head has to hear of it, and is not here
            print(traceback.format_exc(), flush=True)
            self._failed = (LOST, f"{type(error).__name__}: {error}")

    def _unpacked(self, data: Path) -> Store:
        parcel = self._parcel
        _compute_as(parcel)
        workspace = Workspace(data).create()
        shutil.copyfile(self._held(parcel.films), workspace.database)
        rows = data / "rows.sqlite3"
        rows.write_bytes(parcel.rows)
        spec = RunSpec.from_json(parcel.spec) if parcel.spec else None
        if not parcel.helped:
            self._cache.share_vectors(workspace)
        for good in parcel.goods:
            if not good.is_vectors:
                _put(self._held(good), data / good.at)
                continue
            self._had[good.name] = good.size
            if self._cache.lacks_vectors(good):
                self._cache.take_vectors(good, self._fetch)
        if parcel.weights is not None and spec is not None:
            held = self._held(parcel.weights)
            if spec.weights not in PUBLISHED:
                spec = spec.changed(weights=str(held))
        take_rows(workspace.database, rows, parcel.job_id, spec, parcel.helped)
        for place, content in parcel.files.items():
            target = data / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else self._fetch(content))
        for name in (*NOTES, workspace.backbones.name):
            self._cache.lend_note(name, data / name)
        folder = data / parcel.folder
        folder.mkdir(parents=True, exist_ok=True)
        self._changes = FolderChanges(folder)
        self._folder = folder
        store = open_store(open_workspace(data))
        if parcel.film_files is not None:
            self._cache.move_films(store, self._held(parcel.film_files), parcel.film_files.key)
        self._store = store
        if self._stop:
            store.queue.request_cancel(parcel.job_id)
        return store

    def _held(self, good: Good) -> Path:
        return self._cache.hold(good, self._fetch)

    def _keep_notes(self, data: Path) -> None:
        for name in (*NOTES, Workspace(data).backbones.name):
            self._cache.keep_note(data / name)
        self._cache.trim()

    def _update(self) -> Update:
        over = self._served or self._failed is not None  # before the rest, which then is all of it
        row: dict[str, Any] = {}
        epochs: tuple[tuple[Any, ...], ...] = ()
        files: dict[str, bytes] = {}
        gone: tuple[str, ...] = ()
        log = b""
        kept: dict[str, str] = {}
        vectors: dict[str, bytes] = {}
        store, changes = self._store, self._changes
        if store is not None and changes is not None and self._folder is not None:
            row, epochs = _said(store, self._parcel.job_id)
            files, gone, log = changes.look(settled=over)
            self._with_own_path(files)
            kept = self._notes(store.workspace)
            if over and not self._parcel.helped:
                vectors = self._cache.vectors_since(self._began, self._had)
        if self._failed is not None:
            row = {"state": self._failed[0], "reason": self._failed[1]}
        self._number += 1
        return Update(self._number, row, epochs, files, gone, log, kept, vectors, over)

    def _with_own_path(self, files: dict[str, bytes]) -> None:
        """A run says where its weights lie: on the head, not here."""
        name = RunFiles(Path()).config.name
        if name in files and self._parcel.weights_path:
            try:
                config = RunConfig.from_json(files[name].decode("utf-8"))
            except (DamagedError, UnicodeDecodeError):
                return
            if config.weights not in ("", "random"):
                moved = config.model_copy(update={"weights": self._parcel.weights_path})
                files[name] = moved.to_json().encode("utf-8")

    def _notes(self, workspace: Workspace) -> dict[str, str]:
        found = {}
        for name in NOTES:
            if (workspace.root / name).is_file():
                found[name] = (workspace.root / name).read_text(encoding="utf-8")
        return found


def _said(store: Store, job_id: str) -> tuple[dict[str, Any], tuple[tuple[Any, ...], ...]]:
    job = store.queue.find(job_id)
    if job is None:
        return {"state": LOST, "reason": "its row is gone"}, ()
    row: dict[str, Any] = {
        "state": str(job.state),
        "reason": job.reason,
        "device": job.device,
        "progress": job.progress.to_json(),
    }
    if not job.is_training:
        row["result"] = JobEnd(exit_code=job.exit_code).to_json()
        return row, ()
    row["result"] = store.runs.get(job_id).result.to_json()
    return row, tuple(astuple(one) for one in store.runs.finished_epochs(job_id))


def _end(store: Store, job_id: str) -> None:
    job = store.queue.find(job_id)
    if job is not None and (worker := worker_of(job)) is not None:
        end_worker(worker, signal.SIGKILL)


def _put(held: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    linked(held, target)


def _compute_as(parcel: Parcel) -> None:
    """Let workers started here compute as on the head. Ray says one thread a processor that was
    asked for, in a variable of its own choice; it is the head that says."""
    os.environ.pop("OMP_NUM_THREADS", None)
    os.environ.update(parcel.environment)
    if parcel.threads:
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
            os.environ[name] = str(parcel.threads)


def _tied(store: Store) -> Callable[[JobRow, str], list[str]]:
    ordinary = worker_command(store)
    return lambda job, slot: tied.command(ordinary(job, slot))
