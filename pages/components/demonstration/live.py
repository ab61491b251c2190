"""A network of the cheating demo while it trains, and the curve that it leaves."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.demonstration.sessions import Arm, Demonstration, DemoSession
from pages.components import run_labels as words
from pages.components.error_boundary import boundary
from pages.components.session import get_store
from pages.components.training.live_curves import accuracy_curve

EVERY = 1.0  # seconds between looks at the session's files


def under_way(session: DemoSession, network: Arm, *, finished: bool) -> None:
    """The progress and the curve of a training; redrawn every second until it has answers."""
    every = None if finished else EVERY
    st.fragment(_watch, run_every=every)(session.number, network, finished)


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
        text = words.escaped(status.stage)
        share = None
        if run and run.is_active:
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
