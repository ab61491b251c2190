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


# Inferno: its lightness rises evenly, so it reads the same for colour-blind eyes and in print. As
# ``cv2.COLORMAP_INFERNO`` has it; written out, because the first page does without OpenCV.
_INFERNO = bytes.fromhex(
    "00000401000501010601010802010a02020c02020e03021004031204031405041706041907051b08051d09061f"
    "0a07220b07240c08260d08290e092b10092d110a30120a32140b34150b37160b39180c3c190c3e1b0c411c0c43"
    "1e0c451f0c48210c4a230c4c240c4f260c51280b53290b552b0b572d0b592f0a5b310a5c320a5e340a5f360961"
    "3809623909633b09643d09653e0966400a67420a68440a68450a69470b6a490b6a4a0c6b4c0c6b4d0d6c4f0d6c"
    "510e6c520e6d540f6d550f6d57106e59106e5a116e5c126e5d126e5f136e61136e62146e64156e65156e67166e"
    "69166e6a176e6c186e6d186e6f196e71196e721a6e741a6e751b6e771c6d781c6d7a1d6d7c1d6d7d1e6d7f1e6c"
    "801f6c82206c84206b85216b87216b88226a8a226a8c23698d23698f2469902568922568932667952667972766"
    "9827669a28659b29649d29649f2a63a02a63a22b62a32c61a52c60a62d60a82e5fa92e5eab2f5ead305dae305c"
    "b0315bb1325ab3325ab43359b63458b73557b93556ba3655bc3754bd3853bf3952c03a51c13a50c33b4fc43c4e"
    "c63d4dc73e4cc83f4bca404acb4149cc4248ce4347cf4446d04545d24644d34743d44842d54a41d74b3fd84c3e"
    "d94d3dda4e3cdb503bdd513ade5238df5337e05536e15635e25734e35933e45a31e55c30e65d2fe75e2ee8602d"
    "e9612bea632aeb6429eb6628ec6726ed6925ee6a24ef6c23ef6e21f06f20f1711ff1731df2741cf3761bf37819"
    "f47918f57b17f57d15f67e14f68013f78212f78410f8850ff8870ef8890cf98b0bf98c0af98e09fa9008fa9207"
    "fa9407fb9606fb9706fb9906fb9b06fb9d07fc9f07fca108fca309fca50afca60cfca80dfcaa0ffcac11fcae12"
    "fcb014fcb216fcb418fbb61afbb81dfbba1ffbbc21fbbe23fac026fac228fac42afac62df9c72ff9c932f9cb35"
    "f8cd37f8cf3af7d13df7d340f6d543f6d746f5d949f5db4cf4dd4ff4df53f4e156f3e35af3e55df2e661f2e865"
    "f2ea69f1ec6df1ed71f1ef75f1f179f2f27df2f482f3f586f3f68af4f88ef5f992f6fa96f8fb9af9fc9dfafda1"
    "fcffa4"
)


def heat_ramp() -> list[tuple[int, int, int]]:
    """The 256 colours of a heat map, RGB, cold to hot."""
    return list(zip(_INFERNO[::3], _INFERNO[1::3], _INFERNO[2::3], strict=True))


def heat_colours(steps: int = 11) -> list[tuple[float, str]]:
    """The legend of a heat map: ``steps`` pairs (heat in [0, 1], ``"rgb(r,g,b)"``), cold to hot."""
    ramp = heat_ramp()
    places = [step / (steps - 1) for step in range(steps)]
    return [(place, "rgb({},{},{})".format(*ramp[round(255 * place)])) for place in places]
