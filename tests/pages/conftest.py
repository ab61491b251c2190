"""Pages run in the test's own process, and start no other."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from core.prediction.client import PredictionClient
from tests.core.runs.jobs_at_hand import no_dispatcher


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that sees something queued starts a dispatcher, which would outlive the tests, and
    Classify a worker."""
    no_dispatcher(monkeypatch)
    monkeypatch.setattr(PredictionClient, "make_ready", lambda self: None)


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """What Streamlit keeps for all sessions is that of this test alone."""
    for cache in (st.cache_resource, st.cache_data):
        cache.clear()
    yield
    for cache in (st.cache_resource, st.cache_data):
        cache.clear()


@pytest.fixture(autouse=True, scope="session")
def _packages_are_searched_once() -> Iterator[None]:
    """Streamlit reads the description of every installed package for each app that a test opens,
    which took longer than most pages; none is installed in between."""
    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield
