"""Load what pages need before they ask for it: while the first browser fetches Streamlit's own
files, and once it has its first page."""

from __future__ import annotations

import ast
import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import streamlit as st

from core.images.apart import decoders
from core.workspace import PROJECT_ROOT

# What takes longest of what nearly every other page needs. Each is a package that loads all of
# itself behind one lock: a page that asks for it meanwhile waits, and then has it whole. That
# cannot be said of SciPy and scikit-learn, whose parts load one another; they are not here.
PACKAGES = ("pandas", "cv2")
FIRST = ("navigation.py", "home.py")  # the scripts of the first page
PAUSE = 1.0  # seconds, in which the browser draws; on a small computer it needs the processor


def load_first_page() -> None:
    """Begin with what its scripts import, when the server starts; returns at once."""
    names = [name for script in FIRST for name in _imported(PROJECT_ROOT / "pages" / script)]
    Thread(target=_load, args=(names,), name="first page", daemon=True).start()


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Begin with it, once a server; returns at once. ``navigation.py`` calls it below the page."""
    Thread(target=_load_all, name="preload", daemon=True).start()


def _load_all() -> None:
    _load(PACKAGES, PAUSE)
    decoders().warm()  # so that the first film shown does not wait for a process to start


def _imported(script: Path) -> list[str]:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    return [one.module for one in tree.body if isinstance(one, ast.ImportFrom) and one.module]


def _load(names: Sequence[str], pause: float = 0) -> None:
    time.sleep(pause)
    for name in names:
        importlib.import_module(name)
