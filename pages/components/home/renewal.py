"""What Home shows is brought up to date behind its back: a page waits for no network."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Lock, Thread

import streamlit as st

from core.errors import ThoraxLensError
from core.public import is_public
from core.store import RunState, Store
from pages.components.session import client_of

PAUSE = 4.0  # seconds, in which the page is drawn and a first click is answered
EVERY = 60.0  # seconds, at least, between two looks


class Renewal:
    """One thread of the server at a time looks whether another film or network is to be shown."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread: Thread | None = None
        self._looked = -EVERY

    def wake(self, store: Store) -> None:
        """Look in a while; returns at once."""
        with self._lock:
            is_there = self._thread is not None and self._thread.is_alive()
            if is_there or time.monotonic() - self._looked < EVERY:
                return
            self._looked = time.monotonic()
            self._thread = Thread(target=_renew, args=(store,), name="showcase", daemon=True)
            self._thread.start()


def _renew(store: Store) -> None:
    time.sleep(PAUSE)
    # Only here: films are read and networks asked for this, which the first page does without.
    from core.showcase.renewing import renew

    # What cannot be shown now is tried again with a later look.
    with suppress(ThoraxLensError, OSError):
        renew(store, client_of(store))


def keep_up_to_date(store: Store) -> None:
    """See to it that Home shows what it should; nothing without a finished run."""
    if not is_public() and store.runs.all([RunState.DONE]):
        _renewal(str(store.workspace.root)).wake(store)


@st.cache_resource(show_spinner=False)
def _renewal(root: str) -> Renewal:
    return Renewal()
