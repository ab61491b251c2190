"""What the tests of Compare share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from core.store import Store


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def quiet_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of this test, without the artificial films of a first start."""
    monkeypatch.setattr("core.datasets.phantom.ensure_phantoms", lambda *_, **__: None)
    return store
