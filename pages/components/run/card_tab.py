"""A run to pass on: its model card, to be read here or saved, and the run itself as a file."""

from __future__ import annotations

from core.card.facts import gather_facts
from core.card.sections import model_card
from core.store import Run, Store
from pages.components.run.card_downloads import card_downloads
from pages.components.run.card_view import card_view
from pages.components.run.pass_on import pass_on


def card_tab(store: Store, run: Run) -> None:
    """What can be saved first: the card is a few pages. Raises what ``gather_facts`` does."""
    card_downloads(store, run)
    pass_on(store, run)
    card_view(model_card(gather_facts(store, run.run_id)))
