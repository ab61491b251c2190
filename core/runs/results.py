"""A result that is kept with a run, and whether it still holds.

What a result rests on is noted with it as hashes, and compared with what is there now: an audit
of a run that has been trained again is old, whatever it says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from core.errors import InputError
from core.runs.files import RunFiles
from core.store import Run, RunState, Store

R = TypeVar("R")
_AT_ONCE = 1_000  # rows


@dataclass(frozen=True)
class Ground:
    """One thing that a result rests on. ``now``: as it is, SHA-256 in hex; None where nobody can
    tell any more, which makes the result no less true. ``changed``: what is said when it is not
    what it was. ``since_later``: whether earlier versions did not note it. ``follows``: the ground
    before it whose change makes this one's go without saying."""

    name: str
    now: str | None
    changed: str
    since_later: bool = False
    follows: str = ""


@dataclass(frozen=True)
class StoredResult(Generic[R]):
    """``result``: the last one, None when there is none. ``stale``: what has changed since then,
    a sentence; empty while it still holds. ``unreadable``: there is one, and it cannot be read."""

    result: R | None
    stale: str = ""
    unreadable: bool = False


def stored(file: Path, load: Callable[[], R | None], stale: Callable[[R], str]) -> StoredResult[R]:
    """What ``file`` keeps, read by ``load`` (None for what cannot be read)."""
    result = load()
    if result is None:
        return StoredResult(None, unreadable=file.exists())
    return StoredResult(result, stale(result))


def basis_of(grounds: Iterable[Ground]) -> dict[str, str]:
    """What is noted with a result."""
    return {one.name: one.now for one in grounds if one.now is not None}


def stale_sentence(noun: str, basis: Mapping[str, str], grounds: Iterable[Ground]) -> str:
    """What has changed since ``basis`` was noted; empty when nothing has. ``noun``: what the
    result is called, “audit”."""
    if not basis:
        return (
            f"This {noun} is of an earlier version, which did not note what it rested on, so it "
            "may no longer hold."
        )
    changed: dict[str, str] = {}
    for one in grounds:
        then = basis.get(one.name, one.now if one.since_later else None)
        if one.now is not None and one.now != then and one.follows not in changed:
            changed[one.name] = one.changed
    if not changed:
        return ""
    return f"This {noun} is old: since then {' and '.join(changed.values())}."


def of_predictions(store: Store, run: Run) -> Ground:
    """The run's saved predictions, which change when it is trained again."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    return Ground("answers", files.answers(), "the run has been trained again")


def digest(value: object) -> str:
    """SHA-256 in hex of what JSON can hold."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def digest_of_rows(rows: Iterable[object]) -> str:
    """``digest`` of a list of these, which are not in memory together."""
    told, between, left = hashlib.sha256(b"["), "", iter(rows)
    while part := list(islice(left, _AT_ONCE)):
        told.update(f"{between}{json.dumps(part)[1:-1]}".encode())
        between = ", "
    told.update(b"]")
    return told.hexdigest()


def finished_run(store: Store, run_id: str, *, to_be: str) -> Run:
    """The run. Raises NotFoundError, or InputError when it is not done; ``to_be``: what only a
    finished run can be, “audited”."""
    run = store.runs.get(run_id)
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only a finished run can be {to_be}.")
    return run
