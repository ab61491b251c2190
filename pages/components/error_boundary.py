"""The one place where an exception becomes a sentence on the screen."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

import streamlit as st
from streamlit.errors import FragmentHandledException

from core.errors import ThoraxLensError
from pages.components.run_labels import escaped
from pages.components.session import get_workspace

LOG = logging.getLogger("thoraxlens.pages")


@contextmanager
def boundary() -> Iterator[None]:
    """Show what goes wrong inside as one plain sentence, and log what nobody foresaw.

    ``navigation.py`` puts every page in one. A fragment or a dialog needs its own (usable as a
    decorator under ``@st.fragment``), because Streamlit reruns it without ``navigation.py``.
    Streamlit's own control flow (rerun, stop) passes through: it is no ``Exception``.
    """
    try:
        yield
    except ThoraxLensError as error:
        st.error(escaped(error), icon=":material/error:")
    except FragmentHandledException:
        raise
    except Exception:
        where = _log_file()
        LOG.exception("A page failed")
        st.error(
            "Something went wrong that we did not foresee. Nothing that was saved is lost; "
            f"reload the page to go on. The details are in the log: {escaped(where)}",
            icon=":material/error:",
        )


def _log_file() -> str:
    """Where the log lies; opens it there when this is the first entry."""
    try:
        path: Path = get_workspace().root / "thoraxlens.log"
        open_files = [getattr(one, "baseFilename", "") for one in LOG.handlers]
        if str(path) not in open_files:
            handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2, delay=True)
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
            LOG.addHandler(handler)
        return str(path)
    except (ThoraxLensError, OSError):
        # No usable data folder: the entry still reaches the terminal through logging.
        return "the terminal that the server was started in"
