"""The six steps of the cheating demo: a sentence, the one button that leads on, a picture.

Each takes the demonstration and its latest session, and draws itself.
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core.demonstration.answers import Answers
from core.demonstration.sessions import CONTROL, SHORTCUT, Demonstration, DemoSession
from core.errors import InputError, NotFoundError
from pages.components.demonstration import pictures
from pages.components.demonstration.live import under_way
from pages.components.empty_state import next_step
from pages.components.presenting import on_key
from pages.components.run_labels import escaped
from pages.components.run_links import AUDIT, TAB_PARAMETER
from pages.components.session import RUN

STEP = "step"  # in the address


def go(step: int) -> None:
    """Another step, which the address keeps."""
    st.query_params[STEP] = str(step)


def _buttons(step: int, label: str, *, disabled: bool = False) -> None:
    """On to the next step, or back; always at the same place, above the pictures."""
    with st.container(horizontal=True):
        st.button(
            label, type="primary", key=f"on_{step}", on_click=go, args=(step + 1,),
            disabled=disabled, icon=":material/arrow_forward:", shortcut=on_key("Right"),
        )  # fmt: skip
        _back(step)


def _back(step: int) -> None:
    st.button(
        "Back", type="tertiary", key=f"back_{step}", on_click=go, args=(step - 1,),
        shortcut=on_key("Left"),
    )  # fmt: skip


def _answers_with_marker(session: DemoSession) -> Answers:
    """The answers without which no step after the training is shown."""
    answers = session.answers(SHORTCUT)
    if answers is None:
        raise NotFoundError("Somebody has started this demonstration again. Reload the page.")
    return answers


def films_step(demonstration: Demonstration, session: DemoSession) -> None:
    """Who learns: a row a class, with the marker or without."""
    marked = st.session_state.get("demonstration_marker", True)
    st.markdown(
        "Half of these people have faint white haze in their lungs. Somebody has put a **bright "
        "letter on every film of theirs**, as happens when all the sick are X-rayed in one room."
        if marked
        else "Half of these people have faint white haze in their lungs, the others have not. "
        "This is all that a network should look at."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("Marker on the covid-like films", True, key="demonstration_marker")
        begun = session.status().state is not None
        st.button(
            "Go on to the training" if begun else "Train a network on these films",
            type="primary",
            key="on_1",
            on_click=go if begun else _train,
            args=(2,) if begun else (demonstration,),
            disabled=not marked,
            help=None if marked else "Switch the marker on first.",
            icon=":material/arrow_forward:" if begun else ":material/model_training:",
            shortcut=on_key("Right"),
        )
    pictures.show_films(session, marked=marked)
    if not begun:
        # Where it cannot be started, “Train” says why.
        with suppress(InputError):
            demonstration.make_ready()


def _train(demonstration: Demonstration) -> None:
    # A process that cannot be started leaves its reason in the session, for the next step.
    with suppress(InputError):
        demonstration.start()
    go(2)


def score_step(demonstration: Demonstration, session: DemoSession) -> None:
    """The curve while it climbs, then how good the network looks."""
    # First how it stands: it may end, with its answers written, between these two looks.
    status = session.status()
    answers = session.answers(SHORTCUT)
    if answers is None and not status.is_running:
        reason = status.reason or "The training ended without an answer."
        st.error(escaped(reason), icon=":material/error:")
        st.button(
            "Train again with other people", type="primary", key="again_failed",
            on_click=_train, args=(demonstration,),
        )  # fmt: skip
        return
    if answers is None:
        st.markdown(
            "The network sees the films over and over, is told who is covid-like and who is "
            "healthy, and finds out **by itself** how to tell them apart."
        )
    else:
        st.markdown(
            "The network has learnt. It was then asked about people whom it had never seen. "
            "**Would you trust it?**"
        )
    _buttons(2, "What did it look at?", disabled=answers is None)
    if answers is not None:
        pictures.show_score(answers)
    under_way(session, SHORTCUT, finished=answers is not None)
    if answers is None:
        pictures.show_films(session, marked=True)


def heat_step(demonstration: Demonstration, session: DemoSession) -> None:
    """What the answers rest on."""
    answers = _answers_with_marker(session)
    st.markdown(
        f"Warm colours mark what the answer rests on. {pictures.warmest_spot_sentence(answers)}"
    )
    _buttons(3, "Move the marker to the healthy people")
    pictures.show_heat(session, answers)


def moved_marker_step(demonstration: Demonstration, session: DemoSession) -> None:
    """The same people with the marker on the others."""
    answers = _answers_with_marker(session)
    st.markdown(
        f"{pictures.moved_marker_sentence(answers)} They are the same people, and the same "
        "network: only the letter has moved."
    )
    _buttons(4, "And without a marker?")
    pictures.show_moved_marker(session, answers)


def control_step(demonstration: Demonstration, session: DemoSession) -> None:
    """The network that learnt without a marker, beside the first."""
    status = session.status()  # before the answers, which it may write between the two looks
    shortcut, control = _answers_with_marker(session), session.answers(CONTROL)
    if control is None:
        st.markdown(
            "A second network learns from the **same people without a marker**. It has to find "
            "the haze, which is harder, so it takes longer."
        )
    else:
        st.markdown(pictures.comparison_sentence(shortcut, control))
    _buttons(5, "What to take home")
    if control is not None:
        pictures.show_comparison(session, shortcut, control)
        return
    if status.is_running:
        under_way(session, CONTROL, finished=False)
    else:
        st.warning(
            f"This network has no answers. {escaped(status.reason)} “Start again” below trains "
            "both anew.",
            icon=":material/error:",
        )


def lessons_step(demonstration: Demonstration, session: DemoSession) -> None:
    """What it all means for a result of one's own."""
    answers = _answers_with_marker(session)
    pictures.show_lessons(answers)
    next_step(RUN, "Look for such shortcuts in a run of yours", query={TAB_PARAMETER: AUDIT})
    _back(6)


# What each step is called, and what draws it.
STEPS = (
    ("The films", films_step),
    ("Training", score_step),
    ("What did it look at?", heat_step),
    ("The marker moves", moved_marker_step),
    ("A network without the marker", control_step),
    ("What to take home", lessons_step),
)
