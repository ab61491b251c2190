"""Buttons that save tables and pictures; each is made only when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import streamlit as st


def csv_download(
    label: str, table: Callable[[], pd.DataFrame], file_name: str, *, key: str
) -> None:
    """A button that saves a table as UTF-8 CSV (with a mark, so that Excel sees it)."""
    st.download_button(
        label,
        lambda: table().to_csv(index=False).encode("utf-8-sig"),
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
    """``text`` as a file name that every system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "thoraxlens"
