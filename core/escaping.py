"""Text that comes from people or files, so that it is shown as it is and nothing in it works.

A film can be called ``**b** ![x](http://…)``; a data set, a class or a zip's member too. What
shows such a name says first where it shows it: in Markdown (Streamlit's) or in a chart (Plotly's).
In HTML ``html.escape`` does it, in the card's templates Jinja. In a shell (``terminal``) such a
name must not paint or move anything either.
"""

from __future__ import annotations

import re

# Invisible and without width; it parts what would be found as a whole.
JOINER = "\u2060"

_SIGNS = re.compile(r"[\\`*_\[\]$~#<>|]|:(?=\S)|&(?=#?\w+;)")
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]*[\n\r\x0b\x0c\x85\u2028\u2029][\s]*")
# Turn the direction of all that follows, so that a name reads as another and the sentence around
# it backwards. Scripts that run from right to left do so without them.
_TURNING = "\u202a-\u202e\u2066-\u2069"
_OBEYED = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_TURNING}]")
_CONTROLS = re.compile(rf"[\x00-\x08\x0e-\x1f\x7f{_TURNING}]")
# At the beginning of a line: a list, a quotation, a line under a heading, a line across.
_FIRST = re.compile(r"^([-+=])")
_NUMBERED = re.compile(r"^(\d+)([.)])")
# An address, without what ends the sentence that it stands in.
_ADDRESS = re.compile(r"((?:https?://|www\.)[^\s]*[^\s.,;:!?()\[\]'\"“”‘’])", re.IGNORECASE)
# Found in text that was parsed already, where no backslash helps: icons, emoji, e-mail …
_FOUND_LATE = (
    re.compile(r"(?<=:)(?=material/|[\w+-]+:)"),
    re.compile(r"(?i)(?<=://)(?=\S)|(?<=www)(?=\.)|(?<=[\w.+-])(?=@\w)"),
)
# … and arrows, where they stand alone.
_ARROWS = re.compile(r"(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)")


def markdown(text: object) -> str:
    """``text`` on one line so that Streamlit's Markdown shows it as it is.

    Signs get a backslash; what Streamlit replaces after it has read the backslashes (``:name:``,
    ``->``) is parted by a sign that is not seen. An address is shown as code, or it would become
    a link; it can be copied from there.
    """
    line = _CONTROLS.sub("\ufffd", _BREAKS.sub(" ", str(text))).strip(" \t")
    # Addresses are every second part.
    parts = [
        _code(part) if place % 2 else _signs(part)
        for place, part in enumerate(_ADDRESS.split(line))
    ]
    return _NUMBERED.sub(r"\1\\\2", _FIRST.sub(r"\\\1", "".join(parts)))


def _code(address: str) -> str:
    longest = max(map(len, re.findall("`+", address)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {address} {fence}" if longest else f"`{address}`"


def _signs(line: str) -> str:
    for each in _FOUND_LATE:
        line = each.sub(JOINER, line)
    line = _ARROWS.sub(lambda arrow: arrow[0][0] + JOINER + arrow[0][1:], line)
    return _SIGNS.sub(lambda sign: f"\\{sign[0]}", line)


def terminal(text: str) -> str:
    """``text`` without what a terminal would obey (colours, a cursor that moves): names of files
    may hold any sign. Line ends and tabs stay."""
    return _OBEYED.sub("\ufffd", text)


def plotly(text: object) -> str:
    """``text`` so that a chart shows it as it is: in titles, ticks, legends, hovers and their
    templates, all of which know a little HTML, and ``%{…}``."""
    line = _CONTROLS.sub("\ufffd", _BREAKS.sub(" ", str(text)))
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return line.replace("%{", "%&#123;")
