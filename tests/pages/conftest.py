"""Pages run in the test's own process, and start no other."""

from __future__ import annotations

import pytest

from core.runs import launcher


@pytest.fixture(autouse=True)
def _nothing_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that sees a queued run starts a dispatcher, which would outlive the tests."""
    monkeypatch.setattr(launcher, "_reconcile", lambda store: None)
