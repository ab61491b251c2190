"""A run to pass on: its model card, and the run itself as a file."""

from __future__ import annotations

from core.store import Run, Store
from pages.components.run.card_downloads import card_downloads
from pages.components.run.pass_on import pass_on


def card_tab(store: Store, run: Run) -> None:
    """The card first: it says what the file holds."""
    card_downloads(store, run)
    pass_on(store, run)
