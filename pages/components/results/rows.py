"""One row a result, for the table of all results: what each cell says, and what it sorts by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

import pandas as pd

from core.audit.status import AuditStatus, worst_verdict
from core.documents import Json
from core.evaluation.headline import Headline
from core.evaluation.predictions import EACH
from core.external.headlines import external_headlines
from core.models.learnt import learnt_short
from core.models.registry import network_title
from core.runs.default_run import is_starred, results_of
from core.store import Run, Store
from core.text import NONE, count, duration, percent
from pages.components.audit.verdict import COLOURS, SIGNS
from pages.components.audit_word import audits_of
from pages.components.headlines import headline_of
from pages.components.result_tables import ResultColumn
from pages.components.run_labels import when

SHARES = ("accuracy", "sensitivity", "specificity", "roc_auc")


COLUMNS: dict[str, ResultColumn] = {
    "name": ResultColumn("Name", "What the result is called; its tags below.", is_number=False),
    "dataset": ResultColumn("Data set", is_number=False),
    "network": ResultColumn("Network", is_number=False),
    "weights": ResultColumn("Weights", "What the network had learnt from before.", is_number=False),
    "accuracy": ResultColumn("Accuracy", "Of the test films, the share called what they are."),
    "sensitivity": ResultColumn(
        "Sensitivity", "Of the test films of the first class, the share called so."
    ),
    "specificity": ResultColumn(
        "Specificity", "Of all other test films, the share not called the first class."
    ),
    "roc_auc": ResultColumn(
        "ROC area",
        "How well the network puts films of the first class before the others, at any threshold: "
        "0.5 is guessing, 1 perfect order.",
    ),
    "audit": ResultColumn("Audit", "Whether the result is to be believed.", is_number=False),
    "external": ResultColumn(
        "External test",
        "The share right on films of a source that the run has not learnt from; "
        "of several sources, the lowest.",
    ),
    "finished": ResultColumn("Finished"),
    "took": ResultColumn("Took", "How long the training took; of several, all together."),
}
# Two that stand in one cell, the second below the first: fourteen columns are too many.
TOGETHER = {"network": "weights", "finished": "took"}


def result_rows(store: Store, finished: Sequence[Run]) -> list[Json]:
    """A row for each result among ``finished`` (newest first), as the table in the browser takes
    it: a run alone, or the seeds or folds of one group, which are ``members`` of their row. All
    text is plain."""
    audits = audits_of(store, finished)
    results = results_of(finished)
    names = Counter(map(_name, results))
    return [_row(store, result, audits, named=names[_name(result)]) for result in results]


def _name(result: Sequence[Run]) -> tuple[str, str]:
    """What a result is called, and how many runs it has of what. Where nobody has named it, the
    network: weights and data set stand in their own columns."""
    first = result[0]
    repeat = first.spec.repeat
    words = repeat.in_words(len(result)) if repeat else ""
    return first.called or network_title(first.spec.model), words


def _row(
    store: Store, result: Sequence[Run], audits: Mapping[str, AuditStatus], *, named: int
) -> Json:
    """``named``: how many results have its name."""
    first, said = result[0], result[0].remarks
    repeat = first.spec.repeat
    key = repeat.group if repeat else first.run_id
    name, repeats = _name(result)
    members = [
        {"run": run.run_id, "name": run.repeat, "cells": _cells(store, [run], audits)}
        for run in (result if repeat else ())
    ]
    return {
        "key": key,
        "title": first.called,
        "name": name,
        "short": key[-4:] if named > 1 else "",
        "repeats": repeats,
        "mark": first.origin.mark,
        "star": is_starred(result),
        "tags": list(said.tags),
        "notes": said.notes,
        "cells": _cells(store, result, audits),
        "members": members,
    }


def _cells(store: Store, result: Sequence[Run], audits: Mapping[str, AuditStatus]) -> Json:
    spec = result[0].spec
    found = [headline_of(store, run) for run in result]
    ended = max(run.finished_at or run.created_at for run in result)
    return {
        "dataset": _words(spec.dataset),
        "network": _words(network_title(spec.model)),
        "weights": _words(learnt_short(spec)),
        **{name: _share(found, name) for name in SHARES},
        "audit": _audit([audits[run.run_id] for run in result]),
        "external": _external(store, result),
        "finished": {"value": ended, "said": when(ended)},
        "took": _took(result),
    }


def _words(text: str) -> Json:
    return {"value": text, "said": text}


def _share(found: Sequence[Headline], name: str) -> Json:
    """Of repeats the mean, with the standard deviation below; nothing where one of them has no
    number: a mean over some of them would pass for one over all."""
    values = [getattr(one, name) for one in found]
    known = [one for one in values if one is not None]
    if len(known) < len(values):
        return {"value": None, "said": NONE}
    write = percent if name != "roc_auc" else "{:.3f}".format
    rules = {one.rule for one in found}
    called = f"Films are called: {rules.pop() if len(rules) == 1 else EACH}"
    mean = fmean(known)
    return {
        "value": mean,
        "said": write(mean),
        "below": f"± {write(stdev(known))}" if len(known) > 1 else "",
        "about": called if name != "roc_auc" else "",
    }


def _audit(found: Sequence[AuditStatus]) -> Json:
    """The gravest verdict of several; it sorts from the best to the worst, the unknown last."""
    word = worst_verdict(found)
    levels = list(COLOURS)
    there = [one.result.verdict for one in found if one.result is not None]
    if not there:
        return {"value": None, "said": word}
    worst = min(there, key=levels.index)
    # Of another time: it says so in words, and no colour vouches for it.
    old = any(one.stale for one in found)
    return {
        "value": word,
        "rank": len(levels) - levels.index(worst),
        "said": word,
        "sign": SIGNS[worst],
        "colour": COLOURS["not_checked" if old else worst],
    }


def _external(store: Store, result: Sequence[Run]) -> Json:
    tested = [
        (one.accuracy, source)
        for run in result
        for source, one in external_headlines(store, run).items()
        if one.accuracy is not None
    ]
    if not tested:
        return {"value": None, "said": NONE}
    lowest, source = min(tested)
    more = f", the lowest of {count(len(tested), 'test')}" if len(tested) > 1 else ""
    return {"value": lowest, "said": percent(lowest), "below": f"{source}{more}"}


def results_frame(rows: Sequence[Json]) -> pd.DataFrame:
    """The rows as a table to be saved: shares from 0 to 1, seconds, missing where unknown."""
    return pd.DataFrame([_saved(row) for row in rows])


def _saved(row: Json) -> Json:
    cells = row["cells"]
    assert isinstance(cells, dict)
    return {
        "result": row["key"],
        "name": row["name"],
        "repeats": row["repeats"],
        "star": row["star"],
        "tags": ", ".join(map(str, row["tags"] if isinstance(row["tags"], list) else ())),
        "notes": row["notes"],
        **{
            name: cells[name]["said" if name in ("audit", "finished") else "value"]
            for name in COLUMNS
            if name != "name"
        },
        "external_source": cells["external"].get("below", ""),
    }


def _took(result: Sequence[Run]) -> Json:
    totals = [(run.result.seconds or {}).get("total") for run in result]
    known = [one for one in totals if one is not None]
    if len(known) < len(totals):
        return {"value": None, "said": NONE}
    return {"value": sum(known), "said": duration(sum(known))}
