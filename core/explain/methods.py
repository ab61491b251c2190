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
    """``title``: its name in the field. ``option``: on the command line. ``shows`` and
    ``not_shown``: a sentence each."""

    title: str
    option: str
    shows: str
    not_shown: str

    @property
    def line(self) -> str:
        """What it shows and what not."""
        return f"{self.shows} {self.not_shown}"


WORDS: dict[Method, MethodWords] = {
    "hires_cam": MethodWords(
        "HiResCAM",
        "hires-cam",
        "Shows which places add to the score of this class, each weighed for itself.",
        "It does not show details smaller than a place, of which a film has only some dozens.",
    ),
    "grad_cam": MethodWords(
        "Grad-CAM",
        "grad-cam",
        "Shows where the patterns lie that add to the score of this class, each pattern weighed "
        "once for the whole film.",
        "It does not show at which of these places a pattern counted, where a network asks that.",
    ),
    "grad_cam_plus_plus": MethodWords(
        "Grad-CAM++",
        "grad-cam++",
        "Shows all places that speak for this class, so that several weak ones are seen beside "
        "a strong one.",
        "It does not show what speaks against the class, so it is warmer than the answer is sure.",
    ),
    "occlusion": MethodWords(
        "Occlusion",
        "occlusion",
        "Shows how far the probability of this class falls when a grey square covers the place.",
        "It does not show places that stand in for each other, and the square itself is something "
        "that the network has never seen.",
    ),
}


def method_called(option: str) -> Method:
    """The method that an option of the command line names. Raises KeyError."""
    return {words.option: method for method, words in WORDS.items()}[option]
