"""On which source a run is tested, and from when on a film is called positive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.decision import Decision
from core.external.films import LEARNT_FROM
from core.external.result_file import kept_sources
from core.external.testing import internal_predictions
from core.store import Run, Store
from pages.components.run_labels import escaped
from pages.components.session import artificial_sources

SOURCE = "source"  # in the page's address
KEY = "external_source"
WRITTEN = "external_source_written"  # what we last put in the address
RULES = {"own": "As the run answers", "probable": "When it is the most probable"}


def pick_source(store: Store, run: Run, frame: pd.DataFrame) -> str | None:
    """A source with films; those that the run has not learnt from come first."""
    own = internal_predictions(store, run)
    seen = own.film_ids[np.isin(own.split, LEARNT_FROM)]
    learnt = set(frame.loc[frame["film_id"].isin(seen), "source"].astype(str))
    drawn = artificial_sources()
    # Artificial films test nothing but other artificial films.
    plays = bool(learnt) and learnt <= drawn
    here = set(frame["source"].astype(str))
    # What came with a run from elsewhere was tested on films that need not be here.
    away = set(kept_sources(store.workspace, run.run_id)) - here
    # First, because its result can be seen at once; a test on films that are here takes minutes.
    names = sorted(
        here | away, key=lambda one: (one not in away, one in learnt, (one in drawn) != plays, one)
    )
    if not names:
        return None

    def told(name: str) -> str:
        if name in away:
            return f"{name} (tested before, its films are not here)"
        return f"{name} (the run has learnt from it)" if name in learnt else name

    state, address = st.session_state, st.query_params.get(SOURCE)
    if KEY not in state or (address is not None and address != state.get(WRITTEN)):
        state[KEY] = address
    if state[KEY] not in names:
        state[KEY] = names[0]
    chosen: str = st.selectbox(
        "Films from",
        names,
        key=KEY,
        format_func=told,
        help="The source to test on. Best is one that no film of the training came from: another "
        "hospital, other machines, other patients.",
        width=440,
        persist_state="session",
    )
    state[WRITTEN] = chosen
    if chosen != address:
        st.query_params[SOURCE] = chosen
    return chosen


def answer_rule(decision: Decision) -> bool:
    """Whether films shall get their most probable class, in place of the run's own rule."""
    if decision.point is None:
        st.caption(escaped(decision.sentence()))
        return True
    rule = st.segmented_control(
        f"Call a film {escaped(decision.classes[0])}",
        list(RULES),
        default="own",
        required=True,
        format_func=RULES.__getitem__,
        key="external_rule",
        help="The run's own rule is what its answers go by everywhere; the tab "
        "“Threshold and probabilities” sets it.",
    )
    if rule == "own":
        st.caption(escaped(decision.sentence()))
    return rule != "own"
