"""What finished last, a card each."""

from __future__ import annotations

from statistics import fmean, stdev

import streamlit as st

from core.evaluation.predictions import EACH
from core.runs.default_run import results_of
from core.store import RunState, Store
from core.text import in_percent
from pages.components.audit_word import audit_link
from pages.components.empty_state import next_step
from pages.components.headlines import headline_of
from pages.components.run_labels import escaped, share, short_repeats_title, short_title
from pages.components.run_links import RESULT, run_step
from pages.components.session import COMPARE, RESULTS

LATEST = 3  # results shown: a finished run, or the finished ones of several repeats


def latest_results(store: Store) -> None:
    """What finished last, a card each: a run, or repeats as one, as Compare has them."""
    latest = results_of(store.runs.all([RunState.DONE]))
    if not latest:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Latest results", width="stretch")
        if len(latest) > LATEST:
            next_step(RESULTS, f"All {len(latest)} results")
    for place, runs in zip(st.columns(LATEST), latest, strict=False):
        repeat = runs[0].spec.repeat
        title = short_repeats_title(runs) if repeat else short_title(runs[0])
        with place.container(border=True, gap="xsmall"):
            if repeat:
                next_step(COMPARE, escaped(title), query={"runs": repeat.group})
            else:
                run_step(runs[0].run_id, RESULT, escaped(title))
            found = [headline_of(store, run) for run in runs]
            st.caption(
                f"**{_share([one.accuracy for one in found])}** of the test films right  \n"
                f"**{_share([one.sensitivity for one in found])}** sensitivity  \n"
                f"Called: {escaped(_rule({one.rule for one in found}))}"
            )
            audit_link(store, runs[0])


def _rule(rules: set[str]) -> str:
    return rules.pop() if len(rules) == 1 else EACH


def _share(values: list[float | None]) -> str:
    """A number of the test films; of repeats the mean and standard deviation.

    (``core.evaluation.repeats`` knows more of them, and needs pandas, for which the first page
    does not wait.)
    """
    known = [float(one) for one in values if one is not None]
    if len(known) < len(values):
        return share(None)
    return (
        f"{in_percent(fmean(known))} ± {share(stdev(known))}" if len(known) > 1 else share(known[0])
    )
