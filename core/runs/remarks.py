"""Naming a run, its star, tags and notes: in the store, and in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Unpack

from core.people.asking import asks
from core.people.roles import Deed
from core.store import RemarksChange, Store
from core.store.records import keep_remarks
from core.text import listed


@asks(Deed.DESCRIBE)
def remark(store: Store, run_ids: Sequence[str], **change: Unpack[RemarksChange]) -> None:
    """Note what people say of a run; the seeds or folds of one group are one result, so what is
    said of one is said of all. Raises as ``Runs.remark``."""
    asked = set(run_ids)
    runs = store.runs.all()
    groups = {run.spec.repeat.group for run in runs if run.run_id in asked and run.spec.repeat}
    fellows = {run.run_id for run in runs if run.spec.repeat and run.spec.repeat.group in groups}
    asked |= fellows
    store.runs.remark(sorted(asked), **change)
    store.deeds.note(f"changed {listed(sorted(change))} of {_named(sorted(asked))}")
    for run_id in sorted(asked):
        with suppress(OSError):  # a copy, for a store that gets lost; on a full disk it has to wait
            keep_remarks(store, store.runs.get(run_id))


def _named(run_ids: Sequence[str]) -> str:
    return f"run {run_ids[0]}" if len(run_ids) == 1 else f"{len(run_ids)} runs like {run_ids[0]}"
