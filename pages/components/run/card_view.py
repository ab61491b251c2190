"""A model card on the screen, as it is printed."""

from __future__ import annotations

import streamlit as st

from core.card.document import ModelCard, Picture, Section, Table
from pages.components.result_tables import ResultColumn, number_cell, result_table, words_cell
from pages.components.run_labels import escaped


def card_view(card: ModelCard) -> None:
    """All sections, one under the other; the header of the page says the rest."""
    for place, section in enumerate(card.sections):
        _section(section, place)


def _section(section: Section, place: int) -> None:
    st.subheader(escaped(section.title))
    for number, part in enumerate(section.parts):
        if isinstance(part, Table):
            _table(part, f"card_table_{place}_{number}", section.title)
        elif isinstance(part, Picture):
            st.image(part.png, caption=escaped(part.words), width=440, alt=part.words)
        else:
            st.markdown(escaped(part))


def _table(table: Table, key: str, title: str) -> None:
    columns = {
        str(place): ResultColumn(escaped(head), is_number=place >= table.numeric)
        for place, head in enumerate(table.head)
    }
    rows = [
        {
            str(place): number_cell(cell) if place >= table.numeric else words_cell(cell)
            for place, cell in enumerate(row)
        }
        for row in table.rows
    ]
    result_table(rows, columns, key=key, alt=title)
