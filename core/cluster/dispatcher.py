"""The dispatcher of a data folder whose work runs on a cluster:
``python -m core.cluster.dispatcher``. Like ``core.runs.dispatcher``, with one more place."""

from __future__ import annotations

from collections.abc import Sequence

from core.cluster.ray_cluster import RayCluster
from core.runs import dispatcher
from core.runs.places import WorkPlace
from core.store import Store
from core.workspace import ray_address


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    return dispatcher.main(arguments, _nodes)


def _nodes(store: Store) -> Sequence[WorkPlace]:
    address = ray_address()
    return [RayCluster(store, address)] if address else []


if __name__ == "__main__":
    raise SystemExit(main())
