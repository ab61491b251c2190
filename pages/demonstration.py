"""Cheating demo: a network that reaches 100 % by a marker, shown to an audience in six steps."""

from __future__ import annotations

import streamlit as st

from core.demonstration.sessions import SHORTCUT, Demonstration, DemoSession
from core.people.asking import may
from core.people.roles import Deed
from pages.components.demonstration.steps import STEP, STEPS, go
from pages.components.error_boundary import boundary
from pages.components.permission import say_why_not
from pages.components.presenting import offer_presenting, presenting
from pages.components.session import get_store


def page() -> None:
    if not presenting():
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.title("Cheating demo")
            offer_presenting()
        st.caption(
            ":material/draw: How a network can be right every time and know nothing, in six "
            "steps. All films here are **artificial**: a program drew them, and they show nobody."
        )
    if not may(Deed.DEMONSTRATE):
        say_why_not(Deed.DEMONSTRATE)
        return
    demonstration = Demonstration(get_store())
    session = demonstration.latest()
    # A border of its own: whatever is wrong with a session, one can start again.
    with boundary():
        step = _step(session)
        title, draw = STEPS[step - 1]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if presenting():
                st.title(f"{step} · {title}", anchor=False)
                st.caption("All films are **artificial**", width="content")
            else:
                st.subheader(f"{step} · {title}", anchor=False)
            st.caption(f"Step {step} of {len(STEPS)}", width="content")
        draw(demonstration, session)
    _start_again(demonstration, session)


def _step(session: DemoSession) -> int:
    """The step that the address names, as far as this session has come."""
    named = st.query_params.get(STEP, "1")
    wanted = int(named) if named.isdecimal() and len(named) < 4 else 1
    if session.status().state is None:
        furthest = 1
    elif session.answers(SHORTCUT) is None:
        furthest = 2
    else:
        furthest = len(STEPS)
    step = min(max(wanted, 1), furthest)
    if named != str(step):
        st.query_params[STEP] = str(step)
    return step


def _start_again(demonstration: Demonstration, session: DemoSession) -> None:
    if session.status().state is None:
        return
    st.divider()
    if st.button(
        "Start again",
        type="tertiary",
        icon=":material/restart_alt:",
        key="demonstration_again",
        help="Forgets these networks and draws other people. Anybody who watches this "
        "demonstration in another window begins anew as well.",
    ):
        demonstration.next()
        go(1)
        st.rerun()


page()
