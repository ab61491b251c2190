"""What lies behind an audit's reasons: counts, and the films that training has seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.audit.report import AuditReport, LeakPair
from core.evaluation.slice_sentences import slice_name
from core.store import Store
from core.text import count
from pages.components.downloads import csv_download
from pages.components.films.film_dialog import open_film, show_opened_film
from pages.components.films.gallery import tile
from pages.components.films.tile_row import over
from pages.components.run_labels import escaped

TILE = 150  # px: two beside each other on a telephone
PER_PAGE = 6
_KINDS = {"duplicate": "nearly the same picture", "patient": "the same patient"}


def audit_details(store: Store, report: AuditReport) -> None:
    """The counts by class, the leaks as pictures, and a table of everything."""
    _counts(report)
    _pairs(store, report.pairs)
    csv_download(
        "All findings (CSV)",
        lambda: findings_table(report),
        f"thoraxlens-audit-{report.run}",
        key="audit_csv",
    )


def findings_table(report: AuditReport) -> pd.DataFrame:
    """One row a finding: check, level, value, low, high, sentence."""
    rows = []
    for one in report.findings:
        low, high = one.interval or (None, None)
        rows.append(
            {"check": one.check, "level": one.level, "value": one.value, "low": low, "high": high,
             "sentence": one.sentence}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _counts(report: AuditReport) -> None:
    tables = [one for one in report.findings if one.counts]
    if not tables:
        return
    st.subheader("What each class is made of")
    for one in tables:
        st.markdown(f"**{escaped(one.title)}** (films)")
        # Values down, classes across: two columns fit a telephone, six age groups do not.
        name = one.title.removeprefix("Class and ")
        frame = pd.DataFrame(one.counts).rename_axis(name)
        frame = frame.rename(index=partial(slice_name, name))
        frame = frame.rename(index=escaped, columns=escaped)  # cells of st.table are Markdown
        st.table(frame.fillna(0).astype(int))
        for said in one.published:
            st.caption(f"Where the films say nothing, their publisher does: {escaped(said)}.")


def _pairs(store: Store, pairs: Sequence[LeakPair]) -> None:
    if not pairs:
        return
    st.subheader(
        "Test films that training has seen",
        help="A leak: what the network was tested on was, in part, what it learnt from.",
    )
    pages = -(-len(pairs) // PER_PAGE)
    number = 1
    if pages > 1:
        number = int(st.pagination(pages, key="audit_pairs", max_visible_pages=5, width=288))
    first = (number - 1) * PER_PAGE
    named = [film for one in pairs for film in (one.test_film, one.train_film)]
    if not any(store.workspace.thumbnail(film).is_file() for film in named):
        st.caption(f"{count(len(pairs), 'pair')}. Their films are not in this data folder.")
        return
    st.caption(f"{len(pairs):,} pairs, the most alike first; likeness 1 is the same picture.")
    with st.container(horizontal=True, gap="medium", key="audit_strip"):
        over("audit_strip", TILE)
        for place, one in enumerate(pairs[first : first + PER_PAGE]):
            _pair(store, one, place)
    show_opened_film(dict.fromkeys(id_ for one in pairs for id_ in (one.test_film, one.train_film)))


def _pair(store: Store, pair: LeakPair, place: int) -> None:
    with st.container(width=2 * TILE + 24, gap="xsmall"):
        with st.container(horizontal=True, gap="small"):
            for film, where in ((pair.test_film, "test"), (pair.train_film, "training")):
                with st.container(width=TILE, gap="xsmall"):
                    picture = tile(str(store.workspace.thumbnail(film)), TILE)
                    st.image(picture, width=TILE, alt=f"Film of the {where} films")
                    st.button(
                        where,
                        key=f"audit_open_{place}_{where}",
                        on_click=open_film,
                        args=(film,),
                        type="tertiary",
                        width="stretch",
                        help="Click to see it large.",
                    )
        st.caption(
            f"{_KINDS[pair.kind]} · {escaped(pair.test_class)} · likeness {pair.likeness:.2f}"
        )
