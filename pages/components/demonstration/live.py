"""A network of the cheating demo while it trains, and the curve that it leaves."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.demonstration.sessions import Arm, Demonstration, DemoSession
from core.store import RunState
from pages.components import run_labels as words
from pages.components.error_boundary import boundary
from pages.components.session import get_store
from pages.components.training.live_curves import accuracy_curve

EVERY = 1.0  # seconds between looks at the session's files
ASKING = "Asking it about people whom it has never seen"
AT_WORK = "demonstration_at_work"
# A library takes seconds over a first batch, in which the bar stands: it is to be seen that
# something is going on.
_PULSE = f"""<style>
@keyframes demonstration-pulse {{50% {{opacity: 0.35}}}}
.st-key-{AT_WORK} [data-testid="stProgress"] [role="progressbar"] > div {{
    animation: demonstration-pulse 1.2s ease-in-out infinite
}}
@media (prefers-reduced-motion: reduce) {{
    .st-key-{AT_WORK} [data-testid="stProgress"] [role="progressbar"] > div {{animation: none}}
}}
</style>"""


def under_way(session: DemoSession, network: Arm, *, finished: bool) -> None:
    """The progress and the curve of a training; redrawn every second until it has answers."""
    if finished:
        st.fragment(_watch)(session.number, network, finished)
        return
    # A place of its own, so that nothing of it is left beside the answers.
    with st.container(key=AT_WORK):
        st.html(_PULSE)
        st.fragment(_watch, run_every=EVERY)(session.number, network, finished)


@boundary()
def _watch(number: int, network: Arm, finished: bool) -> None:
    session = Demonstration(get_store()).latest()
    status = session.status()
    over = session.answers(network) is not None or not status.is_running
    if session.number != number or (over and not finished):
        # Answers are there, it failed, or somebody has started again: another page altogether.
        st.rerun(scope="app")
    run = session.run(network)
    store = session.store()
    epochs = store.runs.epochs(run.run_id) if run and store else pd.DataFrame()
    if not finished:
        text = ASKING if run else words.escaped(status.stage)
        share = 1.0 if run else None
        if run and run.is_active and run.state is not RunState.EVALUATING:
            share = words.fraction(run)
            left = words.seconds_left(run, epochs)
            text = words.stage(run) + (
                f", about {words.duration(left)} left" if left and left >= 1 else ""
            )
        st.progress(share or 0.0, text=text)
    if run and len(epochs):
        if not finished:
            st.metric(
                "Right about the films that it learns from",
                words.share(float(epochs["accuracy"].iloc[-1])),
                help="Half of the films are of each kind: guessing gives 50 %.",
            )
        # Of few validation films, the share jumps about, which is not what this is to show.
        accuracy_curve(run, epochs, validation=False)
