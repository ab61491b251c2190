"""Ray itself: connecting to a cluster, and one process of ours on a node. The only module that
loads it, in the processes that need it and in no other."""

from __future__ import annotations

import importlib
import logging
import os
from typing import Any

from core.cluster import attendant
from core.cluster.reaching import why_unreachable
from core.errors import InputError
from core.workspace import PROJECT_ROOT


def connected(address: str, namespace: str | None = None) -> Any:
    """Ray, connected. ``address``: as ``core.workspace.ray_address`` has it; ``namespace``: in
    which actors are found by their names. Raises InputError when nothing listens there, ImportError
    when Ray is not installed, and what Ray raises."""
    if why := why_unreachable(address):
        raise InputError(why)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody outside
    # By its name: it need not be installed, and has types only where it is.
    ray: Any = importlib.import_module("ray")
    ray.cloudpickle.register_pickle_by_value(attendant)
    ray.init(address=address, namespace=namespace, log_to_driver=False, logging_level=logging.ERROR)
    return ray


def attendant_on(ray: Any, node_id: str, **options: Any) -> Any:
    """A new actor of ours on this node and on no other. ``options``: Ray's, of an actor."""
    strategies = importlib.import_module("ray.util.scheduling_strategies")
    here = strategies.NodeAffinitySchedulingStrategy(node_id, soft=False)
    kind = ray.remote(attendant.Attendant)
    return kind.options(scheduling_strategy=here, **options).remote(str(PROJECT_ROOT))
