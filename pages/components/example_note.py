"""That an example is being prepared, where its results are going to stand."""

from __future__ import annotations

import time

import streamlit as st

from core.example import RUNS, ExampleNote
from core.runs.upkeep import refresh
from core.store import UNFINISHED, Run, RunState
from pages.components.empty_state import empty
from pages.components.error_boundary import boundary
from pages.components.run_labels import escaped, network, stage
from pages.components.session import TRAIN, example_under_way, get_store

EVERY = 2.0  # seconds between looks at how far it is
USUAL = 120.0  # seconds; a computer that takes longer has much else to do


def example_note(*, until_result: bool = False) -> bool:
    """Say that the example is under way, and draw the page anew when it has come further.

    Returns whether it is. ``until_result``: only as long as no network has finished.
    """
    note = example_under_way()
    if note is None or (until_result and _finished()):
        return False
    st.fragment(_note, run_every=EVERY)(_mark(note), until_result)
    return True


def no_result_yet(message: str) -> None:
    """What a page of results shows before a run has finished: that the example's will soon be
    there, or else ``message`` and the way to train a network."""
    if not example_note(until_result=True):
        empty(message, page=TRAIN, label="Train a network")


@boundary()
def _note(mark: object, until_result: bool) -> None:
    note = example_under_way()
    if note is None or _mark(note) != mark:
        st.rerun(scope="app")  # a result more, or it is over: other parts of the page change too
    assert note is not None
    refresh(get_store())
    where = " The first result appears here by itself." if until_result else ""
    late = time.time() - note.began > USUAL
    st.info(
        "**An example is being prepared**, so that every page has something to show: two networks "
        "learn from artificial films, and both are audited. That takes "
        f"{'longer than usual on this computer' if late else 'about a minute'}.{where}  \n"
        f"{_step(note)}",
        icon=":material/draw:",
    )


def _step(note: ExampleNote) -> str:
    """What is being done now, a sentence."""
    store = get_store()
    unfinished = store.runs.all(UNFINISHED)
    own = [run for run in unfinished if run.run_id in note.runs]
    if own:
        return f"Network {note.runs.index(own[0].run_id) + 1} of {len(RUNS)}, {_doing(own[0])}."
    if unfinished:
        return "It goes on when your own training is over."
    if not note.prepared:
        return "The films are being read."
    if len(note.runs) < len(RUNS):
        return f"Network {len(note.runs) + 1} of {len(RUNS)} begins."
    return f"Audit {min(len(note.audited) + 1, len(RUNS))} of {len(RUNS)}."


def _doing(run: Run) -> str:
    return f"{escaped(network(run))}: {stage(run)}"


def _finished() -> int:
    return len(get_store().runs.all([RunState.DONE]))


def _mark(note: ExampleNote) -> tuple[int, int]:
    """What has come out so far."""
    return _finished(), len(note.audited)
