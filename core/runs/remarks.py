"""Naming a run, its star, tags and notes: in the store, and in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Unpack

from core.errors import InputError
from core.people.asking import asks
from core.people.roles import Deed
from core.store import RemarksChange, Store
from core.store.records import keep_remarks
from core.store.remarks import RunRemarks
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


def still_meant(seen: RunRemarks, typed: RemarksChange, now: RunRemarks) -> RemarksChange:
    """What to keep of what somebody typed: what they changed of ``seen``, which is what the run's
    remarks were when they began. Tags that others gave or took meanwhile, as ``now`` has them,
    stay so. Raises InputError for a title or notes that others have changed as well."""
    found: RemarksChange = {}
    if "star" in typed:
        found["star"] = typed["star"]
    if "tags" in typed and typed["tags"] != seen.tags:
        kept = [one for one in now.tags if one not in seen.tags or one in typed["tags"]]
        found["tags"] = (*kept, *(one for one in typed["tags"] if one not in (*seen.tags, *kept)))
    for what in ("title", "notes"):
        if what not in typed or typed[what] == getattr(seen, what):
            continue
        if getattr(now, what) not in (getattr(seen, what), typed[what]):
            raise InputError(
                f"Somebody else has changed the {what} meanwhile, and yours was not kept. Copy "
                "what you typed, reload the page and look at theirs."
            )
        found[what] = typed[what]
    return found


def _named(run_ids: Sequence[str]) -> str:
    return f"run {run_ids[0]}" if len(run_ids) == 1 else f"{len(run_ids)} runs like {run_ids[0]}"
