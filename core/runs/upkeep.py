"""That there is a dispatcher while there is work, and that what died is known to be dead."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import NotFoundError
from core.people.asking import asks, by_itself
from core.people.roles import Deed
from core.public import is_public
from core.runs.kinds import KINDS
from core.runs.liveness import is_starting, mark_dead, worker_of
from core.runs.processes import start_detached, with_our_modules
from core.runs.spare_memory import LEAST_BYTES, spare_memory
from core.runs.surroundings import surroundings
from core.runs.warm_time import WarmNote, can_be_warm, warm_time
from core.runs.whereabouts import is_elsewhere
from core.store import JobRow, Store
from core.workspace import PROJECT_ROOT, Workspace, ray_address

DISPATCHER_LOG = "dispatcher.log"
LET_GO_SECONDS = 4.0  # how long an idle dispatcher may take to go
WISH_SECONDS = 20.0  # between two wishes that the software be loaded

# The dispatchers that this process started, so that it does not start one a second while
# the first is still loading, and collects each when it has ended.
_dispatchers: dict[Path, list[subprocess.Popen[bytes]]] = {}


def refresh(store: Store, *, at_once: bool = False) -> None:
    """Bring the queue and its processes into agreement; cheap enough for every look at a page.

    What has lost its process is interrupted, and a dispatcher is started when there is something
    to do and none at work. ``at_once``: for certain, because something was just queued and a
    dispatcher that lives may be about to end. Two at once do no harm, since the second waits for
    the lock and goes. Raises NotFoundError when none can be started.
    """
    if is_public():
        return  # what a show is made of has ended, and nothing else is to begin
    with by_itself():
        _look_after(store, at_once=at_once)


def _look_after(store: Store, *, at_once: bool) -> None:
    alive = [one for one in _dispatchers.get(store.workspace.root, []) if one.poll() is None]
    _dispatchers[store.workspace.root] = alive
    # One that lives sees to all of this itself, and knows the exit codes.
    if at_once or not alive:
        _reconcile(store)


def _reconcile(store: Store) -> None:
    rows = unfinished(store)
    if not rows or _dispatcher_is_at_work(store.workspace):
        return
    for row in rows:
        if not row.is_active or worker_of(row) is not None or is_starting(row):
            continue
        if not is_elsewhere(store, row):  # else the next dispatcher asks the cluster
            mark_dead(store, row)
    if unfinished(store):
        started = _start_dispatcher(store.workspace)
        _dispatchers.setdefault(store.workspace.root, []).append(started)


def make_way(store: Store) -> None:
    """Call it before something is queued: what is idle and has the software loaded with other code
    or other settings than this process has goes first, so that it does not get the work."""
    workspace = store.workspace
    note = WarmNote.load_if_readable(workspace.warm_note)
    if note is None or unfinished(store):
        return
    if note.surroundings != surroundings(os.environ):
        let_go(store)


def let_go(store: Store) -> None:
    """Make what has the software loaded go, and with it a dispatcher that is idle; returns when
    they are gone, or after 4 seconds, because they are at work."""
    store.workspace.warm_note.unlink(missing_ok=True)
    until = time.monotonic() + LET_GO_SECONDS
    while time.monotonic() < until and _dispatcher_is_at_work(store.workspace):
        time.sleep(0.05)


@asks(Deed.TRAIN)
def keep_warm(store: Store) -> None:
    """Somebody is about to start work: let the software be loaded, unless it is, as long as the
    setting says from now on. Returns at once, and may be called at every look at a page."""
    workspace = store.workspace
    if not can_be_warm() or not warm_time(workspace).minutes or spare_memory() < LEAST_BYTES:
        return
    if ray_address() or is_public():  # then runs are elsewhere, or there are none
        return
    # Where it cannot be, the run that comes loads it itself, or says why it does not start.
    with suppress(OSError, NotFoundError):
        if _age(workspace.warm_wish) < WISH_SECONDS:
            return
        make_way(store)
        workspace.warm_wish.touch()
        if not _dispatcher_is_at_work(workspace):
            started = _start_dispatcher(workspace)
            _dispatchers.setdefault(workspace.root, []).append(started)


def _age(file: Path) -> float:
    """Seconds since it was written; as long as can be for one that is not there."""
    try:
        return abs(time.time() - file.stat().st_mtime)
    except FileNotFoundError:
        return math.inf


def unfinished(store: Store) -> list[JobRow]:
    """What waits or works, in the order of the queue, of the kinds that this version knows."""
    return [row for row in store.queue.unfinished() if row.kind in KINDS]


def _dispatcher_is_at_work(workspace: Workspace) -> bool:
    lock = FileLock(workspace.dispatcher_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _start_dispatcher(workspace: Workspace) -> subprocess.Popen[bytes]:
    # Named, not imported: that room stands higher, and loads Ray.
    module = "core.cluster.dispatcher" if ray_address() else "core.runs.dispatcher"
    command = [sys.executable, "-m", module, "--data", str(workspace.root)]
    try:
        return start_detached(
            command,
            cwd=PROJECT_ROOT,
            environment=with_our_modules(os.environ),
            log=workspace.root / DISPATCHER_LOG,
        )
    except OSError as error:
        raise NotFoundError(
            f"The process that starts all work could not be started ({error}). What you asked "
            "for waits in the queue; free some memory or disk space and reload the page."
        ) from None
