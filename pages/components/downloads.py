"""Buttons that save tables and pictures; each is made only when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import category

import pandas as pd
import streamlit as st

from core.names import on_disk
from core.spreadsheet import csv_bytes


def csv_download(
    label: str, table: Callable[[], pd.DataFrame], file_name: str, *, key: str
) -> None:
    """A button that saves a table as CSV (``core.spreadsheet``)."""
    st.download_button(
        label,
        lambda: csv_bytes(table()),
        file_name=f"{safe_name(file_name)}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )


def png_download(label: str, draw: Callable[[], bytes], file_name: str, *, key: str) -> None:
    """A button that saves a picture."""
    st.download_button(
        label,
        draw,
        file_name=f"{safe_name(file_name)}.png",
        mime="image/png",
        icon=":material/image:",
        key=key,
        on_click="ignore",
    )


def safe_name(text: str) -> str:
    """``text`` as a file name that every system takes; letters of any script stay."""
    kept = (sign if category(sign)[0] in "LMN" or sign in "._-" else " " for sign in text)
    return on_disk(re.sub(r"[\s-]+", "-", "".join(kept)).strip("-."), otherwise="thoraxlens")
