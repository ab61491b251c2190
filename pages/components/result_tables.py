"""Tables of results in which no column is cut: cells wrap, where the columns do not fit each row
stands by itself, and what each column means is one click away. For a few rows to be read; what has
to be sorted is ``st.dataframe``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.text import NONE
from pages.components.run_labels import escaped

CLOSE = "46rem"
WORDS = 5.5  # rem that a column of words needs: in less they stand one a line
LETTER, BETWEEN = 0.45, 0.3  # rem: a letter of small type, and what parts two columns
_TOGETHER = "\u2060"  # word joiner: an interval does not break at its dash
_BESIDE = "\u00a0"  # nor a number before its unit


@dataclass(frozen=True)
class ResultColumn:
    """A column's head, and what it means for somebody who has never met the word."""

    label: str
    meaning: str = ""
    is_number: bool = True


def words_cell(text: str, below: str = "") -> str:
    """A cell's Markdown: ``text`` as it is, on one line where it has no spaces but that before a
    unit; ``below`` (an interval, a spread) in brackets on a line of its own."""
    if not text:
        return NONE
    said = escaped(text.replace(" %", f"{_BESIDE}%"))
    return f"{said}  \n({_whole(escaped(below))})" if below else said


def number_cell(text: str, below: str = "") -> str:
    """Like ``words_cell``, for a number that must not part from its unit."""
    return words_cell(_whole(text), below)


def _whole(text: str) -> str:
    return text.replace(" ", _BESIDE).replace("–", f"{_TOGETHER}–{_TOGETHER}")


def result_table(
    rows: Sequence[Mapping[str, str]], columns: Mapping[str, ResultColumn], *, key: str, alt: str
) -> None:
    """``rows``: column → Markdown by ``words_cell`` and ``number_cell``; a dash where none is.
    ``key``: also names the container, whose style puts numbers to the right. ``alt``: what the
    table shows, for who cannot see it."""
    shown = pd.DataFrame(
        {column.label: [row.get(name) or NONE for row in rows] for name, column in columns.items()}
    )
    inside = f".st-key-{key}"
    # Streamlit writes a side into each cell, by what it takes the text for.
    sides = "\n".join(
        f"{inside} [data-testid] table :is(td, th):nth-child({place}) "
        f"{{text-align: {'right' if column.is_number else 'left'} !important}}"
        for place, column in enumerate(columns.values(), start=1)
    )
    words = ", ".join(
        f"{inside} td:nth-child({place})"
        for place, column in enumerate(columns.values(), start=1)
        if not column.is_number
    )
    with st.container(key=key, gap="xsmall"):
        st.html(
            f"<style>{inside} td {{vertical-align: top}}\n{sides}\n"
            + (f"{words} {{min-width: {WORDS}rem}}\n" if words else "")
            # Beside the sidebar of a small screen, eight columns stand closer together.
            + f"{inside} {{container-type: inline-size}}\n"
            + f"@container (max-width: {CLOSE}) {{{inside} :is(td, th) "
            + f"{{padding-inline: 0.15rem !important; min-width: 0 !important}} {inside} p "
            + "{font-size: 0.75rem !important}}\n"
            + f"{_rows_apart(inside, shown, _needs(shown, list(columns.values())))}</style>"
        )
        st.table(shown, border="horizontal", hide_index=True, alt=alt)


def _needs(shown: pd.DataFrame, columns: Sequence[ResultColumn]) -> float:
    """How wide a table must be, in rem, for nothing in it to be cut."""
    width = 0.0
    for column in columns:
        lines = [line for cell in shown[column.label] for line in cell.split("\n")]
        words = [word for text in (*lines, column.label) for word in re.split("[ -]", text)]
        longest = max(map(_letters, words)) * LETTER
        if not column.is_number:
            longest = max(longest, min(WORDS, max(map(_letters, lines)) * LETTER / 2))
        width += longest + BETWEEN
    return width


def _letters(cell: str) -> int:
    """How long a piece of a cell's Markdown is when it is drawn, by and large."""
    return len(cell.replace(_TOGETHER, "").replace("\\", ""))


def _rows_apart(inside: str, shown: pd.DataFrame, needed: float) -> str:
    """The style of a place too narrow for the columns: each row is a list of its own, headed by its
    first cell, with the name of its column before each other cell."""
    names = "\n".join(
        f"{inside} td:nth-child({place})::before {{content: {_css_text(label)}}}"
        for place, label in enumerate(shown.columns[1:], start=2)
    )
    return f"""@container (max-width: {needed:.1f}rem) {{
{inside} thead {{display: none}}
{inside} tr {{display: block; padding-block: 0.5rem}}
{inside} td {{display: flex; justify-content: space-between; gap: 1rem; border: 0 !important;
  min-width: 0 !important; padding-block: 0.1rem !important}}
{inside} td:first-child p {{font-weight: 600}}
{inside} td:not(:first-child) [data-testid] {{text-align: right}}
{inside} td::before {{font-size: 0.75rem; opacity: 0.8; flex: none; max-width: 60%}}
{names}
}}"""


def _css_text(text: str) -> str:
    """A text as CSS writes one; whatever could end it, or the style, by its number."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'


def meanings(columns: Mapping[str, ResultColumn], *, key: str) -> None:
    """A button that opens what the columns mean."""
    with st.popover("What the columns mean", icon=":material/help:", key=key):
        for one in columns.values():
            if one.meaning:
                st.markdown(f"**{escaped(one.label)}** {one.meaning}")
