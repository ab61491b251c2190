"""Which run a page shows when nobody has said: the starred or best whole result.

A training that stands alone is a whole result, and so are all the seeds or folds of one group
together; one seed or fold is a part of a result, and never the one to begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from core.store import Run, RunState

# Whose result comes first: a person's own before what came with the program.
_OWN = {"trained": 3, "imported": 3, "starter": 2, "example": 1}


def grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Group → its runs in their order, for the runs that belong to one."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        if run.spec.repeat:
            found.setdefault(run.spec.repeat.group, []).append(run)
    return {group: sorted(members, key=_index) for group, members in found.items()}


def results_of(runs: Sequence[Run]) -> list[tuple[Run, ...]]:
    """The finished among ``runs`` (newest first) as results: a run alone, or the finished ones of
    a group in their order, where its newest stands."""
    done = [run for run in runs if run.state == RunState.DONE]
    groups = grouped(done)
    found: dict[str, tuple[Run, ...]] = {}
    for run in done:
        repeat = run.spec.repeat
        key = repeat.group if repeat else run.run_id
        found.setdefault(key, tuple(groups[key]) if repeat else (run,))
    return list(found.values())


def is_starred(result: Sequence[Run]) -> bool:
    """Whether a result, all of it, is marked as the one to use."""
    return all(run.remarks.star for run in result)


def default_result(runs: Sequence[Run], dataset: str | None = None) -> tuple[Run, ...] | None:
    """The result to begin with among ``runs`` (newest first), of the data set asked for.

    The newest that is starred; else, of those on the data set that was worked on last, the one
    with the most test films right (over a group, the mean), the newer of two alike: accuracies on
    different films do not compare. A person's own come before the starters, these before the
    example. A group of which runs are missing is no whole result. None where there is no whole
    result.
    """
    return _best([one for one in results_of(runs) if _is_whole(one)], dataset)


def default_run(runs: Sequence[Run], dataset: str | None = None) -> Run | None:
    """``default_result`` where one run alone can be shown: never a seed or fold, unless there is
    nothing else; then the first of the newest group. None without a finished run."""
    results = [one for one in results_of(runs) if _asked(one, dataset)]
    found = _best([one for one in results if one[0].spec.repeat is None], dataset)
    found = found or (results[0] if results else None)
    return found[0] if found else None


def starred_run(runs: Sequence[Run], dataset: str | None = None) -> Run | None:
    """The newest starred run that is a whole result, of the data set asked for; None where
    nobody starred one."""
    wholes = [one[0] for one in results_of(runs) if one[0].spec.repeat is None]
    return next((one for one in wholes if one.remarks.star and _asked([one], dataset)), None)


def _best(results: Sequence[tuple[Run, ...]], dataset: str | None) -> tuple[Run, ...] | None:
    asked = [one for one in results if _asked(one, dataset)]
    starred = next((one for one in asked if is_starred(one)), None)
    if starred or not asked:
        return starred
    first = max(_OWN[one[0].origin.kind] for one in asked)
    own = [one for one in asked if _OWN[one[0].origin.kind] == first]
    last = own[0][0].spec.dataset
    return max((one for one in own if one[0].spec.dataset == last), key=_right)


def _asked(result: Sequence[Run], dataset: str | None) -> bool:
    # Data sets are told apart as the store does: capitals make no difference.
    return dataset is None or result[0].spec.dataset.lower() == dataset.lower()


def _is_whole(result: Sequence[Run]) -> bool:
    repeat = result[0].spec.repeat
    return repeat is None or len(result) == repeat.count


def _right(result: Sequence[Run]) -> float:
    """Mean share of test films right by the most probable class; below all others where nobody
    knows."""
    shares = [run.result.of("test").accuracy for run in result]
    known = [one for one in shares if one is not None]
    return fmean(known) if len(known) == len(shares) else -1.0


def _index(run: Run) -> int:
    return run.spec.repeat.index if run.spec.repeat else 0
