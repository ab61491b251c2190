"""What the tests on a Ray cluster share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from core.store import Store
from core.workspace import RAY_VARIABLE
from tests.core.cluster.three_nodes import Nodes, dispatchers
from tests.core.phantom_dataset import with_a_dataset


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray calls it so
    made = Nodes(tmp_path_factory.mktemp("node"))
    yield made
    made.end()


@pytest.fixture
def films(phantom_store: Store, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv(RAY_VARIABLE, nodes.address)
    yield with_a_dataset(phantom_store, 12, 4, 4)
    for process in dispatchers(phantom_store):
        process.kill()
