"""What has changed in a folder of work since somebody was last told."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from core.runs.files import LOG
from core.runs.whereabouts import FILE as WHEREABOUTS
from core.store.records import RECORD, REMARKS

# The head writes these itself.
NOT_TOLD = {LOG, RECORD, REMARKS, WHEREABOUTS}
SETTLED_SECONDS = 0.5  # a file that is being written changes more often

Seen = tuple[int, int]


@dataclass
class FolderChanges:
    """``folder``: what is in it when this is made counts as told."""

    folder: Path
    _told: dict[str, Seen] = field(default_factory=dict)
    _telling: dict[str, Seen | None] = field(default_factory=dict)
    _log: int = 0
    _log_telling: int = 0

    def __post_init__(self) -> None:
        self._told = self._there()
        log = self.folder / LOG
        self._log = self._log_telling = log.stat().st_size if log.is_file() else 0

    def heard(self, last: bool, *, everything: bool = False) -> None:
        """Whether what ``look`` gave last has arrived. ``everything``: nothing has, ever; all that
        is there now is told once more, but what was printed."""
        if last:
            for name, seen in self._telling.items():
                if seen is None:
                    self._told.pop(name, None)
                else:
                    self._told[name] = seen
        elif everything:
            self._told = {}
        self._telling = {}
        self._log = self._log_telling

    def look(self, *, settled: bool) -> tuple[dict[str, bytes], tuple[str, ...], bytes]:
        """New and changed files with their content, the names of those that are gone, and what was
        printed. ``settled``: nobody writes any more, so a file is taken as it is."""
        there = self._there()
        files: dict[str, bytes] = {}
        for name, seen in there.items():
            fresh = time.time() - seen[0] / 1e9 < SETTLED_SECONDS
            # What lies in a folder of a run is a checkpoint, which is written whole.
            if self._told.get(name) == seen or (fresh and not settled and "/" not in name):
                continue
            try:
                files[name] = (self.folder / name).read_bytes()
            except OSError:  # replaced or removed in this very moment: the next look sees it
                continue
            self._telling[name] = seen
        gone = tuple(name for name in self._told if name not in there)
        self._telling |= dict.fromkeys(gone)
        return files, gone, self._printed()

    def _printed(self) -> bytes:
        try:
            with (self.folder / LOG).open("rb") as stream:
                stream.seek(self._log)
                text = stream.read()
        except OSError:
            return b""
        self._log_telling = self._log + len(text)
        return text

    def _there(self) -> dict[str, Seen]:
        found = {}
        for path in self.folder.rglob("*"):
            name = path.relative_to(self.folder).as_posix()
            passing = path.name.startswith("tmp-") or path.suffix in (".lock", ".part")
            if name in NOT_TOLD or passing or name.startswith("scratch/"):
                continue
            try:
                state = path.stat()
            except OSError:
                continue
            if path.is_file():
                found[name] = (state.st_mtime_ns, state.st_size)
        return found
