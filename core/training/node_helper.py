"""What the process of a helper on another machine does [K]: it computes the shards of a training's
films that are lent to it (``core.features.loans``), and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from core.features.loans import Loan, LoanBox
from core.features.shards import record_of, shards_of
from core.features.vectors import BATCH, Pass
from core.models.preprocess import preprocess
from core.runs.devices import CPU
from core.runs.reporter import Reporter
from core.runs.worker import Task
from core.training.helper import FrozenWork, frozen_work

if TYPE_CHECKING:
    from core.training.precision import Mode

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0  # without a loan: nobody wants help any more
NO_LIKE = "This machine does not compute like the one of the training that it should help"


def work(task: Task, tell: Reporter) -> None:
    """Until nothing more is lent. Raises TrainingError where this machine would find other vectors
    than that of the training, and Cancelled."""
    from core.training import backend

    backend.load_only_the_chosen()
    backend.prepare()
    if task.arguments["device"] != CPU and not backend.sees_gpu():
        raise TrainingError(f"{NO_LIKE}: it has no GPU that answers.")
    box = LoanBox(task.folder)
    tell.stage("Waiting for films to look at")
    loan = _next(box, tell)
    if loan is None:
        return
    arithmetic = loan.arithmetic
    frozen = frozen_work(task, tell, lambda _: _mode_of(arithmetic))
    _compare(frozen, loan)
    tell.stage("Looking at films", frozen.films)
    done = 0
    while loan is not None:
        records = _computed(frozen, loan, task.workspace.feature_cache, tell, done)
        done += len(records)
        tell.update(done)
        box.give(records)
        loan = _next(box, tell)


def _next(box: LoanBox, tell: Reporter) -> Loan | None:
    """The next loan; None when there is none any more."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        tell.check()
        if (taken := box.take()) is not None:
            return taken[0]
        time.sleep(LOOK_SECONDS)
    return None


def _mode_of(name: str) -> Mode:
    """The arithmetic that the training's machine has chosen."""
    from core.training.precision import candidates

    for way in candidates():
        if way.name == name:
            return way
    raise TrainingError(f"{NO_LIKE}: it cannot compute in {name}.")


def _compare(frozen: FrozenWork, loan: Loan) -> None:
    """Look at some films that the training has looked at, and raise TrainingError unless every bit
    of their vectors is the same. Processors of another make add numbers in another order."""
    source, (rows, variant) = frozen.source, frozen.passes[0]
    row_of = {source.film_ids[row].encode(): int(row) for row in rows}
    known = [one for one in loan.sample if bytes(one["film"]) in row_of][:BATCH]
    if not known:
        raise TrainingError(f"{NO_LIKE}: they have no film in common.")
    films = []
    for one in known:
        row = row_of[bytes(one["film"])]
        film = source.films[row]
        if film is None:
            raise TrainingError(f"{NO_LIKE}: a film that it could read cannot be read here.")
        films.append(variant.apply(np.asarray(film), source.film_ids[row]))
    full = np.stack((films + BATCH * films[-1:])[:BATCH])
    found = frozen.extract(preprocess(full, source.preprocessing))[: len(known)]
    theirs = np.stack([one["vector"] for one in known])
    if np.asarray(found, dtype="<f4").tobytes() != theirs.tobytes():
        raise TrainingError(f"{NO_LIKE}: its vectors of the same films differ in the last digits.")


def _computed(
    frozen: FrozenWork, loan: Loan, folder: Path, tell: Reporter, before: int
) -> np.ndarray:
    """The records of a loan's missing films; of those that can be read. ``before``: how many
    films were done before."""
    source, (rows, variant) = frozen.source, frozen.passes[loan.number]
    if source.key(variant) != loan.key:
        raise TrainingError(f"{NO_LIKE}: its network is another one.")
    film_ids = np.array([source.film_ids[row].encode() for row in rows], dtype="S64")
    missing = (shards_of(film_ids) == loan.shard) & ~np.isin(film_ids, loan.there)
    _, first = np.unique(film_ids[missing], return_index=True)
    wanted = rows[np.flatnonzero(missing)[first]]
    part = Pass(
        folder, source, wanted, variant, frozen.extract, lambda done, _: tell.update(before + done)
    )
    part.carry_out()
    found = part.found
    records = np.empty(len(found), record_of(source.channels))
    records["film"] = [source.film_ids[row].encode() for row in wanted[found]]
    records["vector"] = part.vectors()[slice(None)]
    return records
