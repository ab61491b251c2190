"""What a node needs for one row of the queue, put together on the head."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from core.cluster.parcels import Good, Parcel
from core.cluster.shelf import Shelf, content_hash
from core.cluster.vectors import known_vectors
from core.errors import InputError, NotFoundError
from core.images.film_array import film_array
from core.models.registry import get_network
from core.models.weight_sources import PUBLISHED
from core.models.weights import file_name_of, find_again, resolve_weights
from core.runs.config import RunConfig
from core.runs.devices import CPU
from core.runs.files import LOG, RunFiles, job_folder
from core.runs.kinds import AUDIT, EXTERNAL_TEST, NODE_FEATURES
from core.runs.whereabouts import FILE as WHEREABOUTS
from core.store import JobRow, Run, RunState, Store
from core.store.excerpt import write_films_part, write_rows_part
from core.store.records import RECORD, REMARKS
from core.workspace import Workspace

# What decides with what, and how, a worker computes.
ENVIRONMENT = ("KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS", "TF_XLA_FLAGS")
# Of a run's folder: other work of it, and what is the head's own.
_OTHERS = ("audit", "external", "scratch")
HELPER = "helper-"  # and what is helped with
_OWN = {LOG, RECORD, REMARKS, WHEREABOUTS}

# The stage of a training (``core.runs.reporter``), films or bytes done, and of how many.
Tell = Callable[[str, int, int], None]


def pack(store: Store, job: JobRow, shelf: Shelf, threads: int, tell: Tell) -> Parcel:
    """The parcel of a training, of help for one, of an audit or an external test. Films that are
    not decoded yet are, and weights that are not here are fetched, as a worker here would.

    Raises what a worker would of films, data sets and weights: ThoraxLensError. Whatever ``tell``
    raises passes through.
    """
    run = store.runs.get(job.job_id if job.is_training else job.arguments["run"])
    folder = job_folder(store.workspace, job)
    beside = _like(store, run) if job.kind == AUDIT.name else []
    rows = [job.job_id, *(one.run_id for one in [run, *beside] if one.run_id != job.job_id)]
    sources = [job.arguments["source"]] if job.kind == EXTERNAL_TEST.name else []
    datasets = [one.spec.dataset for one in [run, *beside] if not one.origin.is_from_elsewhere]
    goods: list[Good] = []
    spec, weights, weights_path = "", None, ""
    if job.kind != EXTERNAL_TEST.name:
        shares = run.spec.cache or not job.is_training
        goods.append(_films(store, run, shelf, tell, shares=shares))
    helps = job.kind == NODE_FEATURES.name
    if job.is_training and run.spec.cache:
        goods += _vectors(store, run, shelf)
    if job.is_training or helps:
        # Which of its GPUs a node gives is Ray's to say.
        wanted = run.spec.device if run.spec.device == CPU else "auto"
        spec = run.spec.changed(device=wanted).to_json()
        weights, weights_path = _weights_of_training(store, run, shelf, goods, tell)
    else:
        _weights_of_result(store, run, shelf, goods)
    files = {} if helps else _of_run(store, run, shelf)
    for other in beside:
        files |= _of_run(store, other, shelf, only=("predictions.npz", "operating_point.json"))
    if store.workspace.speeds.is_file():
        files[store.workspace.speeds.name] = store.workspace.speeds.read_bytes()
    return Parcel(
        job_id=job.job_id,
        folder=folder.relative_to(store.workspace.root).as_posix(),
        films=_store_of_films(store, shelf, datasets, sources),
        rows=_rows(store, shelf, rows),
        goods=tuple(goods),
        files=files,
        spec=spec,
        weights=weights,
        weights_path=weights_path,
        film_files=_film_files(store, shelf, run, job, sources),
        environment={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        threads=threads,
        helped=run.run_id if helps else "",
    )


def _like(store: Store, run: Run) -> list[Run]:
    """The runs that an audit may hold the run beside: of the same network and weights."""
    return [
        one
        for one in store.runs.all([RunState.DONE])
        if (one.spec.model, one.spec.weights) == (run.spec.model, run.spec.weights)
        and one.run_id != run.run_id
        and not one.origin.is_from_elsewhere
        and one.spec.repeat is None
        and one.spec.dataset != run.spec.dataset
    ]


def _films(store: Store, run: Run, shelf: Shelf, tell: Tell, *, shares: bool) -> Good:
    """The decoded films of the run's data set, at its size. ``shares``: whether the work looks for
    them in the cache, else in what a run has of its own."""
    members = store.datasets.members(run.spec.dataset)
    if members["path"].isna().any():
        raise InputError(
            f"Films of the data set “{run.spec.dataset}” are no longer in the catalogue. Import "
            "them again and resume this run, or prepare a new data set."
        )
    size = run.spec.image_size or store.datasets.get(run.spec.dataset).spec.image_size
    array = film_array(
        store.workspace,
        members["film_id"].tolist(),
        members["path"].tolist(),
        size,
        lambda done, total: tell("films", done, total),
    )
    file = Path(str(array.filename))
    caches = store.workspace if shares else Workspace(_scratch(store, run))
    at = (caches.film_cache / file.name).relative_to(store.workspace.root).as_posix()
    return shelf.good(f"films-{file.stem}", file, at)


def _scratch(store: Store, run: Run) -> Path:
    return RunFiles(store.workspace.run_folder(run.run_id)).scratch


def _vectors(store: Store, run: Run, shelf: Shelf) -> list[Good]:
    """The files of vectors that a training like this one has sent."""
    found = []
    for name in known_vectors(store, run):
        file = store.workspace.feature_cache / name
        if file.is_file():  # records are only ever added, so that its size says which it is
            key = f"vectors-{name}-{file.stat().st_size}"
            found.append(shelf.good(key, file, is_vectors=True))
    return found


def _weights_of_training(
    store: Store, run: Run, shelf: Shelf, goods: list[Good], tell: Tell
) -> tuple[Good | None, str]:
    network = get_network(run.spec.model)
    file = resolve_weights(
        store.workspace, network, run.spec, lambda done, total: tell("weights", done, total)
    )
    if file is None:
        return None, ""
    good = shelf.good(_key_of(file), file, f"weights/{file.name}")
    if run.spec.weights in PUBLISHED:
        goods.append(good)
        return None, str(file)
    return good, str(file)


def _weights_of_result(store: Store, run: Run, shelf: Shelf, goods: list[Good]) -> None:
    config = RunConfig.load(RunFiles(store.workspace.run_folder(run.run_id)).config)
    if config.weights == "random":
        return
    file = find_again(store.workspace, get_network(run.spec.model), config.weights)
    if file is not None:  # else the work says itself what it cannot do without them
        goods.append(shelf.good(_key_of(file), file, f"weights/{file_name_of(config.weights)}"))


def _key_of(file: Path) -> str:
    return f"weights-{content_hash(file)}"


def _of_run(store: Store, run: Run, shelf: Shelf, only: Iterable[str] = ()) -> dict[str, Any]:
    folder = store.workspace.run_folder(run.run_id)
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        first = name.split("/")[0]
        if path.is_dir() or name in _OWN or first in _OTHERS or first.startswith(HELPER):
            continue
        if path.name.startswith("tmp-") or path.suffix in (".lock", ".part"):
            continue
        if only and name not in only:
            continue
        try:
            found[path.relative_to(store.workspace.root).as_posix()] = shelf.content(path)
        except FileNotFoundError:  # removed in this very moment
            continue
    return found


def _store_of_films(store: Store, shelf: Shelf, datasets: list[str], sources: list[str]) -> Good:
    database = store.workspace.database
    named = sorted({*datasets}), sorted({*sources})
    key = _digest(repr((named, store.catalogue.version(), _created(store, datasets))))
    return shelf.made(
        f"store-{key}", "films.sqlite3", lambda target: write_films_part(database, target, *named)
    )


def _created(store: Store, datasets: list[str]) -> list[tuple[str, str]]:
    found = []
    for name in sorted({*datasets}):
        try:
            one = store.datasets.get(name)
        except NotFoundError:
            continue
        found.append((one.created_at, one.spec.to_json()))
    return found


def _rows(store: Store, shelf: Shelf, job_ids: list[str]) -> bytes:
    shelf.folder.mkdir(parents=True, exist_ok=True)
    target = shelf.folder / f"{_digest(repr(job_ids))}.rows"
    target.unlink(missing_ok=True)
    try:
        write_rows_part(store.workspace.database, target, job_ids)
        return target.read_bytes()
    finally:
        for file in shelf.folder.glob(f"{target.name}*"):
            file.unlink(missing_ok=True)


def _film_files(
    store: Store, shelf: Shelf, run: Run, job: JobRow, sources: list[str]
) -> Good | None:
    """The films' own files where they are looked at themselves, and their masks where an audit
    asks for them."""
    wanted: dict[str, Path] = {}
    if sources:
        frame = store.catalogue.frame()
        mine = frame[frame["source"].astype(str) == sources[0]]
        for film_id, path in zip(mine["film_id"], mine["path"], strict=True):
            wanted[f"{film_id}/{Path(str(path)).name}"] = Path(str(path))
    elif job.kind == AUDIT.name:
        ids = store.datasets.members(run.spec.dataset)["film_id"].tolist()
        for film in store.catalogue.films(ids):
            for kind, path in film.masks.items():
                wanted[f"masks/{film.film_id}/{kind}/{Path(path).name}"] = Path(path)
    wanted = {name: path for name, path in wanted.items() if path.is_file()}
    if not wanted:
        return None

    def make(target: Path) -> None:
        # A zip knows no time before 1980, and films may say that they are of 1970.
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as files:
            for name, path in wanted.items():
                files.write(path, name)

    # A mask of the same name may be another one by now.
    told = [(name, str(path), *_seen(path)) for name, path in sorted(wanted.items())]
    return shelf.made(f"files-{_digest(repr(told))}", "films.zip", make)


def _seen(file: Path) -> tuple[int, int]:
    state = file.stat()
    return state.st_size, state.st_mtime_ns


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
