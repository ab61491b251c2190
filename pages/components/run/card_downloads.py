"""Buttons that save a run's model card; it is made only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.card.document import ModelCard
from core.card.facts import gather_facts
from core.card.html import to_html
from core.card.pdf import to_pdf
from core.card.sections import model_card
from core.store import Run, Store
from pages.components.downloads import safe_name

HELP = (
    "All that is known of this run on a few pages, to print or to pass on: the films, the split, "
    "the results with intervals, the audit, its limits, and what it fills of CLAIM, the checklist "
    "that journals of radiology ask for."
)


def card_downloads(store: Store, run: Run) -> None:
    """One button for a PDF, one for an HTML page."""
    st.subheader("Model card", help=HELP)
    st.caption("The films, the results, the audit and the limits of this run, to pass on.")
    name = safe_name(f"model-card-{run.run_id}")
    with st.container(horizontal=True):
        for label, kind, make in (
            ("PDF", "application/pdf", to_pdf),
            ("HTML page", "text/html", lambda card: to_html(card).encode()),
        ):
            st.download_button(
                label,
                _maker(store, run, make),
                file_name=f"{name}.{kind.rpartition('/')[2]}",
                mime=kind,
                icon=":material/download:",
                key=f"card_{kind}",
                on_click="ignore",
            )


def _maker(store: Store, run: Run, make: Callable[[ModelCard], bytes]) -> Callable[[], bytes]:
    return lambda: make(model_card(gather_facts(store, run.run_id)))
