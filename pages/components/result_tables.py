"""Tables of results in which no column is cut: cells wrap, and what each column means is one
click away. For a few rows to be read; what has to be sorted is ``st.dataframe``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.text import NONE
from pages.components.run_labels import escaped

WORDS = "5.5rem"  # the least width of a column of words: else it is one word a line
CLOSE = "46rem"
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
            + (f"{words} {{min-width: {WORDS}}}\n" if words else "")
            # Beside the sidebar of a small screen, eight columns stand closer together.
            + f"{inside} {{container-type: inline-size}}\n"
            + f"@container (max-width: {CLOSE}) {{{inside} :is(td, th) "
            + f"{{padding-inline: 0.15rem !important; min-width: 0 !important}} {inside} p "
            + "{font-size: 0.75rem !important}}</style>"
        )
        st.table(shown, border="horizontal", hide_index=True, alt=alt)


def meanings(columns: Mapping[str, ResultColumn], *, key: str) -> None:
    """A button that opens what the columns mean."""
    with st.popover("What the columns mean", icon=":material/help:", key=key):
        for one in columns.values():
            if one.meaning:
                st.markdown(f"**{escaped(one.label)}** {one.meaning}")
