"""What stands beside an answer in a table: why there is none, or what speaks against it."""

from __future__ import annotations

from core.evaluation.operating_point import NOT_SURE
from core.evaluation.predictions import unsure_words
from core.prediction.client import FilmResult

UNLIKE = "Unlike the films that this network learnt from."
SEEN = "This film, or one nearly the same, is among the training films."
LATERAL = "A film from the side: the answer means nothing."


def note_of(one: FilmResult) -> str:
    """Sentences; empty where there is nothing to say."""
    if one.error:
        return one.error
    if not one.probabilities:
        return one.reason
    unsure = one.answer == NOT_SURE
    said = [
        LATERAL if one.gate == "lateral" else "",
        unsure_words(next(iter(one.probabilities)), one.not_sure) if unsure else "",
        UNLIKE if one.similarity and one.similarity.unlike else "",
        SEEN if one.similarity and one.similarity.seen else "",
    ]
    return " ".join(filter(None, said))
