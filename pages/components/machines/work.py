"""What is at work, what waits and why, and what broke off and was taken up again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.runs.kinds import KINDS, NODE_FEATURES
from core.runs.liveness import STOPPED
from core.store import JobRow, Run, RunState, Store
from core.store.queue import NOT_BEGUN
from core.text import count, listed, rough
from pages.components.empty_state import empty, next_step
from pages.components.machines.work_words import Told, told
from pages.components.run_labels import STATE_WORDS, escaped, when
from pages.components.session import TRAIN

MOST = 30  # rows of a list: more, and nobody reads them
DAYS = 7.0  # how far back the page looks for what was taken up again


def at_work(rows: Sequence[JobRow], runs: Mapping[str, Run]) -> None:
    """A bar for each row that is active, with its machine."""
    st.subheader("At work")
    active = [row for row in rows if row.is_active]
    if not active:
        if not rows:
            empty("Nothing is at work, and nothing waits.", page=TRAIN, label="Train a network")
        else:
            st.caption("Nothing is at work yet.")
        return
    now = time.time()
    for row in active[:MOST]:
        one = told(row, runs)
        helped = _helped_by(row, active)
        where = " · ".join(filter(None, (row.node or "machine not known", row.device, helped)))
        since = max(now - row.started_at, 0.0) if row.started_at else None
        passed = f" · for {rough(since)}" if since is not None else ""
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap="xsmall"):
                st.progress(
                    one.share or 0.0, text=f"**{escaped(one.title)}** · {escaped(one.doing)}"
                )
                st.caption(f"{escaped(where)}{passed}")
            _link(one, "Watch it")
    _rest(len(active))


def waiting(rows: Sequence[JobRow], runs: Mapping[str, Run], why: Callable[[JobRow], str]) -> None:
    """Each row that waits, in the order in which they were asked for. ``why``: a sentence
    without its full stop."""
    queued = [row for row in rows if row.state == RunState.QUEUED]
    if not queued:
        return
    st.subheader("Waiting")
    with st.container(border=True, gap="xsmall"):
        for place, row in enumerate(queued[:MOST], 1):
            one = told(row, runs)
            st.markdown(f"{place}\\. **{escaped(one.title)}** · {escaped(why(row))}.")
    _rest(len(queued))


def taken_up(store: Store, runs: Mapping[str, Run]) -> None:
    """What broke off in the last days and went back into the queue, newest first."""
    found = store.queue.taken_up(since=time.time() - DAYS * 24 * 3600)
    if not found:
        return
    st.subheader("Taken up again")
    with st.container(border=True, gap="small"):
        for one in found[:MOST]:
            row = store.queue.find(one.job_id)
            if row is None or row.kind not in KINDS:
                continue
            where = f" on {escaped(one.node)}" if one.node else ""
            title = f"**{escaped(told(row, runs).title)}**"
            if one.reason in (STOPPED, NOT_BEGUN):
                st.markdown(f"{title} was stopped{where} and resumed on {when(one.at)}.")
            else:
                st.markdown(
                    f"{title} broke off{where} and was taken up again on {when(one.at)}. "
                    f"{escaped(one.reason)}"
                )
            st.caption(f"Now: {_state(row)}")
    _rest(len(found))


def _helped_by(row: JobRow, active: Sequence[JobRow]) -> str:
    """Which other machines pass films for a training just now; empty for none."""
    nodes = {
        one.node
        for one in active
        if one.kind == NODE_FEATURES.name and one.arguments.get("run") == row.job_id
    }
    if not nodes:
        return ""
    return f"{listed(sorted(nodes))} {'help' if len(nodes) > 1 else 'helps'} with the films"


def _state(row: JobRow) -> str:
    now = STATE_WORDS.get(row.state, "At work")
    return f"{now} on {escaped(row.node)}" if row.node and row.is_active else now


def _link(one: Told, label: str) -> None:
    if one.page:
        next_step(one.page, label, query=dict(one.query))


def _rest(number: int) -> None:
    if number > MOST:
        st.caption(f"And {count(number - MOST, 'other')}.")
