"""What trainings took on this computer, kept so that the next one can say how long it will take.

One entry a finished training, written by its process; the newest few of each network, film size and
device are kept, of each part of the work that not every training has. What was not measured (films
that lay ready on disk) is None, never 0.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from filelock import FileLock
from pydantic import Field

from core.documents import Document, Part
from core.runs.devices import CPU, processor_name
from core.workspace import Workspace

EACH = 5  # trainings of one network, size and device: older ones say nothing more
MOST = 300  # in all

Seconds = Annotated[float, Field(ge=0, lt=1e9, allow_inf_nan=False)]


class Pace(Part):
    """One training in seconds. ``size``: pixels a side; ``device``: as ``device_key`` says;
    ``arithmetic``: as ``RunResult.precision_mode`` says; ``blocks``: how many were fine-tuned.

    ``preparation``: the software, the weights, building and tracing the network. ``decode``: a
    film. ``features``: a film through the frozen part. ``training`` and ``fine_tuning``: a
    training film and epoch, validation included. ``evaluation``: from the last epoch to the result,
    ``films`` films.
    """

    network: str
    size: int = Field(ge=1)
    device: str
    arithmetic: str = ""
    blocks: int = Field(0, ge=0)
    films: int = Field(ge=1)
    preparation: Seconds
    decode: Seconds | None = None
    features: Seconds | None = None
    training: Seconds
    fine_tuning: Seconds | None = None
    evaluation: Seconds


class Paces(Document):
    """What is kept: the newest last."""

    SPOKEN: ClassVar[str] = "What is known of the speed of this computer"

    entries: tuple[Pace, ...] = ()

    def of(self, device: str) -> tuple[Pace, ...]:
        """Those of one device, as ``device_key`` calls it."""
        return tuple(one for one in self.entries if one.device == device)


def device_key(device: str) -> str:
    """What measurements on a device go by: a GPU's name, else the processor's, since a data folder
    may move to another computer.

    ``device``: of a run, as ``devices.describe`` has it; what fell back on the CPU begins with it.
    """
    if device.lower().startswith(CPU):
        return processor_name()
    named = re.fullmatch(r"GPU \d+ \((.+)\)", device)
    return named[1] if named else device


def kept_paces(workspace: Workspace) -> Paces:
    """What was measured here; nothing where the file is absent or damaged."""
    return Paces.load_if_readable(workspace.paces) or Paces()


def keep_pace(workspace: Workspace, pace: Pace) -> None:
    """Add one training. Several may end at once. Raises OSError on a full disk."""
    with FileLock(workspace.paces.with_suffix(".lock")):
        entries = [*kept_paces(workspace).entries, pace]
        alike = [one for one in entries if _kind(one) == _kind(pace)]
        wanted = {id(one) for one in _worth_keeping(alike)}
        left = [one for one in entries if _kind(one) != _kind(pace) or id(one) in wanted]
        Paces(entries=tuple(left[-MOST:])).save(workspace.paces)


def _worth_keeping(alike: list[Pace]) -> list[Pace]:
    """The newest ``EACH``, and those of what few of them measured: five folds after the first one
    look at no film through the network, and would else drive out what is known of that."""
    kept = alike[-EACH:]
    for part in ("decode", "features", "fine_tuning"):
        kept += [one for one in alike if getattr(one, part) is not None][-EACH:]
    return kept


def _kind(pace: Pace) -> tuple[str, int, str, int]:
    return pace.network, pace.size, pace.device, pace.blocks
