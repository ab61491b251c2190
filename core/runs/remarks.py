"""Naming a run, its star, tags and notes: in the store, and in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Unpack

from core.store import RemarksChange, Store
from core.store.records import keep_remarks


def remark(store: Store, run_ids: Sequence[str], **change: Unpack[RemarksChange]) -> None:
    """Note what people say of a run; the seeds or folds of one group are one result, so what is
    said of one is said of all. Raises as ``Runs.remark``."""
    asked = set(run_ids)
    runs = store.runs.all()
    groups = {run.spec.repeat.group for run in runs if run.run_id in asked and run.spec.repeat}
    fellows = {run.run_id for run in runs if run.spec.repeat and run.spec.repeat.group in groups}
    asked |= fellows
    store.runs.remark(sorted(asked), **change)
    for run_id in sorted(asked):
        with suppress(OSError):  # a copy, for a store that gets lost; on a full disk it has to wait
            keep_remarks(store, store.runs.get(run_id))
