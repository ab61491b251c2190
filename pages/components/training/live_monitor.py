"""One run on the screen: live while it works, its reason or its result once it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import NotFoundError
from core.models.learnt import learnt_before
from core.runs import launcher
from core.runs.learnt_films import dataset_of
from core.runs.whereabouts import lost_words
from core.store import ACTIVE, Run, RunState, Store
from core.text import NONE, count, rough
from core.workspace import ray_address
from pages.components import run_labels as words
from pages.components.audit_word import audit_link
from pages.components.empty_state import next_step
from pages.components.headlines import headline_of
from pages.components.run_links import EXTERNAL, RESULT, run_step
from pages.components.session import CLASSIFY, COMPARE
from pages.components.training.live_curves import curves
from pages.components.training.run_insight import rate_test, time_spent

LOG_LINES = 200
FACT = 184  # px; half the width of a telephone: browser/look.css


def status(store: Store, run: Run) -> None:
    """What ``run`` is and how it stands: its progress, its reason, or its result. Each state has
    its words in the same places, for which browser/look.css keeps room: nothing moves when one
    state follows another."""
    _heading(run)
    epochs = store.runs.epochs(run.run_id)
    if run.state == RunState.DONE:
        _result_facts(store, run)
    else:
        _training_facts(run, epochs)
    with st.container(key="run_standing"):
        if run.state in ACTIVE:
            _progress(store, run, epochs)
        elif run.state == RunState.QUEUED:
            st.info(_waits(store, run), icon=":material/hourglass_empty:")
        elif run.state == RunState.DONE:
            _notes(store, run)
        else:
            _stopped(run)


def run_details(store: Store, run: Run) -> None:
    """The curves, where to go from here, the log, the learning rates tried, and where the time
    went: what comes last stands last, and pushes nothing down."""
    curves(run, store.runs.epochs(run.run_id))
    _log(store, run)
    rate_test(store, run)
    time_spent(run)
    if run.state == RunState.DONE:
        with st.container(horizontal=True):
            audit_link(store, run)
            run_step(run.run_id, RESULT, "See the result in full")
            next_step(COMPARE, "Compare it with others", query={"runs": run.run_id})
            run_step(run.run_id, EXTERNAL, "Test it on films from elsewhere")
            next_step(CLASSIFY, "Classify a film with it", query={"run": run.run_id})


def _heading(run: Run) -> None:
    with st.container(key="run_name", gap=None):
        st.markdown(f"#### {words.escaped(words.title(run))}")
    with st.container(key="run_about"):
        st.caption(
            f"**{words.STATE_WORDS[run.state]}** · run `{run.run_id}`"
            + (f" · on {words.escaped(where)}" if (where := words.machine_words(run)) else "")
            + f"  \n{count(words.epochs(run), 'epoch')} · batch {run.spec.batch_size} · "
            f"{words.OPTIMIZERS[run.spec.optimizer]} · queued on {words.when(run.created_at)}  \n"
            + words.escaped(learnt_before(run.spec))
        )


def _training_facts(run: Run, epochs: pd.DataFrame) -> None:
    done = int(epochs["epoch"].max()) if len(epochs) else 0
    last: Mapping[Any, Any] = epochs.iloc[-1].to_dict() if len(epochs) else {}
    with st.container(horizontal=True, key="large_facts"):
        _fact("Epochs finished", f"{done} of {words.epochs(run)}", _EPOCH)
        _fact("Training accuracy", words.share(last.get("accuracy")))
        _fact("Validation accuracy", words.share(last.get("val_accuracy")))
        left = words.seconds_left(run, epochs) if run.state in ACTIVE else None
        # Shorter than “under 10 s”: a large figure that does not fit takes a second line.
        told = NONE if left is None else rough(left).replace("under ", "< ")
        _fact("Time left", told, _TIME_LEFT)


def _waits(store: Store, run: Run) -> str:
    if not ray_address():
        free = "the device is free"
    elif lost := lost_words(store, run):
        return f"{words.escaped(lost)} That begins by itself, as soon as a machine is free."
    else:
        free = "a machine of the cluster is free"
    return f"This run waits until {free}. It starts by itself, also when you close this page."


def _progress(store: Store, run: Run, epochs: pd.DataFrame) -> None:
    text = words.stage(run)
    if run.cancel_at is not None:
        text = f"Stopping … ({text})"
    if len(epochs) and run.state == RunState.TRAINING:
        text += f" · {words.duration(float(epochs['seconds'].tail(5).mean()))} per epoch"
    st.progress(words.fraction(run) or 0.0, text=text)
    lost = lost_words(store, run) if ray_address() else ""
    st.caption(" ".join(filter(None, (_steps(run), words.escaped(lost)))))


def _steps(run: Run) -> str:
    """For how long the step under way goes on, and what comes after it."""
    told = run.progress
    if told.eta_seconds is None:
        return "How long this step takes is not known yet."
    words = f"This step: {rough(told.eta_seconds)} to go."
    if told.left_seconds is not None and told.left_seconds > told.eta_seconds:
        words += f" What comes after it: {rough(told.left_seconds - told.eta_seconds)}."
    return words


_EPOCH = "In one epoch, the network sees each training film once."
_TIME_LEFT = (
    "An estimate until the result is there: the step under way by its pace so far, what comes "
    "after it by what earlier trainings took on this computer."
)


def _fact(label: str, value: str, help: str | None = None) -> None:
    # A fixed width: one row on a desktop, two columns on a telephone.
    st.metric(label, value, help=help, width=FACT)


def _stopped(run: Run) -> None:
    reason = run.reason or "No reason was written down; the log below may tell more."
    if run.state == RunState.CANCELLED:
        st.info(words.escaped(reason), icon=":material/stop_circle:")
    else:
        st.error(words.escaped(reason), icon=words.STATE_ICONS[run.state])


def _result_facts(store: Store, run: Run) -> None:
    test = headline_of(store, run)
    positive = words.escaped(_positive_class(store, run))
    with st.container(horizontal=True, key="large_facts"):
        _fact("Test accuracy", words.share(test.accuracy), "Share of test films right.")
        _fact(
            "Sensitivity",
            words.share(test.sensitivity),
            f"Of the test films that are {positive}, the share called so.",
        )
        _fact(
            "Specificity",
            words.share(test.specificity),
            f"Of the test films that are not {positive}, the share not called so.",
        )
        _fact("Time taken", words.duration((run.result.seconds or {}).get("total")))


def _notes(store: Store, run: Run) -> None:
    test, result = headline_of(store, run), run.result
    notes = [f"{words.duration(result.seconds_per_epoch)} per epoch"]
    if result.fine_tuned:
        pace = words.duration(result.fine_tune_seconds_per_epoch)
        notes.append(f"fine-tuned: {words.escaped(', '.join(result.fine_tuned))}, {pace} per epoch")
    if result.stopped_early:
        notes.append(f"stopped early after {count(result.epochs or 0, 'epoch')}")
    if result.best_epoch:
        notes.append(f"the weights are those of epoch {result.best_epoch}")
    st.caption(
        f"A film is called: {words.escaped(test.rule)}. " + words.capital("; ".join(notes)) + ". "
        "These figures come from test films of the same sources; films from another hospital "
        "can give quite different ones."
    )


def _positive_class(store: Store, run: Run) -> str:
    try:
        return dataset_of(store, run).spec.class_names[0]
    except NotFoundError:
        return "of the first class"


def _log(store: Store, run: Run) -> None:
    if run.state == RunState.QUEUED or run.origin.is_from_elsewhere:
        return
    fold = st.expander("Log of this run", key=f"log_{run.run_id}", on_change="rerun")
    if not fold.open:
        return
    with fold:
        text = launcher.log_tail(store.workspace, run.run_id, lines=LOG_LINES)
        st.caption(f"The last {LOG_LINES} lines, the newest at the end.")
        st.code(text or "Nothing has been written yet.", language=None, height=280)
