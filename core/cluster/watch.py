"""Looks at a Ray cluster for pages and doctor: ``python -m core.cluster.watch``.

One a data folder (a file lock). It ends when nobody has wanted to know for a while. Each node has
an actor of its own for it, which asks for no core and goes with this process.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from filelock import Timeout

from core.cluster.connection import attendant_on, connected
from core.cluster.membership import named_by_ray
from core.cluster.sameness import about_this_machine, chosen_backend, why_unfit
from core.cluster.seen import (
    WATCHED_SECONDS,
    SeenCluster,
    SeenNode,
    seen_file,
    wanted_file,
    watch_lock,
)
from core.errors import InputError
from core.runs.machines import Card
from core.workspace import Workspace, named_workspace

LOOK_SECONDS = 2.0
ANSWER_SECONDS = 5.0  # a node that takes longer is shown without what only it can say
FIRST_SECONDS = 60.0  # its first answer takes a process there


@dataclass
class _Asked:
    """The actor on a node. ``told``: what it said last."""

    actor: Any
    about: Any
    unfit: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    looking: Any = None


@dataclass
class Watch:
    """``ray``: the module, connected."""

    ray: Any
    address: str
    backend: str = field(default_factory=chosen_backend)
    _asked: dict[str, _Asked] = field(default_factory=dict)

    def look(self, patience: float = ANSWER_SECONDS) -> SeenCluster:
        """What is there now. Nodes that went away stay in the list as gone, until one of the same
        name has come."""
        free = self.ray._private.state.available_resources_per_node()
        here = self.ray.get_runtime_context().get_node_id()
        nodes = _not_come_back(self.ray.nodes())
        for one in nodes:
            if one["Alive"] and one["NodeID"] not in self._asked:
                self._asked[one["NodeID"]] = self._ask(one["NodeID"])
        self._listen({one["NodeID"]: named_by_ray(one) for one in nodes if one["Alive"]}, patience)
        seen = [self._seen(one, free.get(one["NodeID"], {}), here) for one in nodes]
        return SeenCluster(
            address=self.address,
            at=time.time(),
            ray=self.ray.__version__,
            nodes=tuple(sorted(seen, key=lambda one: (bool(one.gone), not one.is_here, one.name))),
        )

    def _ask(self, node_id: str) -> _Asked:
        actor = attendant_on(self.ray, node_id, num_cpus=0)
        return _Asked(actor, actor.about.remote(self.backend))

    def _listen(self, nodes: Mapping[str, str], patience: float) -> None:
        """Take in what the nodes have said, and wait a little for what they have not. ``nodes``:
        id → name."""
        asked = [self._asked[one] for one in nodes]
        for one in asked:
            if one.unfit == "" and one.looking is None:
                one.looking = one.actor.look.remote()
        open_answers = [one.looking or one.about for one in asked if one.looking or one.about]
        if not open_answers:
            return
        self.ray.wait(open_answers, num_returns=len(open_answers), timeout=patience)
        for node_id, name in nodes.items():
            self._take(node_id, name)

    def _take(self, node_id: str, name: str) -> None:
        one = self._asked[node_id]
        try:
            if one.about is not None and self._is_ready(one.about):
                its, one.about = self.ray.get(one.about), None
                one.unfit = why_unfit(name, its, about_this_machine(self.backend))
            elif one.looking is not None and self._is_ready(one.looking):
                told, one.looking = self.ray.get(one.looking), None
                one.told = told
        except self.ray.exceptions.RayError:  # it went away, or its actor did: ask anew
            del self._asked[node_id]

    def _is_ready(self, answer: Any) -> bool:
        ready, _ = self.ray.wait([answer], timeout=0)
        return bool(ready)

    def _seen(self, node: Mapping[str, Any], free: Mapping[str, float], here: str) -> SeenNode:
        has = node["Resources"]
        asked = self._asked.get(node["NodeID"])
        told = asked.told if asked and node["Alive"] else {}
        cpus, gpus = has.get("CPU", 0.0), has.get("GPU", 0.0)
        return SeenNode(
            node=node["NodeID"],
            name=named_by_ray(node),
            is_here=node["NodeID"] == here,
            gone="" if node["Alive"] else _why_gone(node),
            unfit=asked.unfit if asked else None,
            cpus=cpus,
            cpus_taken=max(cpus - free.get("CPU", 0.0), 0.0) if node["Alive"] else 0.0,
            gpus=gpus,
            gpus_taken=max(gpus - free.get("GPU", 0.0), 0.0) if node["Alive"] else 0.0,
            processor=str(told.get("processor", "")),
            load=told.get("load"),
            memory_total=told.get("memory_total") or int(has.get("memory", 0)) or None,
            memory_used=told.get("memory_used"),
            cards=tuple(Card(**one) for one in told.get("cards", ())),
        )


def _not_come_back(nodes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without those that are gone and there again, which Ray keeps as well, and each gone one
    once."""
    living = [one for one in nodes if one["Alive"]]
    there = {named_by_ray(one) for one in living}
    gone = {named_by_ray(one): one for one in nodes if not one["Alive"]}
    return [*living, *(one for name, one in gone.items() if name not in there)]


