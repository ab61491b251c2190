"""The words between a decoder and who asks it; pictures and files go beside them as bytes.

Plain dictionaries, not models: a decoder is started often, and loads as little as it can.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

DecoderJob = Literal["decode", "grey", "facts", "bare"]


class DecoderRequest(TypedDict):
    """``name``: what errors call the file. ``salt``: in hex, for facts and bare files.
    ``most``: the longest side of a film's grey values. ``memory``: bytes that the decoder may
    take; set when it is asked."""

    name: str
    job: DecoderJob
    salt: NotRequired[str]
    most: NotRequired[int]
    memory: NotRequired[int]


class DecoderAnswer(TypedDict, total=False):
    """One of: ``error``, why it is no film, a sentence; ``fault``, what broke; ``memory``, it was
    too little; or what was asked for: ``shape`` of the pixels and the other fields of
    ``DecodedFilm``, or ``shape`` of the codes and the other fields of ``GreyFilm``, those of
    ``HeaderFacts``, nothing for a bare file."""

    error: str
    fault: str
    memory: bool
    shape: list[int]
    film: dict[str, Any]  # as DecodedFilm takes them, whose field types a dictionary cannot say
    grey: dict[str, Any]  # as GreyFilm takes them
    facts: dict[str, Any]  # as HeaderFacts takes them
