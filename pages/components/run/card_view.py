"""A model card on the screen, as it is printed."""

from __future__ import annotations

import streamlit as st

from core.card.document import ModelCard, Picture, Section, Table
from pages.components.result_tables import ResultColumn, number_cell, result_table, words_cell
from pages.components.run_labels import escaped

KEY = "run_card"
WORDS, NUMBERS = "card_words", "card_numbers"  # tables; a number does not break
PICTURE = 440  # px, where there is as much


def card_view(card: ModelCard) -> None:
    """All sections, one under the other; the header of the page says the rest."""
    with st.container(key=KEY):
        # Settings are one long word, and identifiers are no shorter on a telephone.
        st.html(
            f"<style>.st-key-{KEY} p {{overflow-wrap: anywhere !important}}\n"
            f'.st-key-{KEY} [class*="st-key-{NUMBERS}"] p {{overflow-wrap: normal !important}}'
            "</style>"
        )
        for place, section in enumerate(card.sections):
            _section(section, place)


def _section(section: Section, place: int) -> None:
    st.subheader(escaped(section.title))
    for number, part in enumerate(section.parts):
        if isinstance(part, Table):
            kind = NUMBERS if part.numeric < len(part.head) else WORDS
            _table(part, f"{kind}_{place}_{number}", section.title)
        elif isinstance(part, Picture):
            with st.container(width=PICTURE):
                st.image(part.png, caption=escaped(part.words), width="stretch", alt=part.words)
        else:
            st.markdown(escaped(part))


def _table(table: Table, key: str, title: str) -> None:
    columns = {
        str(place): ResultColumn(escaped(head), is_number=place >= table.numeric)
        for place, head in enumerate(table.head)
    }
    rows = [
        {
            str(place): _number(cell) if place >= table.numeric else words_cell(cell)
            for place, cell in enumerate(row)
        }
        for row in table.rows
    ]
    result_table(rows, columns, key=key, alt=title)


def _number(cell: str) -> str:
    """“85.0 % (70.9–92.9 %)” with its interval below it."""
    value, _, rest = cell.partition(" (")
    return number_cell(value, rest.removesuffix(")"))
