"""Pages run in the test's own process, and start no other."""

from __future__ import annotations

import pytest

from tests.core.runs.jobs_at_hand import no_dispatcher


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that sees something queued starts a dispatcher, which would outlive the tests."""
    no_dispatcher(monkeypatch)
