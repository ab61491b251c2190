"""How long trainings that nobody has started yet will take here: ``core.runs.estimate`` with what
this data folder holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.models.registry import get_network
from core.runs.devices import CPU, Device, slot_for
from core.runs.estimate import PlannedTraining, TimeEstimate, estimate, one_after_another
from core.runs.pace import kept_paces
from core.specs import RunSpec
from core.store import RunState, Store, StoredDataset

Decoded = Callable[[int], bool]  # whether the films lie ready at this size, in pixels a side


def outlook(
    store: Store,
    dataset: StoredDataset,
    specs: Sequence[RunSpec],
    times: int,
    devices: Sequence[Device],
    decoded: Decoded,
) -> TimeEstimate:
    """All of it, one training after the other: each of ``specs``, on this data set,
    ``times`` times. ``devices``: as ``list_devices`` gives them. Raises InputError for an unknown
    network."""
    paces = kept_paces(store.workspace).entries
    done = store.runs.all([RunState.DONE])
    kept = any(store.workspace.feature_cache.iterdir())  # else somebody has cleared it
    found = []
    ready: set[int] = set()  # sizes at which the first of several has decoded the films
    for spec in specs:
        size = spec.image_size or dataset.spec.image_size
        slot = slot_for(spec.device, devices, set()) or CPU
        named = next((one.name for one in devices if one.id == slot), slot)
        work = PlannedTraining(
            spec,
            get_network(spec.model),
            {split: sum(counts.values()) for split, counts in dataset.counts.items()},
            size,
            named,
            on_gpu=slot != CPU,
            decoded=spec.cache and (size in ready or decoded(size)),
            seen=spec.cache and kept and any(_shares_vectors(spec, one.spec) for one in done),
        )
        ready.add(size)
        found.append(estimate(work, paces, times))
    return one_after_another(found)


_TOLD_BY = ("dataset", "model", "weights", "image_size", "preprocessing", "vector_blocks")


def _shares_vectors(spec: RunSpec, done: RunSpec) -> bool:
    """Whether a finished run left all vectors that another one wants."""
    if not done.cache or any(getattr(spec, one) != getattr(done, one) for one in _TOLD_BY):
        return False
    if spec.augment and spec.augmented_copies:
        return False  # the copies depend on more
    return spec.weights != "random" or spec.seed == done.seed
