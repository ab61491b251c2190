"""For how long the software stays loaded after the last run, and whether it can here.

Loading TensorFlow takes longer than training a head. What it costs is memory, so it is a setting.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from pydantic import Field

from core.documents import Document
from core.errors import InputError
from core.people.asking import asks
from core.people.roles import Deed
from core.workspace import Workspace

ENVIRONMENT_VARIABLE = "THORAXLENS_WARM_MINUTES"
DEFAULT_MINUTES = 5.0
MOST_MINUTES = 24.0 * 60

# A process that has loaded the software is copied by fork, which is safe on Linux only, and with
# TensorFlow only: the others start threads or look for GPUs as soon as they are loaded.
SYSTEM, BACKEND = "linux", "tensorflow"


class _Setting(Document):
    minutes: float = Field(ge=0, le=MOST_MINUTES, allow_inf_nan=False)


class WarmNote(Document):
    """There while a process has the software loaded. ``pid``: which; ``surroundings``: what it has
    of code and settings (``core.runs.surroundings``); ``loaded``: whether it is through with
    loading. Who removes the file makes it go."""

    pid: int
    surroundings: str
    loaded: bool = False


@dataclass(frozen=True)
class WarmTime:
    """``minutes``: 0 for not at all. ``fixed``: the environment says so, and it cannot be set."""

    minutes: float
    fixed: bool


def warm_time(workspace: Workspace) -> WarmTime:
    """From ``$THORAXLENS_WARM_MINUTES``, else as set in this workspace, else 5 minutes. What the
    environment says counts as 0 when it makes no sense: then every run loads its own software."""
    named = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    if named:
        try:
            return WarmTime(_checked(float(named)), fixed=True)
        except (ValueError, InputError):
            return WarmTime(0.0, fixed=True)
    stored = _Setting.load_if_readable(workspace.warm_setting)
    return WarmTime(stored.minutes if stored else DEFAULT_MINUTES, fixed=False)


@asks(Deed.SETTLE)
def set_warm_time(workspace: Workspace, minutes: float) -> None:
    """Keep another time in the workspace; what is loaded longer than that goes at once.

    Raises InputError for less than 0 or more than a day, when the environment decides, and when it
    cannot be written.
    """
    wanted = _checked(minutes)
    if os.environ.get(ENVIRONMENT_VARIABLE, "").strip():
        raise InputError(
            f"{ENVIRONMENT_VARIABLE} is set and decides the time. Change it there, or unset it."
        )
    try:
        _Setting(minutes=wanted).save(workspace.warm_setting)
    except OSError as error:
        raise InputError(
            f"The time cannot be stored in {workspace.warm_setting} ({error.strerror or error}). "
            "Check the folder's rights and the free space."
        ) from error


def can_be_warm() -> bool:
    """Whether there is a way to keep the software loaded on this system at all."""
    backend = os.environ.get("KERAS_BACKEND") or BACKEND
    return sys.platform == SYSTEM and backend == BACKEND


def _checked(minutes: float) -> float:
    if not 0 <= minutes <= MOST_MINUTES:
        raise InputError(f"Choose between 0 and {MOST_MINUTES:,.0f} minutes.")
    return minutes
