"""Load behind the first page what the others need, so that the second page is quick too."""

from __future__ import annotations

import importlib
import time
from threading import Thread

import streamlit as st

# What takes longest of what nearly every other page needs. Each is a package that loads all of
# itself behind one lock: a page that asks for it meanwhile waits, and then has it whole. That
# cannot be said of SciPy and scikit-learn, whose parts load one another; they are not here.
PACKAGES = ("pandas", "cv2", "pydicom")
PAUSE = 1.0  # seconds, in which the browser draws; on a small computer it needs the processor


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Begin with it, once a server; returns at once. ``app.py`` calls it below the page."""
    Thread(target=_load, name="warming", daemon=True).start()


def _load() -> None:
    time.sleep(PAUSE)
    for name in PACKAGES:
        importlib.import_module(name)
