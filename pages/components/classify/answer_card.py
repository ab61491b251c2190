"""What stands first on a classified film's card: a class, “not sure”, or why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.evaluation.predictions import MOST_PROBABLE, predict_classes
from core.text import interval, probability
from pages.components.films.gallery import tile
from pages.components.run_labels import escaped
from pages.components.session import catalogue_frame, get_workspace

if TYPE_CHECKING:
    from core.gate.similarity import Similarity
    from core.prediction.client import FilmResult

REFUSED = "refused"
NOT_SURE = "not_sure"
NEIGHBOUR_SIDE = 84  # px; three beside each other fit a telephone
HEADINGS = {
    "lateral": "Refused: a film from the side",
    "not_a_chest_xray": "Refused: not a chest X-ray",
}


def at_threshold(probabilities: Mapping[str, float], threshold: float) -> str:
    """The class named at a threshold that somebody sets on the page: the first (positive) one
    when its probability reaches it, else the most probable of the others."""
    names = list(probabilities)
    row = np.array([[probabilities[name] for name in names]], dtype=np.float32)
    return names[int(predict_classes(row, threshold)[0])]


def said(answer: FilmResult, threshold: float | None) -> str:
    """A class, ``not_sure`` or ``refused``; empty with an error. A threshold set on the page
    takes the place of the run's own, and leaves nothing unsure."""
    if answer.error:
        return ""
    if answer.answer == REFUSED or not answer.probabilities:
        return REFUSED
    if threshold is not None:
        return at_threshold(answer.probabilities, threshold)
    return answer.answer or answer.label or ""


def rule_of(answer: FilmResult, threshold: float | None) -> str:
    """What the answer goes by, in words; empty where no network was asked."""
    if not answer.probabilities:
        return ""
    if threshold is not None:
        return f"{next(iter(answer.probabilities))} from {probability(threshold)} on (set here)"
    return answer.decision.in_words() if answer.decision else MOST_PROBABLE


def refusal(answer: FilmResult) -> None:
    """Why no network was asked about this picture."""
    st.markdown(f"### :material/block: {HEADINGS.get(answer.gate or '', 'Refused')}")
    st.markdown(escaped(answer.reason))
    st.caption(
        "No network was asked: one that knows chest films only would name one of its "
        "classes for any picture."
    )


def answer_headline(answer: FilmResult, threshold: float | None, truth: str) -> None:
    """The answer in a word, and what speaks against believing it."""
    label = said(answer, threshold)
    if answer.gate == "lateral":
        st.warning(
            "A film from the side, answered because you asked for it. The network has learnt "
            "from frontal films: this answer means nothing.",
            icon=":material/warning:",
        )
    if label == NOT_SURE:
        st.markdown("### :material/help: Not sure", help=_why_unsure(answer))
        st.caption(_unsure(answer))
    else:
        agrees = ""
        if truth in answer.probabilities:
            agrees = " :material/check:" if label == truth else " :gray[(differs)]"
        st.markdown(f"### {escaped(label)}{agrees}", help=_why_named(answer, threshold))
    st.caption(f"By its rule: {escaped(rule_of(answer, threshold))}.")
    if answer.similarity is not None and answer.similarity.unlike:
        st.warning(
            "**Unlike the films that this network learnt from.** It has to guess here: do not "
            "rely on its answer.",
            icon=":material/warning:",
        )


def neighbours(similarity: Similarity) -> None:
    """The training films that look most like this one, with class and finding."""
    st.markdown(
        "**Nearest training films**",
        help="The films this network learnt from that look most like this one, by tones and "
        f"outlines at low resolution. This film is {similarity.distance:.2f} away from them "
        "(0: the same, 2: the opposite); 99 % of the training films are at most "
        f"{similarity.usual:.2f} away from their own nearest.",
    )
    if similarity.seen:
        st.info(
            "This film, or one that is nearly the same, is among the training films. The network "
            "may simply remember it.",
            icon=":material/content_copy:",
        )
    frame = catalogue_frame()
    known = frame[frame["film_id"].isin([one.film_id for one in similarity.nearest])]
    findings = dict(zip(known["film_id"], known["finding"].astype(str), strict=True))
    with st.container(horizontal=True, gap="small"):
        for one in similarity.nearest:
            file = get_workspace().thumbnail(one.film_id)
            is_here = file.exists() or one.film_id in findings
            with st.container(width=NEIGHBOUR_SIDE if is_here else "content", gap="xsmall"):
                if is_here:
                    st.image(
                        tile(str(file), NEIGHBOUR_SIDE),
                        width=NEIGHBOUR_SIDE,
                        alt=f"Training film: {one.class_name}",
                    )
                finding = f"{escaped(findings[one.film_id])}  \n" if one.film_id in findings else ""
                st.caption(f"**{escaped(one.class_name)}**  \n{finding}distance {one.distance:.2f}")
    if similarity.learnt:
        st.caption(f"Compared with some of the {similarity.learnt:,} training films, drawn by lot.")
    if not any(get_workspace().thumbnail(one.film_id).exists() for one in similarity.nearest):
        st.caption("These films are not on this computer.")


def _unsure(answer: FilmResult) -> str:
    if answer.not_sure is None:
        return ""
    positive = next(iter(answer.probabilities))
    return (
        f"{escaped(positive)} has {probability(answer.probabilities[positive])}. Between "
        f"{interval(answer.not_sure, joint=' and ')}, this run gives no answer."
    )


def _why_unsure(answer: FilmResult) -> str:
    positive = escaped(next(iter(answer.probabilities)))
    return (
        f"Among the validation films, both {positive} films and others had such a probability of "
        f"{positive}. Naming a class would be a guess; a person has to look."
    )


def _why_named(answer: FilmResult, threshold: float | None) -> str | None:
    if threshold is not None:
        return "At the threshold that you have set."
    if answer.not_sure is None:
        return "The most probable class: this run has no threshold of its own."
    low, high = answer.not_sure
    positive = next(iter(answer.probabilities))
    return (
        f"“{escaped(positive)}” is named from {probability(high, 0)} on, another class below "
        f"{probability(low, 0)}; in between the answer is “not sure”. The limits were chosen on "
        "the run's validation films."
    )
