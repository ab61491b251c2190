"""Where ThoraxLens keeps things: disk, store, films, weights, and what waits to be done there."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from core.doctor.observation import Observation
from core.errors import DownloadError, ThoraxLensError
from core.models.registry import NETWORKS
from core.models.weights import check_published, find_weights
from core.runs.liveness import is_starting, worker_of
from core.store import Store, open_store
from core.text import count, listed
from core.workspace import Workspace

GB = 1e9
ROOM = 2 * GB  # bytes: less, and the next import or training may not fit
SERVED_AT = 8501  # as .streamlit/config.toml has it


def disk(workspace: Workspace, free: int | None = None) -> Observation:
    """Whether the data folder can be written to and has room. ``free``: bytes, asked of the disk
    when left out."""
    root = workspace.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / f".doctor-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
        free = shutil.disk_usage(root).free if free is None else free
    except OSError as error:
        return Observation(
            "Disk",
            "ill",
            f"Nothing can be written into the data folder {root} ({error.strerror or error}). "
            "Allow this user to write there, or name another folder with --data DIR.",
        )
    said = f"{free / GB:.1f} GB are free where the data folder {root} lies"
    if free < ROOM:
        return Observation(
            "Disk",
            "ill",
            f"Only {said}. Free some: python -m core cache --clear removes what is kept for "
            "speed, and runs that are no longer needed can be deleted.",
        )
    return Observation("Disk", "well", f"{said}.")


def store(workspace: Workspace) -> Iterator[Observation]:
    """The database, the films' folders, and what waits; nothing is changed but what opening an
    older store brings up to date."""
    if not _holds_a_store(workspace):
        yield _no_store(workspace)
        return
    try:
        opened = open_store(workspace)
    except ThoraxLensError as error:
        yield Observation("Store", "ill", str(error))
        return
    trouble = opened.database.check()
    if trouble:
        yield Observation("Store", "ill", trouble)
        return
    runs = len(opened.runs.all())
    yield Observation(
        "Store",
        "well",
        f"The store is whole: {count(len(opened.catalogue.sources()), 'source')}, "
        f"{count(len(opened.datasets.all()), 'data set')}, {count(runs, 'run')}.",
    )
    yield from _films(opened)
    yield from _waiting(opened)


def _holds_a_store(workspace: Workspace) -> bool:
    try:
        return workspace.database.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:  # what opening it says in words
        return True


def _no_store(workspace: Workspace) -> Observation:
    """To open one would make it, and a folder that only looks new would then be one."""
    runs = [one for one in workspace.runs.glob("*") if one.is_dir()]
    if not runs:
        return Observation(
            "Store",
            "note",
            f"Nobody has worked in the data folder {workspace.root} yet. If you have films or runs "
            "in another one, name it with --data DIR.",
        )
    return Observation(
        "Store",
        "ill",
        f"The store {workspace.database} is gone or empty, and {count(len(runs), 'run')} "
        f"{'lies' if len(runs) == 1 else 'lie'} beside it. If you have a copy of it, put that back "
        "now: the next start makes a new one, in which runs are found again, and films are not.",
    )


def _films(store: Store) -> Iterator[Observation]:
    gone = [one for one in store.catalogue.sources() if not Path(one.root).is_dir()]
    for one in gone:
        yield Observation(
            "Films",
            "note",
            f"The films of {one.name} lay in {one.root}, which is not there. Bring the folder "
            "back or import it from where it is now; results stay.",
        )
    if not gone:
        yield Observation("Films", "well", "The folders of all sources are there.")


def _waiting(store: Store) -> Iterator[Observation]:
    rows = store.queue.unfinished()
    lost = [
        one.job_id
        for one in rows
        if one.is_active and worker_of(one) is None and not is_starting(one)
    ]
    if lost:
        yield Observation(
            "Queue",
            "note",
            f"{listed(lost, most=3)} lost the process that worked on it. Open a page, or go on "
            "with python -m core resume.",
        )
    else:
        yield Observation(
            "Queue", "well", f"{count(len(rows), 'piece')} of work under way or waiting."
        )


def weights(workspace: Workspace) -> Iterator[Observation]:
    """Pretrained weights that are here, each held against its published hash."""
    right = []
    for network in NETWORKS.values():
        for source in network.sources:
            path = find_weights(workspace, network, source.learnt)
            if path is None:
                continue
            try:
                check_published(path, network, source)
                right.append(network.title)
            except (DownloadError, OSError) as error:
                yield Observation("Weights", "ill", str(error))
    if right:
        said = f"Pretrained weights are here and whole: {listed(right)}."
        yield Observation("Weights", "well", said)
    else:
        yield Observation(
            "Weights",
            "note",
            "No pretrained weights are here. They are fetched when a run first needs them, which "
            f"takes the internet; or put the files into {workspace.weights}.",
        )


def port(number: int = SERVED_AT) -> Observation:
    """Whether the pages can be served at this port of this computer."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            return Observation(
                "Port",
                "note",
                f"Port {number} is taken ({error.strerror or error}): by a ThoraxLens that runs "
                "already, or by another program. streamlit run app.py --server.port 8502 takes "
                "another one.",
            )
    return Observation("Port", "well", f"Port {number} is free.")
