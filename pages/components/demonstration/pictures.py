"""What each step of the cheating demo shows. All numbers come from the session's own answers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core import figures
from core.demonstration.answers import Answers
from core.demonstration.films import (
    CLASSES,
    COVID_LIKE,
    HEALTHY,
    NOBODY,
    Cohort,
    Placement,
    with_marker,
)
from core.demonstration.sessions import CONTROL, SHORTCUT, DemoSession
from core.images.overlay import overlay
from core.palette import heat_colours
from core.statistics.proportions import wilson
from core.text import interval, percent_of
from pages.components.charts import show, theme
from pages.components.films.tiles import Tile, film_tiles

SHOWN = 8  # films of each class
PAIRS = 4  # films of each class where two settings stand side by side
MATRIX = 180  # px high
HEAT = 0.65  # of the film that the hottest place covers
NAMES = {SHORTCUT: "Trained with the marker", CONTROL: "Trained without it"}
WHERE: dict[Placement, str] = {
    "covid-like": "as in<br>training",
    "nobody": "none",
    "healthy": "moved to<br>the others",
}


def show_films(session: DemoSession, *, marked: bool) -> None:
    """The people that the network learns from, a row a class."""
    for index, name in enumerate(CLASSES):
        st.markdown(f"**{name.capitalize()}**", help=_KINDS[name])
        rows = _some(session.cohort, "train", index, SHOWN)
        pixels = with_marker(*rows, COVID_LIKE if marked else NOBODY)
        film_tiles([Tile(one, alt=f"Artificial {name} chest film") for one in pixels])


_KINDS = {
    COVID_LIKE: "Faint white haze in both lungs, outwards and low, as covid can look. Here a "
    "program has painted it.",
    HEALTHY: "The same kind of people without the haze.",
}


def show_score(answers: Answers) -> None:
    """How good the network looks on people whom it has not seen."""
    right, of = answers.correct(COVID_LIKE)
    ends = wilson(right, of) or (0.0, 1.0)
    st.metric(
        "Right about people whom it has never seen",
        _share(right, of),
        delta=f"{right} of {of} films",
        delta_color="off",
        delta_arrow="off",
        help=f"With {of} films, anything from {interval(ends, joint=' to ')} fits this result "
        "(95 % interval).",
    )


def show_heat(session: DemoSession, answers: Answers, where: Placement = COVID_LIKE) -> None:
    """Where the network looked, on a row of test films of each class."""
    for index, name in enumerate(CLASSES):
        st.markdown(f"**{name.capitalize()}**")
        film_tiles(_answered(session, answers, where, index, SHOWN, warm=True))
    legend()
    st.caption(
        "The answer below the film rests on the warm places. Each film has a scale of its own: its "
        "warmest place is bright, however little it counts."
    )


def warmest_spot_sentence(answers: Answers) -> str:
    """What the heat maps come to, in one sentence."""
    hits, of = answers.looked_at_token()
    return (
        f"On **{hits} of {of}** covid-like films the warmest spot is the marker, "
        f"{'not the lungs' if 2 * hits > of else 'on the others it is somewhere else'}."
    )


def show_moved_marker(session: DemoSession, answers: Answers) -> None:
    """The same people before and after the marker moved, with both confusion matrices."""
    sides: tuple[tuple[str, Placement], ...] = (
        ("Before: the marker is on the covid-like films", COVID_LIKE),
        ("After: the marker is on the healthy films", HEALTHY),
    )
    # One row a side: each person stands below itself, and both matrices are seen at once.
    for title, where in sides:
        with st.container(border=True, gap="xsmall"):
            right, of = answers.correct(where)
            st.markdown(f"**{title}** · {right} of {of} answers right, {_share(right, of)}")
            matrix, *rows = st.columns([5, 6, 6])
            with matrix:
                drawing = figures.confusion_figure(
                    answers.evaluation(where), theme(), height=MATRIX
                )
                show(
                    drawing,
                    f"flip_{where}",
                    file_name=f"cheating-demo-{where}",
                    alt=f"Confusion matrix. {title}",
                )
            for place, (index, name) in zip(rows, enumerate(CLASSES), strict=True):
                with place:
                    st.caption(f"**{name.capitalize()} people**, and what the network calls them")
                    film_tiles(_answered(session, answers, where, index, PAIRS), least=64, most=140)


def moved_marker_sentence(answers: Answers) -> str:
    """What moving the marker did, in one sentence."""
    healthy, of_healthy = answers.called(HEALTHY, HEALTHY, COVID_LIKE)
    missed, of_sick = answers.called(HEALTHY, COVID_LIKE, HEALTHY)
    changed, of = answers.flipped(COVID_LIKE, HEALTHY)
    if 2 * changed <= of:
        return (
            f"**{changed} of {of} answers have changed**: this time, the network did not go with "
            "the marker. “Start again” below trains another."
        )
    return (
        f"**{healthy} of {of_healthy} healthy people are now called covid-like, and {missed} of "
        f"{of_sick} covid-like people healthy.**"
    )


def show_comparison(session: DemoSession, shortcut: Answers, control: Answers) -> None:
    """Both networks with the marker here, there and nowhere."""
    counts = {
        NAMES[network]: {WHERE[where]: answers.correct(where) for where in WHERE}
        for network, answers in ((SHORTCUT, shortcut), (CONTROL, control))
    }
    left, right = st.columns(2)
    with left:
        st.markdown("**Share of answers that are right, of the same people**")
        show(
            figures.moved_figure(counts, theme()),
            "demonstration_moved",
            file_name="cheating-demo-comparison",
            alt="Accuracy of both networks by where the marker is",
        )
        st.caption("The dotted line is what guessing would give.")
    with right:
        st.markdown("**Where the network that was trained without a marker looks**")
        sides: tuple[tuple[str, Placement], ...] = (
            ("Covid-like people, no marker", NOBODY),
            ("The same people with the marker", COVID_LIKE),
        )
        for title, where in sides:
            st.caption(title)
            film_tiles(_answered(session, control, where, 0, PAIRS, warm=True), least=72, most=120)
        legend()


def comparison_sentence(shortcut: Answers, control: Answers) -> str:
    """What the comparison shows, in one sentence."""
    before, of = shortcut.correct(COVID_LIKE)
    after, _ = shortcut.correct(HEALTHY)
    own, _ = control.correct(NOBODY)
    moved, _ = control.correct(HEALTHY)
    return (
        f"With the marker moved, the first network goes from {_share(before, of)} to "
        f"**{_share(after, of)}** right. The one that never saw a marker gets "
        f"**{_share(own, of)}** right without one and **{_share(moved, of)}** with it."
    )


def show_lessons(shortcut: Answers) -> None:
    """What to take home, with this session's numbers."""
    right, of = shortcut.correct(COVID_LIKE)
    without, _ = shortcut.called(NOBODY, COVID_LIKE, COVID_LIKE)
    sick = int((shortcut.y_true == 0).sum())
    st.markdown(
        f"- **A network takes the easiest way.** It got {_share(right, of)} here; without the "
        f"marker it finds {without} of {sick} covid-like people.\n"
        "- **Test films from the same place cannot show it.** They carry the same marker, so the "
        "test is passed by the same trick.\n"
        "- **Real films carry such markers too**: letters, tubes, the machine, the hospital, the "
        "age of the patients. Nobody plants them, and many are hard to see.\n"
        "- **So ask what the answer rests on**, and test on films from elsewhere, before you "
        "believe a number."
    )


