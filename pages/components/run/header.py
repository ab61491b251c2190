"""What stands above all tabs of a run's page: what it is, and whether it is to be believed."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.palette import CSS_SURROUND
from core.people.asking import may
from core.people.roles import Deed
from core.store import Run, Store
from pages.components.audit.verdict import verdict_chip
from pages.components.audit_word import audit_of
from pages.components.run.chosen_run import another_run
from pages.components.run.remarks_form import remarks_form, remarks_problem, star_button
from pages.components.run_labels import escaped, network, title, when

NOTE_SHOWN = 200  # letters of the notes' first line; all of them are one click away
KEY = "run_header"
BAR = "3.25rem"  # of Streamlit, at the top of each page, under which the page scrolls


def run_header(store: Store, run: Run, finished: list[Run]) -> None:
    """``finished``: what can be opened in its place."""
    remarks_problem()
    with st.container(key=KEY, gap="xxsmall"):
        st.html(f"<style>{_style()}</style>")
        st.title(escaped(title(run)))
        st.html(_facts(store, run))
    if note := _note(run.remarks.notes):
        st.caption(f":material/sticky_note_2: {escaped(note)}")
    with st.container(horizontal=True, gap="small"):
        if may(Deed.DESCRIBE):
            star_button(store, run)
            remarks_form(store, run)
        another_run(finished, run)


def _facts(store: Store, run: Run) -> str:
    """As HTML, one line where it fits: the verdict, network and weights, data set, when, the id by
    which commands call it, and tags."""
    parts = [network(run), f"data set {run.spec.dataset}", when(run.finished_at or run.created_at)]
    if run.who:
        parts.append(f"{'taken in' if run.origin.is_from_elsewhere else 'started'} by {run.who}")
    tags = "".join(f'<span class="tag">{escape(one)}</span>' for one in run.remarks.tags)
    return (
        f'<div class="run-facts">{verdict_chip(audit_of(store, run))}'
        f"<span>{' · '.join(map(escape, parts))} · <code>{escape(run.run_id)}</code></span>{tags}"
        "</div>"
    )


def _note(notes: str) -> str:
    first, _, rest = notes.partition("\n")
    if len(first) > NOTE_SHOWN:
        return f"{first[:NOTE_SHOWN].rstrip()} …"
    return f"{first} …" if rest else first


def _style() -> str:
    """A heading that leaves room, and a header that stays in sight where there is enough of it."""
    look = CSS_SURROUND
    place = f'[data-testid="stLayoutWrapper"]:has(> .st-key-{KEY})'
    return f"""
.st-key-{KEY} h1 {{font-size: clamp(1.3rem, 2.2vw, 1.75rem); padding: 0.2rem 0;
  overflow-wrap: anywhere}}
.run-facts {{padding-top: 0.9rem; color: {look.muted}; font-size: 0.9rem; line-height: 1.9}}
.run-facts > span {{margin-right: 0.6rem}}
.run-facts .tag {{border: 1px solid {look.grid}; border-radius: 4px; padding: 0 0.45rem;
  color: {look.text}}}
.run-facts code {{font-size: 0.8rem; white-space: nowrap}}
@media (min-width: 60rem) and (min-height: 44rem) {{
  {place} {{position: sticky; top: {BAR}; z-index: 90; background: {look.background};
    padding-block: 0.2rem 0.5rem; box-shadow: 0 1px {look.grid}}}
  [data-testid="stMain"] {{scroll-padding-top: 9rem}}
}}"""
