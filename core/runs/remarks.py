"""Naming a run, its star, tags and notes: in the store, and in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Unpack

from core.store import RemarksChange, Store
from core.store.records import keep_remarks


def remark(store: Store, run_ids: Sequence[str], **change: Unpack[RemarksChange]) -> None:
    """Note what people say of a run, or of all runs of one group alike. Raises as
    ``Runs.remark``."""
    store.runs.remark(run_ids, **change)
    for run_id in run_ids:
        with suppress(OSError):  # a copy, for a store that gets lost; on a full disk it has to wait
            keep_remarks(store, store.runs.get(run_id))
