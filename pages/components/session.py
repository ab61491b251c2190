"""What a browser session works with: the workspace, the store, the prediction worker.

All sessions of one server share them, so a second user sees the same runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import streamlit as st

from core.datasets.uploads import clean_up
from core.errors import InputError, ThoraxLensError
from core.example import ExampleNote, pending, plan_example, prepare_example
from core.people.asking import by_itself, must
from core.people.roles import Deed
from core.public import is_public
from core.show import show_of
from core.starter import install_starters, plan_starters, wants_starters
from core.store import Source, Store, keep_records, open_store
from core.workspace import RAY_VARIABLE, Workspace, named_workspace, open_workspace

if TYPE_CHECKING:
    import pandas as pd

    from core.prediction.client import PredictionClient

# What the pages call each other by, for st.page_link and st.switch_page: files beside
# navigation.py.
HOME = "home.py"
EXPLORE = "explore.py"
PREPARE = "prepare.py"
TRAIN = "train.py"
COMPARE = "compare.py"
RESULTS = "results.py"
RUN = "run.py"
CLASSIFY = "classify.py"
DEMONSTRATION = "demonstration.py"
MACHINES = "machines.py"
HISTORY = "history.py"

STARTER_PAUSE = 1.0  # seconds, in which the first page is drawn
EXAMPLE_PAUSE = 1.5  # seconds, in which the first page is drawn
NO_STARTERS = "THORAXLENS_NO_STARTERS"  # likewise --no-starters
NO_EXAMPLE = "THORAXLENS_NO_EXAMPLE"  # the environment's --no-example, set to anything but 0


def get_workspace() -> Workspace:
    """The data folder of this server: ``--data DIR`` after ``--``, else the environment's."""
    return get_store().workspace


def get_store() -> Store:
    """The one store; the first call of an installation draws the artificial films, and begins
    to install the starter networks and to prepare an example, unless ``--no-starters`` and
    ``--no-example`` were given. With ``--ray ADDRESS``, all that this server starts finds the
    cluster by the environment.

    Raises InputError when the data folder cannot be used, NotAllowedError for a stranger.
    """
    must(Deed.LOOK)
    _name_cluster()
    return _open(_data_folder())


def thumbnail_of(film_id: str) -> Path:
    """Where the thumbnail of a film lies; may be asked outside of a session."""
    return Workspace(Path(_data_folder())).thumbnail(film_id)


def people_file() -> Path:
    """Where an administrator says who has which role (``core.people.register``)."""
    return Path(_chosen_folder()) / "people.toml"


def get_client() -> PredictionClient:
    """The one prediction worker of this server, started when it is first asked."""
    return client_of(get_store())


def client_of(store: Store) -> PredictionClient:
    """``get_client`` for a thread of the server, to which Streamlit's caches do not belong."""
    return _client(str(store.workspace.root))


def catalogue_frame() -> pd.DataFrame:
    """The catalogue as one table (see ``Catalogue.frame``), artificial films at the end.

    Read once a change. Shared between sessions: take it as read-only.
    """
    store = get_store()
    return _frame(str(store.workspace.root), store.catalogue.version(), store)


def sources() -> dict[str, Source]:
    """Name → source, oldest import first."""
    return {one.name: one for one in get_store().catalogue.sources()}


def artificial_sources() -> set[str]:
    """Names of the sources whose films were drawn by a program."""
    return {one.name for one in get_store().catalogue.sources() if one.artificial}


def example_under_way() -> ExampleNote | None:
    """How far the example is that this server prepares; None when there is nothing to wait for."""
    store = get_store()
    thread = _example(str(store.workspace.root), store)
    return pending(store.workspace) if thread is not None and thread.is_alive() else None


