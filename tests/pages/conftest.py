"""AppTest as the server is once its first page has been shown."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager

from core.training import launcher


@pytest.fixture(autouse=True)
def _pages_through_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest forgets at every run that ``app.py`` navigates, and would run pages past it."""
    original = PagesManager.__init__

    def remember(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", remember)


@pytest.fixture(autouse=True)
def _nothing_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that sees a queued run starts a dispatcher, which would outlive the tests."""
    monkeypatch.setattr(launcher, "_reconcile", lambda store: None)
