"""What travels between the head and a node, as plain values: nothing in it is a program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Below = str  # a path below the data folder, with slashes


@dataclass(frozen=True)
class Good:
    """A file that many pieces of work may want, known by ``key``, which its content decides.

    ``name``: what the node calls it, in its cache below the key. ``size``: bytes. ``at``: where
    work finds it, below the data folder, empty for the cache alone. ``is_vectors``: whether it
    holds vectors of films, which the node keeps among its own, and adds to. ``chunks``:
    references to its bytes in the cluster's object store, in order.
    """

    key: str
    name: str
    size: int
    at: Below = ""
    is_vectors: bool = False
    chunks: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Parcel:
    """All that a node needs for one row.

    ``job_id`` and ``folder``: of the row; its files lie in this folder below the data folder.
    ``films`` and ``rows``: the two parts of its store (``core.store.excerpt``). ``goods``: large
    files. ``files``: small ones of the row's own, place → bytes or a reference to them. ``spec``:
    of a training, as JSON. ``weights``: the file of weights that a training asks for by its path;
    ``weights_path``: where those that it uses lie on the head. ``film_files``: a zip of the films'
    own files, and of their masks.
    ``environment``: variables that decide what a worker computes with. ``threads``: how many
    processor threads it computes with; 0: as many as the node has. ``helped``: of work that helps a
    training, that one's run, which is the one that ``spec`` is of; it keeps vectors to itself.
    """

    job_id: str
    folder: Below
    films: Good
    rows: bytes
    goods: tuple[Good, ...] = ()
    files: dict[Below, Any] = field(default_factory=dict)
    spec: str = ""
    weights: Good | None = None
    weights_path: str = ""
    film_files: Good | None = None
    environment: dict[str, str] = field(default_factory=dict)
    threads: int = 0
    helped: str = ""


@dataclass(frozen=True)
class Update:
    """What has changed on the node since the last one that the head has said to have.

    ``number``: of this update. ``row``: what the row says, by the names of ``RunChange`` and
    ``state``, as JSON. ``epochs``: all of them, one tuple each in the order of ``Epoch``.
    ``files``: name below the row's folder → content. ``gone``: names of files that are no longer
    there. ``log``: what the worker has printed since. ``kept``: small JSON notes of the machine,
    by file name. ``vectors``: with the last one, files of vectors that the work has used or made,
    by name. ``over``: whether this is the last one.
    """

    number: int
    row: dict[str, Any]
    epochs: tuple[tuple[Any, ...], ...]
    files: dict[Below, bytes]
    gone: tuple[Below, ...]
    log: bytes
    kept: dict[str, str]
    vectors: dict[str, bytes]
    over: bool
