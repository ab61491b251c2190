"""The kinds of work that have a process of their own. To add one: a row here, and in the module
that it names a function ``work(task, tell)`` (``core.runs.worker``), and ``LOADS``: the names of
modules that it loads late (``core.runs.warm_process``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.people.roles import Deed


class Seat(StrEnum):
    """What work must have before it may begin. ``DEVICE``: a GPU, or the CPU, for itself.
    ``SLOT``: one of ``SLOTS``. ``NONE``: nothing, it begins at once."""

    DEVICE = "device"
    SLOT = "slot"
    NONE = "none"


# Of all work that waits for a slot, so much goes on at a time: each loads a network of its own.
SLOTS = 1


# Pages stay quick while a training takes all that it can get: of a processor that both want it has
# one part in thirty, or, where somebody sits and waits, one in four. Alone it has all of it.
BEHIND_PAGES, WAITED_FOR = 15, 5


@dataclass(frozen=True)
class Kind:
    """``name``: in the store. ``module``: what its process carries out. ``called``: its process,
    in sentences. ``seat``: what it waits for. ``limit``: how many of the kind work at a time, of
    those that wait for a slot. ``on_cpu``: whether GPUs are kept from it, because they belong to
    trainings. ``niceness``: how far it stands back behind other processes, as for ``os.nice``.
    ``keeps_what_it_had``: whether it ends by itself when a stop is asked for, and goes on later
    from where it was; other work is ended at once, and begins again. ``travels``: whether a node of
    a cluster can do it, which gets what ``core.cluster.packing`` packs. ``deed``: what somebody
    must be allowed to do who starts or stops it."""

    name: str
    module: str
    called: str
    seat: Seat = Seat.SLOT
    limit: int = 1
    on_cpu: bool = False
    niceness: int = 0
    keeps_what_it_had: bool = False
    travels: bool = False
    deed: Deed = Deed.JUDGE


TRAIN = Kind(
    "train",
    "core.training.worker",
    called="training process",
    seat=Seat.DEVICE,
    niceness=BEHIND_PAGES,
    keeps_what_it_had=True,
    deed=Deed.TRAIN,
    travels=True,
)
AUDIT = Kind(
    "audit",
    "core.audit.worker",
    called="audit’s process",
    on_cpu=True,
    niceness=WAITED_FOR,
    travels=True,
)
EXTERNAL_TEST = Kind(
    "external_test",
    "core.external.worker",
    called="external test’s process",
    niceness=WAITED_FOR,
    travels=True,
)
# A GPU that nobody wants, for the films of a training: core.runs.helpers.
FEATURES = Kind(
    "features",
    "core.training.helper",
    called="process that helps a training",
    seat=Seat.DEVICE,
    niceness=BEHIND_PAGES,
    deed=Deed.TRAIN,
)
# The same on another machine of a cluster, which has none of the training's files:
# core.cluster.helping.
NODE_FEATURES = Kind(
    "node_features",
    "core.training.node_helper",
    called="process that helps a training",
    seat=Seat.DEVICE,
    niceness=BEHIND_PAGES,
    deed=Deed.TRAIN,
    travels=True,
)
MAP = Kind(
    "map",
    "core.film_map.worker",
    called="map’s process",
    on_cpu=True,
    niceness=BEHIND_PAGES,
)
# Small, and somebody waits before an audience.
DEMONSTRATION = Kind(
    "demonstration",
    "core.demonstration.worker",
    called="demonstration’s process",
    seat=Seat.NONE,
    on_cpu=True,
    niceness=WAITED_FOR,
    deed=Deed.DEMONSTRATE,
)

_ALL = (TRAIN, FEATURES, NODE_FEATURES, AUDIT, EXTERNAL_TEST, MAP, DEMONSTRATION)
KINDS = {one.name: one for one in _ALL}