# What Ray says of a node that went away, by a part of it.
_GONE_WORDS = {
    "heartbeats": "It is gone: it does not answer any more.",
    "SIGTERM": "It is gone: it was shut down.",
}


def _why_gone(node: Mapping[str, Any]) -> str:
    said = str(node.get("DeathReasonMessage") or "").strip()
    for mark, why in _GONE_WORDS.items():
        if mark in said:
            return why
    return f"It is gone ({said.splitlines()[0][:200]})." if said else "It is gone."


def _trouble(address: str, error: BaseException) -> SeenCluster:
    if isinstance(error, ImportError):
        why = "Ray is not installed here: pip install --require-hashes -r requirements-ray.lock."
    elif isinstance(error, InputError):
        why = str(error)
    else:
        lines = [line for line in str(error).splitlines() if line.strip()]
        why = f"It does not answer ({(lines or [type(error).__name__])[0][:200]})."
    return SeenCluster(address=address, at=time.time(), trouble=why)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="core.cluster.watch", description=__doc__)
    parser.add_argument("--address", required=True, help="of the cluster: auto or HOST:PORT")
    parser.add_argument("--data", help="the data folder to write into")
    parser.add_argument("--once", action="store_true", help="print one look and end")
    options = parser.parse_args(arguments)
    if options.once:
        try:
            watch = Watch(connected(options.address), options.address)
            watch.look(FIRST_SECONDS)
            seen = watch.look(FIRST_SECONDS)
        except Exception as error:  # noqa: BLE001 - Ray says it in errors of many kinds
            seen = _trouble(options.address, error)
        print(seen.to_json(), flush=True)
        return 0
    workspace = named_workspace(options.data)
    try:
        with watch_lock(workspace).acquire(timeout=0):
            _watch(workspace, options.address)
    except Timeout:  # another one is at it
        pass
    return 0


def _watch(workspace: Workspace, address: str) -> None:
    try:
        watch = Watch(connected(address), address)
        while _is_wanted(workspace):
            watch.look().save(seen_file(workspace))
            time.sleep(LOOK_SECONDS)
    except Exception as error:  # noqa: BLE001 - Ray says it in errors of many kinds
        print(f"{type(error).__name__}: {error}", flush=True)
        _trouble(address, error).save(seen_file(workspace))
        time.sleep(LOOK_SECONDS)  # before the next one tries


def _is_wanted(workspace: Workspace) -> bool:
    try:
        return abs(time.time() - wanted_file(workspace).stat().st_mtime) < WATCHED_SECONDS
    except OSError:  # the data folder is gone
        return False


def _leave(code: int) -> None:
    """At once: what Ray tears down at the end takes seconds, and nobody waits for it."""
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main())
