"""What the films on a page are: by finding, source, sex and age."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.datasets.choosing import apart
from core.datasets.label_map import findings_of
from core.figures import age_figure, counts_figure
from core.figures.catalogue import SEVERAL
from core.store.film_rows import UNKNOWN
from pages.components.charts import show_compact, theme

COLOURED = 5  # findings with a colour of their own; more cannot be told apart in a bar
OTHERS = "others"
# Small, so that the films themselves begin on the first screen.
BARS = 6
BAR = 24  # px
AGE_HEIGHT = 210  # px


def catalogue_charts(frame: pd.DataFrame, findings: Sequence[str]) -> None:
    """Four small figures of the films in a catalogue frame that is not empty.

    ``findings``: all single findings of the catalogue, the most frequent first, so that the
    first few keep their colours whatever a filter hides.
    """
    current = theme()
    each = apart(frame)
    coloured = frame.assign(finding=_few(frame["finding"], findings))
    left, right = st.columns(2, gap="large")
    with left:
        (tab,) = st.tabs(["Finding and view"])
        with tab:
            drawing = counts_figure(each, "finding", "view", current, most=BARS, bar=BAR)
            show_compact(drawing, key="films_by_finding", alt="Films by finding and view")
            if len(each) > len(frame):
                st.caption(
                    f"A film with several findings is counted with each: {len(each):,} findings "
                    f"of {len(frame):,} films."
                )
    with right:
        source, sex, age = st.tabs(["Source", "Sex", "Age"])
        with source:
            drawing = counts_figure(coloured, "source", "finding", current, most=BARS, bar=BAR)
            show_compact(drawing, key="films_by_source", alt="Films by source and finding")
        with sex:
            drawing = counts_figure(coloured, "sex", "finding", current, bar=BAR)
            show_compact(drawing, key="films_by_sex", alt="Films by sex and finding")
        with age:
            drawing = age_figure(coloured, "finding", current, height=AGE_HEIGHT)
            show_compact(drawing, key="films_by_age", alt="Films by age and finding")


def _few(findings: pd.Series, ranked: Sequence[str]) -> pd.Series:
    """The most frequent findings in their order, all the rest as one; films with more than one
    are on their own, so that each film is in a bar once."""
    kept = [one for one in ranked if one != UNKNOWN][:COLOURED]
    labels = [*kept, SEVERAL, OTHERS]
    categories = [str(one) for one in findings.cat.categories]
    named = [SEVERAL if len(findings_of(one)) > 1 else one for one in categories]
    codes = [labels.index(one) if one in labels else len(labels) - 1 for one in named]
    # By code: touching each of 100,000 labels would be felt.
    return pd.Series(
        pd.Categorical.from_codes(
            pd.Series(codes).to_numpy()[findings.cat.codes],
            dtype=pd.CategoricalDtype(labels, ordered=True),
        ),
        index=findings.index,
    )
