"""The errors ThoraxLens raises on purpose.

Every message is one or two plain sentences that say what was wrong and what to do,
so that a page or the command line can show it to a user as it is. The exit code is
what ``python -m core`` ends with.
"""

from __future__ import annotations

import re

LONGEST = 1000  # letters of a message; what is longer quotes too much of a strange file
LONGEST_WORD = 260  # longer than any name on a disk
# Letters that draw nothing, or turn the direction of those behind them.
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class ThoraxLensError(Exception):
    """Anything a user can be told about. Catch this at the border, nothing broader."""

    exit_code = 1

    def __str__(self) -> str:
        """The message, short enough to read and with nothing hidden in it: it may quote names
        and values from anywhere."""
        text = HIDDEN.sub("\ufffd", super().__str__())
        text = re.sub(rf"\S{{{LONGEST_WORD},}}", lambda word: f"{word[0][:100]}…", text)
        if len(text) > LONGEST:
            text = f"{text[: LONGEST * 2 // 3]} … {text[-LONGEST // 3 + 3 :]}"
        return text


class InputError(ThoraxLensError):
    """What the user gave cannot be used: a value, a name, a folder, an archive."""

    exit_code = 2


class FilmError(InputError):
    """One file is not a film that can be read. Never ends a job over many files."""


class SpecError(InputError):
    """A data set or run description contradicts itself or the catalogue."""


class NotFoundError(InputError):
    """A named data set, run or film does not exist (any more)."""


class DamagedError(NotFoundError):
    """A run, data set or kept result is there, and cannot be read. Says how to get rid of it."""


class NotAllowedError(ThoraxLensError):
    """Who asks may not do this. Says who may."""

    exit_code = 2


class StoreError(ThoraxLensError):
    """The database cannot be read or written now: damaged, locked, or on a full disk."""


class BusyError(StoreError):
    """Another process has been writing to the database for long."""


class WeightsMissingError(ThoraxLensError):
    """Pretrained weights are neither on disk nor to be downloaded."""


class DownloadError(ThoraxLensError):
    """A download failed, or what came does not match its published hash."""


class TrainingError(ThoraxLensError):
    """A run could not go on, for a reason that its owner can act on."""


class PredictionError(ThoraxLensError):
    """The prediction worker could not answer; the next request may work."""


class Cancelled(ThoraxLensError):
    """The user asked for a stop, and it was followed."""

    exit_code = 130
