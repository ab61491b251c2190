"""What a cluster looks like, for pages and doctor, which never load Ray: a process apart looks at
it (``core.cluster.watch``) as long as somebody wants to know, and writes down what it sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, ClassVar

from filelock import FileLock, Timeout
from pydantic import Field

from core.cluster.membership import Members, Node
from core.documents import Document, Part
from core.errors import DamagedError
from core.runs.kinds import KINDS
from core.runs.machines import Card, Machine, Seats
from core.runs.processes import start_detached, with_our_modules
from core.runs.upkeep import unfinished
from core.runs.waiting import SOON
from core.runs.whereabouts import is_elsewhere, whereabouts
from core.store import JobRow, RunState, Store
from core.workspace import PROJECT_ROOT, Workspace

WATCHED_SECONDS = 30.0  # how long a look at a page keeps the watching up
OLD_SECONDS = 20.0  # what was seen before then says nothing of now
PATIENCE_SECONDS = 90.0  # for Ray to load and to connect, on a busy machine
ENTRY = "core.cluster.watch"

# The watchers that this process started, so that it collects each when it has ended.
_watchers: list[subprocess.Popen[bytes]] = []


class SeenNode(Part):
    """A node. ``node``: Ray's name of it, another one each time that it is started. ``is_here``:
    whether the data folder is on it. ``gone``: why it is no longer there, empty while it is.
    ``unfit``: why it gets no work, a sentence; empty where it does, None while it has not said what
    it has. ``load``, memory and ``cards``: as ``Machine`` has them. ``cpus`` and ``gpus``: what it
    gives to work; ``…_taken``: how much of that is given."""

    node: str
    name: str
    is_here: bool = False
    gone: str = ""
    unfit: str | None = None
    cpus: Annotated[float, Field(ge=0)] = 0.0
    cpus_taken: Annotated[float, Field(ge=0)] = 0.0
    gpus: Annotated[float, Field(ge=0)] = 0.0
    gpus_taken: Annotated[float, Field(ge=0)] = 0.0
    processor: str = ""
    load: float | None = None
    memory_total: int | None = None
    memory_used: int | None = None
    cards: tuple[Card, ...] = ()

    def as_machine(self) -> Machine:
        """As the page shows it."""
        seats = [Seats("cores given to work", self.cpus_taken, self.cpus)]
        if self.gpus:
            seats.append(Seats("graphics cards given to work", self.gpus_taken, self.gpus))
        return Machine(
            self.name, self.is_here, self.gone or self.unfit or "", self.processor, self.load,
            self.memory_total, self.memory_used, self.cards, tuple(seats),
        )  # fmt: skip


class SeenCluster(Document):
    """``address``: as it was asked for. ``at``: when, seconds since 1970. ``trouble``: why nothing
    is seen, a sentence; empty when something is. ``ray``: the version of Ray here."""

    SPOKEN: ClassVar[str] = "What was seen of the cluster"

    address: str = ""
    at: float = 0.0
    trouble: str = ""
    ray: str = ""
    nodes: tuple[SeenNode, ...] = ()


def seen_file(workspace: Workspace) -> Path:
    """Where the watching process writes what it sees."""
    return workspace.root / "cluster.json"


def wanted_file(workspace: Workspace) -> Path:
    """Touched by each who wants to know."""
    return workspace.root / "cluster.wanted"


def watch_lock(workspace: Workspace) -> FileLock:
    """Held by the one process that watches."""
    return FileLock(workspace.root / "cluster.lock")


def seen_cluster(workspace: Workspace, address: str) -> SeenCluster | None:
    """What the cluster looks like now; None until that is known. Keeps the watching up, and returns
    at once."""
    _watchers[:] = [one for one in _watchers if one.poll() is None]
    with suppress(OSError):
        wanted_file(workspace).touch()
        if not _watchers and not _is_watched(workspace):
            _watchers.append(_start_watching(workspace, address))
    found = SeenCluster.load_if_readable(seen_file(workspace))
    if found is None or found.address != address or time.time() - found.at > OLD_SECONDS:
        return None
    return found


def look_once(address: str, patience: float = PATIENCE_SECONDS) -> SeenCluster:
    """The same, looked at now, in a process of its own; seconds. ``patience``: in seconds, after
    which a cluster that does not answer is in trouble."""
    command = [sys.executable, "-m", ENTRY, "--once", "--address", address]
    try:
        done = subprocess.run(
            command,
            cwd=PROJECT_ROOT,
            env=with_our_modules(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return SeenCluster(address=address, trouble=f"There was no answer in {patience:.0f} s.")
    try:
        return SeenCluster.from_json(done.stdout.strip().splitlines()[-1])
    except (IndexError, DamagedError, json.JSONDecodeError):
        said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        return SeenCluster(address=address, trouble=f"The look at it broke off ({said[:200]}).")


def why_it_waits_there(store: Store, row: JobRow, seen: SeenCluster) -> str:
    """Why a row that a node could do has not begun: a sentence without its full stop."""
    if seen.trouble:
        return "It waits until the cluster answers"
    kind = KINDS[row.kind]
    there = [one for one in seen.nodes if not one.gone]
    nodes = [Node(one.node, one.name, int(one.cpus), int(one.gpus)) for one in there]
    members = Members(
        nodes={one.id: one for one in nodes},
        unfit={one.node: one.unfit for one in there if one.unfit},
    )
    if members.free(row, kind, []) is None:
        return "No machine of the cluster can do it; the table says why"
    rows = unfinished(store)
    taken = []
    for one in rows:
        if is_elsewhere(store, one):
            node = whereabouts(store, one).node
            taken.append((node, members.slot_of(one.device, members.named(node, one.node))))
    before = 0
    for one in rows:
        if one.job_id == row.job_id:
            break
        before += one.state == RunState.QUEUED and KINDS[one.kind].travels
    if members.free(row, kind, taken) is not None and not before:
        return SOON
    line = f"; {before} before it" if before else ""
    return f"It waits for a free place in the cluster{line}"


def _is_watched(workspace: Workspace) -> bool:
    lock = watch_lock(workspace)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _start_watching(workspace: Workspace, address: str) -> subprocess.Popen[bytes]:
    return start_detached(
        [sys.executable, "-m", ENTRY, "--data", str(workspace.root), "--address", address],
        cwd=PROJECT_ROOT,
        environment=with_our_modules(os.environ),
        log=workspace.root / "cluster.log",
    )
