"""Cheating demo: a network that reaches 100 % by a marker, shown to an audience in six steps."""

from __future__ import annotations

import streamlit as st

from core.demonstration.answers import Answers
from core.demonstration.takes import CHEAT, HONEST, Demonstration, Take
from core.errors import NotFoundError
from core.workspace import PROJECT_ROOT
from pages.components import demonstration_steps as steps
from pages.components.demonstration_live import under_way
from pages.components.empty import next_step
from pages.components.run_words import escaped
from pages.components.session import AUDIT, get_workspace

TITLES = (
    "The films",
    "Training",
    "What did it look at?",
    "The marker moves",
    "A network without the marker",
    "What to take home",
)
STEP = "step"


def page() -> None:
    st.title("Cheating demo")
    st.caption(
        ":material/draw: How a network can be right every time and know nothing, in six steps. "
        "All films here are **artificial**: a program drew them, and they show nobody."
    )
    demonstration = Demonstration(get_workspace())
    take = demonstration.latest()
    step = _step(take)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(f"{step} · {TITLES[step - 1]}", anchor=False)
        st.caption(f"Step {step} of {len(TITLES)}", width="content")
    (_films, _training, _heat, _flip, _honest, _home)[step - 1](demonstration, take)
    _start_again(demonstration, take)


def _step(take: Take) -> int:
    """The step that the address names, as far as this take has come."""
    named = st.query_params.get(STEP, "1")
    wanted = int(named) if named.isdecimal() else 1
    if take.status().state == "none":
        furthest = 1
    elif take.answers(CHEAT) is None:
        furthest = 2
    else:
        furthest = len(TITLES)
    step = min(max(wanted, 1), furthest)
    if named != str(step):
        st.query_params[STEP] = str(step)
    return step


def _go(step: int) -> None:
    st.query_params[STEP] = str(step)


def _buttons(step: int, label: str, *, disabled: bool = False) -> None:
    """On to the next step, or back; always at the same place, above the pictures."""
    with st.container(horizontal=True):
        st.button(
            label, type="primary", key=f"on_{step}", on_click=_go, args=(step + 1,),
            disabled=disabled, icon=":material/arrow_forward:",
        )  # fmt: skip
        _back(step)


def _back(step: int) -> None:
    st.button("Back", type="tertiary", key=f"back_{step}", on_click=_go, args=(step - 1,))


def _cheat(take: Take) -> Answers:
    """The answers without which no step after the training is shown."""
    answers = take.answers(CHEAT)
    if answers is None:
        raise NotFoundError("Somebody has started this demonstration again. Reload the page.")
    return answers


def _films(demonstration: Demonstration, take: Take) -> None:
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
        begun = take.status().state != "none"
        st.button(
            "Go on to the training" if begun else "Train a network on these films",
            type="primary",
            key="on_1",
            on_click=_go if begun else _train,
            args=(2,) if begun else (demonstration,),
            disabled=not marked,
            help=None if marked else "Switch the marker on first.",
            icon=":material/arrow_forward:" if begun else ":material/model_training:",
        )
    steps.films(take, marked=marked)


def _train(demonstration: Demonstration) -> None:
    demonstration.start()
    _go(2)


def _training(demonstration: Demonstration, take: Take) -> None:
    answers = take.answers(CHEAT)
    status = take.status()
    if answers is None and status.state != "running":
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
        steps.score(answers)
    under_way(take, CHEAT, finished=answers is not None)


def _heat(demonstration: Demonstration, take: Take) -> None:
    answers = _cheat(take)
    st.markdown(f"Warm colours mark what the answer rests on. {steps.looked_at(answers)}")
    _buttons(3, "Move the marker to the healthy people")
    steps.heat(take, answers)


def _flip(demonstration: Demonstration, take: Take) -> None:
    answers = _cheat(take)
    st.markdown(
        f"{steps.flipped(answers)} They are the same people, and the same network: "
        "only the letter has moved."
    )
    _buttons(4, "Would a network without the marker do better?")
    steps.flip(take, answers)


def _honest(demonstration: Demonstration, take: Take) -> None:
    cheat, honest = _cheat(take), take.answers(HONEST)
    if honest is None:
        st.markdown(
            "A second network learns from the **same people without a marker**. It has to find "
            "the haze, which is harder, so it takes longer."
        )
    else:
        st.markdown(steps.compared(cheat, honest))
    _buttons(5, "What to take home")
    if honest is not None:
        steps.compare(take, cheat, honest)
        return
    status = take.status()
    if status.state == "running":
        under_way(take, HONEST, finished=False)
    else:
        st.warning(
            f"This network has no answers. {escaped(status.reason)} “Start again” below trains "
            "both anew.",
            icon=":material/error:",
        )


def _home(demonstration: Demonstration, take: Take) -> None:
    answers = _cheat(take)
    steps.lessons(answers)
    if (PROJECT_ROOT / AUDIT).is_file():
        next_step(AUDIT, "Look for such shortcuts in a run of yours")
    _back(6)


def _start_again(demonstration: Demonstration, take: Take) -> None:
    if take.status().state == "none":
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
        _go(1)
        st.rerun()


page()