def _share(right: int, of: int) -> str:
    return percent_of(right, of, 0)


def _some(cohort: Cohort, split: str, index: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    films, y_true = _drawn(cohort, split, index, count)
    return films, y_true


@st.cache_data(show_spinner="Drawing the films …", max_entries=16)
def _drawn(cohort: Cohort, split: str, index: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    people = [one for one in cohort.people(split) if one.y_true == index][:count]
    return cohort.films(people), np.array([one.y_true for one in people])


def _answered(
    session: DemoSession,
    answers: Answers,
    where: Placement,
    index: int,
    count: int,
    *,
    warm: bool = False,
) -> list[Tile]:
    """The first test films of a class with the answers to them, ``warm``: with their heat."""
    films = with_marker(*_some(session.cohort, "test", index, count), where)
    tiles = []
    rows = np.flatnonzero(answers.y_true == index)[:count]
    for film, row in zip(films, rows.tolist(), strict=False):
        answer = answers.answer(where, row)
        shown = overlay(film, answers.heats[where][row], HEAT) if warm else film
        what = f"Artificial {CLASSES[index]} chest film, called {answer}"
        right = answer == CLASSES[index]
        tiles.append(Tile(shown, answer, CLASSES.index(answer), right, what))
    return tiles


def legend() -> None:
    """What the colours of a heat map mean."""
    stops = ", ".join(f"{colour} {100 * place:.0f}%" for place, colour in heat_colours())
    st.html(
        f'<div role="img" aria-label="Heat map colours, from little to strong influence" '
        f'style="height:12px;border-radius:6px;background:linear-gradient(to right,{stops})">'
        '</div><div style="display:flex;justify-content:space-between;font-size:0.8rem;'
        'opacity:0.85"><span>cold: little influence</span><span>hot: strong influence</span></div>'
    )
