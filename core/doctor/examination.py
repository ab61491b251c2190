"""Everything looked at, in the order in which one thing needs another."""

from __future__ import annotations

from collections.abc import Iterator

from core.doctor import cluster, installation, place
from core.doctor.observation import Observation
from core.runs.devices import list_devices
from core.workspace import Workspace, ray_address


def examine(workspace: Workspace) -> Iterator[Observation]:
    """What is well and what is not, as it is found; seconds, of which computing is nearly all."""
    yield installation.python()
    yield from installation.libraries()
    yield place.disk(workspace)
    yield from place.store(workspace)
    yield from place.weights(workspace)
    yield place.port()
    yield from cluster.ray(ray_address())
    yield from installation.computing(list_devices())
