"""The example of a first start: a data set of artificial films, two networks that learn from it,
and their audits, so that every page has something true to show.

A server asks for it in the background; the command line never does. How far it is stands in a
note in the data folder, so that the next start goes on where a killed one was, and so that what
somebody has removed stays removed. The networks are the same one twice: once with what it had
learnt from photographs, once with random weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from filelock import FileLock

from core.audit.status import audit_job, start_audit
from core.documents import Document
from core.errors import NotFoundError, ThoraxLensError
from core.models.learnt import learnt_short
from core.models.registry import network_title
from core.runs import launcher
from core.runs.upkeep import refresh
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import FINISHED, UNFINISHED, Run, RunOrigin, RunState, Store
from core.workspace import Workspace

EXAMPLE = "example (artificial)"  # the data set
LOOK_SECONDS = 0.5
# The better one comes last: pages show the newest run first.
RUNS = tuple(
    RunSpec(dataset=EXAMPLE, model="efficientnetlite0", weights=weights, epochs=30)
    for weights in ("random", "imagenet")
)


class ExampleNote(Document):
    """``prepared``: its data set has been made. ``runs``: ids of those that were queued, in the
    order of ``RUNS``, empty for one that could not be. ``audited``: ids of those whose audit has
    been seen to. ``over``: nothing is left to do; ``reason``: why it broke off, a sentence.
    ``began``: seconds since 1970."""

    SPOKEN = "How far the example is"

    began: float = 0.0
    prepared: bool = False
    runs: tuple[str, ...] = ()
    audited: tuple[str, ...] = ()
    over: bool = False
    reason: str = ""


def plan_example(store: Store) -> None:
    """Note that the data folder is to get an example, if nothing has ever been in it.

    To be called before its phantom films are drawn, which are the sign of an earlier start.
    """
    workspace = store.workspace
    if workspace.phantom_note.exists() or workspace.example_note.exists():
        return
    if store.catalogue.sources() or store.datasets.all():
        return
    if any(run.origin.kind != "starter" for run in store.runs.all()):
        return
    ExampleNote(began=time.time()).save(workspace.example_note)


def pending(workspace: Workspace) -> ExampleNote | None:
    """How far the example is; None when there is none to prepare, or no more."""
    note = ExampleNote.load_if_readable(workspace.example_note)
    return None if note is None or note.over else note


def prepare_example(store: Store, wait: Callable[[float], object] = time.sleep) -> None:
    """Do what is left of a planned example; returns when it is over. ``wait`` passes seconds.

    Of several servers one does it. Nothing of it is queued while somebody's own run trains or
    waits, and only one run of it at a time, so nobody waits for more than one.
    """
    if pending(store.workspace) is None:
        return
    with FileLock(store.workspace.root / "example.lock", poll_interval=LOOK_SECONDS):
        note = pending(store.workspace)
        if note is None:  # another server has finished it meanwhile
            return
        work = _Preparation(store, wait, note)
        try:
            work.carry_out()
        except ThoraxLensError as error:
            work.note_down(over=True, reason=str(error))
        else:
            work.note_down(over=True)


@dataclass
class _Preparation:
    """One server's part in it. ``note``: as it stands in the data folder."""

    store: Store
    wait: Callable[[float], object]
    note: ExampleNote
    _tried: set[str] = field(default_factory=set)  # what was started again already

    def carry_out(self) -> None:
        if not self.note.prepared:
            self._prepare()
            self.note_down(prepared=True)
        for number, spec in enumerate(RUNS):
            if number >= len(self.note.runs):
                self._wait_for_others()
                if not self._has_dataset():
                    return  # somebody has removed it
                self.note_down(runs=(*self.note.runs, self._queue(spec)))
            self._follow(self.note.runs[number])
        for run_id in reversed(self.note.runs):
            if run_id not in self.note.audited:
                self._audit(run_id)
                self.note_down(audited=(*self.note.audited, run_id))

    def note_down(self, **changed: object) -> None:
        self.note = self.note.model_copy(update=changed)
        with suppress(OSError):  # on a full disk it is done again, which changes nothing
            self.note.save(self.store.workspace.example_note)

    def _prepare(self) -> None:
        # Only here: these need pandas, for which the first page does not wait.
        from core.datasets import prepare
        from core.datasets.phantom import CLASSES, PHANTOM_SOURCE

        if self._has_dataset():  # made by a server that was killed before it could note it
            return
        names = ("covid", "healthy")
        spec = DatasetSpec.build(
            name=EXAMPLE,
            classes=tuple(
                ClassSpec.build(name=name, findings=(finding,), sources=(PHANTOM_SOURCE,))
                for name, finding in zip(names, CLASSES, strict=True)
            ),
        )
        prepare.save_dataset(self.store, prepare.plan(self.store.catalogue.frame(), spec))

    def _has_dataset(self) -> bool:
        try:
            self.store.datasets.get(EXAMPLE)
        except NotFoundError:
            return False
        return True

    def _queue(self, spec: RunSpec) -> str:
        """The id of a run; empty when it cannot be, because its weights are not installed."""
        origin = RunOrigin(
            kind="example",
            title=f"{network_title(spec.model)} ({learnt_short(spec)})",
            artificial=True,
        )
        # It is there already when a server was killed before it could note it.
        if not (found := self._queued(spec, origin)):
            with suppress(ThoraxLensError):
                launcher.launch(self.store, spec, origin)
            # Also where it is queued, and only what starts it could not be started yet.
            found = self._queued(spec, origin)
        return found

    def _queued(self, spec: RunSpec, origin: RunOrigin) -> str:
        for run in self.store.runs.all():
            if run.spec == spec and run.origin == origin and run.run_id not in self.note.runs:
                return run.run_id
        return ""

    def _follow(self, run_id: str) -> None:
        """Until the run is over, one way or another. Broken off by the computer, it goes on."""
        while (run := self._run(run_id)) is not None:
            if run.state in FINISHED:
                if run.state is not RunState.INTERRUPTED or run_id in self._tried:
                    return
                self._tried.add(run_id)
                self._wait_for_others()
                launcher.resume(self.store, run_id)
            refresh(self.store)
            self.wait(LOOK_SECONDS)

    def _audit(self, run_id: str) -> None:
        self._wait_for_others()
        run = self._run(run_id)
        if run is None or run.state is not RunState.DONE:
            return
        job = audit_job(self.store, run_id)
        if job.status().state in (None, RunState.FAILED, RunState.INTERRUPTED):
            start_audit(self.store, run_id)
        while job.status().is_running:
            self.wait(LOOK_SECONDS)

    def _wait_for_others(self) -> None:
        """Until nobody's own run trains or waits."""
        while any(run.run_id not in self.note.runs for run in self.store.runs.all(UNFINISHED)):
            refresh(self.store)
            self.wait(LOOK_SECONDS)

    def _run(self, run_id: str) -> Run | None:
        try:
            return self.store.runs.get(run_id)
        except NotFoundError:  # removed, or one that could not be queued
            return None
