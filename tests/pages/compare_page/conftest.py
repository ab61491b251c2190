"""What the tests of Compare share."""

from __future__ import annotations

import pytest

from core.store import Store


@pytest.fixture(autouse=True)
def _anew(fresh_caches: None) -> None:
    """Each test of Compare begins with nothing kept."""


@pytest.fixture
def quiet_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of this test, without the artificial films of a first start."""
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda *_, **__: None)
    return store
