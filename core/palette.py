"""Every colour that ThoraxLens draws with, and the arithmetic of contrast.

The surround is neutral grey, because a tinted or bright one changes how greys in a film
look; neither text nor background is pure black or white. Class colours start from Okabe
and Ito's colour-blind-safe set (https://jfly.uni-koeln.de/color/), moved in lightness so
that each stands out from the dark and from the light background alike: one colour means
one class, whatever the theme. ``.streamlit/config.toml`` repeats the surround colours; a
test holds the two together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Theme = Literal["dark", "light"]


@dataclass(frozen=True)
class Surround:
    """The colours around the data, as ``#rrggbb`` of one theme, or as CSS."""

    background: str
    panel: str
    text: str
    muted: str
    grid: str
    accent: str


SURROUNDS: dict[Theme, Surround] = {
    "dark": Surround(
        background="#1c1c1c",
        panel="#292929",
        text="#dedede",
        muted="#a8a8a8",
        grid="#3d3d3d",
        accent="#408abf",
    ),
    "light": Surround(
        background="#f5f5f4",
        panel="#e7e7e5",
        text="#121212",
        muted="#565656",
        grid="#cfcfcd",
        accent="#0067a3",
    ),
}
# For HTML of our own: the browser takes the colour of the theme that it shows, also when somebody
# has just chosen the other one, of which the server hears later.
CSS_SURROUND = Surround(
    **{
        part: f"light-dark({light}, {getattr(SURROUNDS['dark'], part)})"
        for part, light in asdict(SURROUNDS["light"]).items()
    }
)
BACKGROUND = SURROUNDS["dark"].background
LIGHT_BACKGROUND = SURROUNDS["light"].background
# The ground of white words, on a button or a chosen option, in both themes: an accent that can
# be read on the dark background is too light for that.
BUTTON = "#1f75ad"
# Around what the keyboard is at: seen beside the surround, the sidebar and a filled button.
FOCUS: dict[Theme, str] = {"dark": "#7db8e8", "light": "#0067a3"}
# The ground of a button where a press destroys something.
DESTROY = "#c62f26"

# Vermilion, blue, reddish purple, bluish green, ochre, grey, brown, teal: the first three
# differ well for every kind of colour vision, from the fourth on shapes have to help.
CLASS_COLOURS = (
    "#d55e00",
    "#1f7cbf",
    "#b86496",
    "#00946b",
    "#a07d00",
    "#808080",
    "#a5673f",
    "#2a8f9c",
)
# What films are besides their finding (view, sex, source, age group): never the colours of
# the first two classes, or a view would look like a disease.
GROUP_COLOURS = ("#2a8f9c", "#a07d00", "#8a70c8", "#6b8e23", "#b0607a", "#a5673f")
# Not stated, or summed up: the same mid-grey in both themes.
UNKNOWN_COLOUR = "#808080"
# Films with more than one finding, where each film is in one place only.
SEVERAL_COLOUR = GROUP_COLOURS[2]
# The frequent findings, in the colours that they have as classes of the study.
FINDING_COLOURS = {
    "COVID-19": CLASS_COLOURS[0],
    "No finding": CLASS_COLOURS[1],
    "Bacterial pneumonia": CLASS_COLOURS[2],
    "Viral pneumonia": CLASS_COLOURS[3],
}
# Runs on one figure; the first is blue, so that one run alone does not look like covid.
RUN_COLOURS = (CLASS_COLOURS[1], CLASS_COLOURS[0], *CLASS_COLOURS[2:])
# Colour is never the only sign: runs differ in the shape of their points too.
RUN_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")

# A value's place on the confusion matrix, from none to all of a row.
MATRIX_SCALE: dict[Theme, tuple[str, str]] = {
    "dark": ("#292929", "#4c9fd8"),
    "light": ("#e7e7e5", "#0067a3"),
}


def class_colour(index: int) -> str:
    """The colour of a class by its place in the data set (0 is the positive class)."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def group_colour(index: int) -> str:
    """The colour of a view, sex, source or age group by its place in their order."""
    return GROUP_COLOURS[index % len(GROUP_COLOURS)]


def finding_colour(finding: str, index: int) -> str:
    """The colour of a finding; ``index`` is its place among those without one of their own."""
    others = CLASS_COLOURS[len(FINDING_COLOURS) :]
    return FINDING_COLOURS.get(finding, others[index % len(others)])


def run_colour(index: int) -> str:
    """The colour of a run by its place in the comparison."""
    return RUN_COLOURS[index % len(RUN_COLOURS)]


def run_symbol(index: int) -> str:
    """The Plotly marker that goes with ``run_colour(index)``."""
    return RUN_SYMBOLS[index % len(RUN_SYMBOLS)]


def mix(first: str, second: str, share: float) -> str:
    """The colour ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    share = min(max(share, 0.0), 1.0)
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def translucent(colour: str, opacity: float) -> str:
    """``#rrggbb`` as ``rgba(…)`` with ``opacity`` from 0 to 1."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def text_on(colour: str) -> str:
    """Near-black or near-white, whichever is easier to read on ``colour``."""
    candidates = ("#0b0b0b", "#fafafa")
    return max(candidates, key=lambda text: contrast(text, colour))


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in rgb(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