def _options() -> argparse.Namespace:
    """What stands behind ``--`` on the server's command line."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data", nargs="?", default="")
    parser.add_argument("--ray", nargs="?", default="")
    parser.add_argument("--no-example", action="store_true")
    parser.add_argument("--no-starters", action="store_true")
    options = parser.parse_known_args(sys.argv[1:])[0]
    options.no_example |= os.environ.get(NO_EXAMPLE, "0") not in ("", "0")
    options.no_starters |= os.environ.get(NO_STARTERS, "0") not in ("", "0")
    return options


def _name_cluster() -> None:
    """Raises InputError."""
    chosen = _options().ray
    if chosen is None:
        raise InputError(
            "--ray needs an address behind it, auto or HOST:PORT: "
            "streamlit run app.py -- --ray auto"
        )
    if chosen:
        os.environ[RAY_VARIABLE] = chosen


def _data_folder() -> str:
    """Where the data lies, as text: what the caches are keyed by. In a public show a copy of it."""
    return str(show_of(Path(_chosen_folder()))) if is_public() else _chosen_folder()


def _chosen_folder() -> str:
    chosen = _options().data
    if chosen is None:
        raise InputError("--data needs a folder behind it: streamlit run app.py -- --data DIR")
    try:
        if is_public():  # which makes no folders
            return str(named_workspace(chosen or None).root)
        return str(open_workspace(chosen or None).root)
    except OSError as error:
        raise InputError(
            f"The data folder {chosen or ''} cannot be used ({error}). "
            "Name another one with --data DIR, or set THORAXLENS_DATA."
        ) from error


@st.cache_resource(show_spinner="Opening the data folder …")
def _open(root: str) -> Store:
    with by_itself():  # whoever is the first to come
        return _opened(root)


def _opened(root: str) -> Store:
    if is_public():
        return open_store(Workspace(Path(root)))
    store = open_store(Workspace(Path(root)).create())
    clean_up(store)
    if not _options().no_starters:
        plan_starters(store)
    if not _options().no_example:
        plan_example(store)
    if not store.workspace.phantom_note.exists():
        # Only for the first start of all: drawing needs image libraries that take a while to
        # load, and the first page does without them.
        from core.datasets.phantom import ensure_phantoms
        from core.showcase.brought import bring

        ensure_phantoms(store)
        if pending(store.workspace) is not None:
            with suppress(OSError):  # Home does without
                bring(store)
    Thread(target=_keep_records, args=(store,), name="records", daemon=True).start()
    if not _options().no_starters and wants_starters(store):
        Thread(target=_install_starters, args=(store,), name="starters", daemon=True).start()
    _example(root, store)
    return store


def _install_starters(store: Store) -> None:
    time.sleep(STARTER_PAUSE)
    with suppress(ThoraxLensError, OSError):  # what is missing then is tried at the next start
        install_starters(store, again=False)


def _keep_records(store: Store) -> None:
    """See to it that a store that gets lost can be filled again, also for runs of an earlier
    version, and look whether it has rotten; after the first page is drawn."""
    time.sleep(3)
    with suppress(ThoraxLensError, OSError):
        keep_records(store)
        if trouble := store.database.check():
            store_trouble(str(store.workspace.root)).append(trouble)


@st.cache_resource(show_spinner=False)
def _example(root: str, _store: Store) -> Thread | None:
    """The thread that prepares what is left of the example; None where there is nothing left."""
    if is_public() or _options().no_example or pending(_store.workspace) is None:
        return None
    thread = Thread(target=_prepare_example, args=(_store,), name="example", daemon=True)
    thread.start()
    return thread


def _prepare_example(store: Store) -> None:
    time.sleep(EXAMPLE_PAUSE)
    prepare_example(store)


@st.cache_resource(show_spinner=False)
def store_trouble(root: str) -> list[str]:
    """What this server has found wrong with the file of the store, as sentences."""
    return []


@lru_cache
def _client(root: str) -> PredictionClient:
    from core.prediction.client import PredictionClient

    return PredictionClient(Workspace(Path(root)))


@st.cache_resource(show_spinner=False, max_entries=2)
def _frame(root: str, version: int, _store: Store) -> pd.DataFrame:
    # A resource, not data: st.cache_data would copy 100,000 rows at each rerun.
    # Real films first: artificial ones stand in for them only until there are any.
    return _store.catalogue.frame(drawn_last=True)
