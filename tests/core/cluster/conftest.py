"""What the tests on a Ray cluster share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.store import Store
from core.workspace import RAY_VARIABLE
from tests.core.cluster.three_nodes import Nodes, dispatchers, three_nodes
from tests.core.phantom_dataset import with_a_dataset


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with three_nodes(tmp_path_factory.mktemp("node")) as made:
        yield made


@pytest.fixture
def films(phantom_store: Store, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv(RAY_VARIABLE, nodes.address)
    yield with_a_dataset(phantom_store, 12, 4, 4)
    for process in dispatchers(phantom_store):
        process.kill()
