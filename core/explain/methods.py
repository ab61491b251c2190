"""The ways to explain an answer as a heat map: what each is called, what it shows and what not.

Each has a file of its own beside this one, which names its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Method = Literal["hires_cam", "grad_cam", "grad_cam_plus_plus", "occlusion"]
METHODS: tuple[Method, ...] = get_args(Method)
DEFAULT: Method = "hires_cam"  # what is made with every answer
# Arithmetic on one forward and one short backward pass: whoever has one of them has all three.
BY_GRADIENT: tuple[Method, ...] = ("hires_cam", "grad_cam", "grad_cam_plus_plus")


@dataclass(frozen=True)
class MethodWords:
    """``title``: its name in the field. ``option``: on the command line. ``line``: what it shows
    and what not."""

    title: str
    option: str
    line: str


WORDS: dict[Method, MethodWords] = {
    "hires_cam": MethodWords(
        "HiResCAM",
        "hires-cam",
        "Shows which places add to the score of this class, not which details inside a place.",
    ),
    "grad_cam": MethodWords(
        "Grad-CAM",
        "grad-cam",
        "Shows where patterns lie that add to the score of this class, not at which of these "
        "places they counted.",
    ),
    "grad_cam_plus_plus": MethodWords(
        "Grad-CAM++",
        "grad-cam++",
        "Shows all that speaks for this class, weak spots too, not what speaks against it.",
    ),
    "occlusion": MethodWords(
        "Occlusion",
        "occlusion",
        "Shows how far the probability of this class falls when a grey square covers the place, "
        "not why: the square may look like a finding itself.",
    ),
}


def method_called(option: str) -> Method:
    """The method that an option of the command line names. Raises KeyError."""
    return {words.option: method for method, words in WORDS.items()}[option]
