"""The nodes of a cluster, as it names them, and the slots that they have. No Ray here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.runs.devices import CPU
from core.runs.kinds import Kind, Seat
from core.store import JobRow

CPUS_VARIABLE = "THORAXLENS_RAY_CPUS"
LOOK_SECONDS = 1.0
SHUN_SECONDS = 60.0


@dataclass(frozen=True)
class Slot:
    """What one piece of work asks a node for."""

    cpus: int
    gpus: int = 0

    @property
    def in_words(self) -> str:
        """As ``Run.device`` before the worker has said better."""
        return "GPU" if self.gpus else "CPU"


@dataclass(frozen=True)
class Node:
    """``id``: Ray's, another one each time that it is started. ``cpus`` and ``gpus``: all that it
    offers. ``memory``: bytes."""

    id: str
    name: str
    cpus: int = 0
    gpus: int = 0
    memory: int = 0


@dataclass
class Members:
    """``cpus_each``: how many CPUs a piece of work without a GPU gets: as many as this machine has,
    unless ``$THORAXLENS_RAY_CPUS`` says another number. A smaller node gives all that it has."""

    cpus_each: int = field(default_factory=lambda: cpus_each())
    nodes: dict[str, Node] = field(default_factory=dict)
    _looked: float = 0.0
    _shunned: dict[str, float] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)

    def look(self, ask: Callable[[], Sequence[dict[str, Any]]]) -> None:
        """Ask the cluster who is there, unless that was a moment ago. ``ask``: ``ray.nodes``."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            self.nodes = {one.id: one for one in map(_node, ask()) if one is not None}

    def is_dead(self, node_id: str) -> bool:
        """Whether the cluster no longer counts that node among its own."""
        return node_id not in self.nodes

    def shun(self, node_id: str, why: str, *, for_a_while: bool = False) -> None:
        """Give that node no more work. Started anew it has another id, and gets some."""
        if for_a_while:
            self._shunned[node_id] = time.monotonic() + SHUN_SECONDS
        else:
            self.unfit[node_id] = why

    def free(
        self, job: JobRow, kind: Kind, taken: Sequence[tuple[str, Slot]], only: str = ""
    ) -> str | None:
        """A node with room for the job, to be given to ``slot``; None when it must wait. The one
        that has most room. ``only``: on the node of that id, if at all."""
        with_gpus = any(one.gpus for one in self._usable())
        on_gpu = with_gpus and not kind.on_cpu
        if kind.seat is Seat.DEVICE and job.wanted_device == CPU:
            on_gpu = False
        there = [one for one in self.room(on_gpu=on_gpu, taken=taken) if only in ("", one[0].id)]
        if not there:
            return None
        best, _ = max(there, key=lambda one: one[1])
        return f"{'gpu' if on_gpu else CPU} {best.id}"

    def room(self, *, on_gpu: bool, taken: Sequence[tuple[str, Slot]]) -> list[tuple[Node, int]]:
        """The nodes that have room, and for how much work on a GPU, or without one. ``taken``:
        node and slot of all that is at work."""
        found = []
        for node in self._usable():
            mine = [slot for node_id, slot in taken if node_id == node.id]
            if on_gpu:
                room = node.gpus - sum(slot.gpus for slot in mine)
            else:
                room = (node.cpus - sum(slot.cpus for slot in mine)) // self._cpus_on(node)
            if room > 0:
                found.append((node, room))
        return found

    def slot(self, named: str) -> tuple[Node, Slot]:
        """The node and the slot that ``free`` named."""
        what, _, node_id = named.partition(" ")
        node = self.nodes[node_id]
        return node, Slot(0, 1) if what == "gpu" else Slot(self._cpus_on(node))

    def slot_of(self, device: str, node: Node) -> Slot:
        """The slot of work that was placed before, by its ``Run.device``."""
        return Slot(0, 1) if "gpu" in device.lower() else Slot(self._cpus_on(node))

    def named(self, node_id: str, name: str) -> Node:
        """The node of that id; what is known of it when it is gone."""
        return self.nodes.get(node_id) or Node(node_id, name)

    def threads(self, slot: Slot) -> int:
        """With how many threads work computes in that slot: with as many as on this machine, since
        sums that are split otherwise may end in another last digit. 0: the worker's own choice,
        on a GPU."""
        return 0 if slot.gpus else self.cpus_each

    def _cpus_on(self, node: Node) -> int:
        return max(1, min(self.cpus_each, node.cpus))

    def _usable(self) -> list[Node]:
        now = time.monotonic()
        return [
            one
            for one in self.nodes.values()
            if one.id not in self.unfit and self._shunned.get(one.id, 0.0) < now
        ]


def cpus_each() -> int:
    """Raises InputError for a setting that is no number of at least 1."""
    named = os.environ.get(CPUS_VARIABLE, "").strip()
    if not named:
        try:
            return len(os.sched_getaffinity(0))
        except AttributeError:  # not Linux
            return os.cpu_count() or 1
    if not named.isdigit() or int(named) < 1:
        raise InputError(f"{CPUS_VARIABLE} is “{named}”. Choose a number of CPUs, 1 or more.")
    return int(named)


def named_by_ray(said: Mapping[str, Any]) -> str:
    """What people call a node of ``ray.nodes``: as it was named, else as its machine is called."""
    address, name = said.get("NodeManagerAddress", ""), said.get("NodeName", "")
    if name and name != address:
        return str(name)
    return str(said.get("NodeManagerHostname") or address)


def _node(said: dict[str, Any]) -> Node | None:
    if not said.get("Alive"):
        return None
    has = said.get("Resources", {})
    return Node(
        said["NodeID"],
        named_by_ray(said),
        int(has.get("CPU", 0)),
        int(has.get("GPU", 0)),
        int(has.get("memory", 0)),
    )
