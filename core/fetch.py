"""Fetch one file: resumed after a break, tried again, and checked before it has its name."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from filelock import FileLock, Timeout

from core.errors import DownloadError
from core.progress import Progress
from core.public import is_public

ATTEMPTS = 5
# The most pieces of nothing in a row: a computer that is offline shall soon say so.
REACHING = 3
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
BRIEFLY = 4  # seconds for each, where somebody waits for the answer
CHUNK = 16 * 1024  # small: what is short of a whole piece is lost when a connection breaks
LONGEST_WAIT = 60.0
# 403 and 429 are how a server says "too fast"; the rest are its passing troubles.
TRY_AGAIN = frozenset({403, 408, 429, 500, 502, 503, 504})
AGENT = {"User-Agent": "ThoraxLens"}

Returned = TypeVar("Returned")
Check = Callable[[Path], bool]  # whether the file is what it should be
Wait = Callable[[float], object]  # passes so many seconds


def git_hash(data: bytes) -> str:
    """What git calls this content: SHA-1 over ``blob SIZE NUL content``."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def is_blob(sha: str) -> Check:
    """Whether a file is the one that git calls so."""
    return lambda file: git_hash(file.read_bytes()) == sha


def fetch(
    url: str,
    destination: Path,
    is_right: Check,
    *,
    called: str = "",
    headers: dict[str, str] | None = None,
    progress: Progress | None = None,
    wait: Wait = time.sleep,
) -> bool:
    """Download ``url`` to ``destination`` unless it is there and right.

    What arrives goes to ``destination.part``; a later try, or a later call, goes on from
    its end, if the server still has the same file. Of several processes that want the same
    file one fetches it. Returns whether anything was downloaded. Raises DownloadError when the
    server is out of reach, lacks the file, or sends something that is not right; ``called``:
    what its sentence calls the file, the address when it is empty. What ``progress`` or
    ``wait`` raises passes through; what has come until then is kept.
    """
    if destination.exists() and is_right(destination):
        return False
    if is_public():
        raise DownloadError(f"{called or url} is not here, and a public show downloads nothing.")
    one = _Download(url, destination, called or url, headers or {}, progress)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(destination.with_name(f".{destination.name}.lock"))
        _acquire(lock, progress)
    except OSError as error:
        raise _cannot_write(one.called, error) from error
    try:
        if destination.exists() and is_right(destination):  # another process was at it
            return False
        _with_patience(one.append, one.called, wait)
        if not is_right(one.part):
            # Perhaps the part was left by another version: once more, from the start.
            one.discard()
            _with_patience(one.append, one.called, wait)
        if not is_right(one.part):
            one.discard()
            raise DownloadError(
                f"What came for {one.called} is not the published file: its hash differs. Nothing "
                "was kept. Try again later; if it stays so, a proxy or the source has changed it."
            )
        one.finish()
        return True
    finally:
        # Before it is let go: else it could be another's by then, and a third one would make a
        # new one beside it. Who waits finds it gone and makes a new one (``core.cache``).
        with suppress(OSError):  # Windows keeps a file that is open
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def fetch_json(url: str, *, called: str = "", wait: Wait = time.sleep) -> object:
    """The parsed JSON answer. Raises DownloadError, whose sentence calls it ``called``, or its
    address when that is empty."""

    def ask() -> object:
        with requests.get(url, timeout=TIMEOUT, headers=AGENT) as answer:
            answer.raise_for_status()
            return answer.json()

    return _with_patience(ask, called or url, wait)


def can_reach(url: str) -> bool:
    """Whether its server answers at all, whatever it says; at most a few seconds."""
    try:
        requests.head(url, timeout=BRIEFLY, headers=AGENT, allow_redirects=False)
    except requests.RequestException:
        return False
    return True


@dataclass
class _Download:
    """One file on its way. ``part``: what has come; ``mark``: by what the server calls that
    version of the file, so that no two versions are put together."""

    url: str
    destination: Path
    called: str
    headers: dict[str, str]
    progress: Progress | None
    part: Path = field(init=False)
    mark: Path = field(init=False)

    def __post_init__(self) -> None:
        self.part = self.destination.with_name(self.destination.name + ".part")
        self.mark = self.destination.with_name(self.destination.name + ".part-version")

    def append(self) -> None:
        """Get what is missing, or all of it where the server has another version by now."""
        have = self.part.stat().st_size if self.part.exists() else 0
        # Without "identity" a server may compress, and a range would count compressed bytes.
        asked = {**AGENT, "Accept-Encoding": "identity", **self.headers}
        if have:
            asked["Range"] = f"bytes={have}-"
            if version := self._version():
                asked["If-Range"] = version
        with requests.get(self.url, stream=True, timeout=TIMEOUT, headers=asked) as answer:
            if answer.status_code == 416:  # nothing beyond what we have: the hash will tell
                return
            answer.raise_for_status()
            resumed = answer.status_code == 206
            done = have if resumed else 0
            length = answer.headers.get("Content-Length", "")
            total = done + int(length) if length.isdigit() else 0
            if not resumed:
                self._note(answer)
            with self.part.open("ab" if resumed else "wb") as stream:
                for piece in answer.iter_content(CHUNK):
                    stream.write(piece)
                    done += len(piece)
                    if self.progress is not None:
                        self.progress(done, total)

    def finish(self) -> None:
        """Give the file its name."""
        self.mark.unlink(missing_ok=True)
        self.part.replace(self.destination)

    def discard(self) -> None:
        """Keep nothing."""
        self.mark.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    def _version(self) -> str:
        try:
            return self.mark.read_text(encoding="ascii")
        except (OSError, ValueError):
            return ""

    def _note(self, answer: requests.Response) -> None:
        tag = answer.headers.get("ETag", "")
        # A weak tag says that two files mean the same, not that they are the same.
        version = tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")
        if version and version.isascii():
            self.mark.write_text(version, encoding="ascii")
        else:
            self.mark.unlink(missing_ok=True)


def _acquire(lock: FileLock, progress: Progress | None) -> None:
    while True:
        try:
            lock.acquire(timeout=0.5)
        except Timeout:  # another process is at it; say nothing new, but hear a stop
            if progress is not None:
                progress(0, 0)
        else:
            return


def _with_patience(work: Callable[[], Returned], called: str, wait: Wait) -> Returned:
    unreached = 0
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except requests.HTTPError as error:
            status = error.response.status_code
            if status not in TRY_AGAIN or attempt == ATTEMPTS:
                raise DownloadError(
                    f"{_sentence(called)} cannot be downloaded: the server answers {status}. "
                    "Try again later, or get it from there yourself."
                ) from error
            wait(_pause(attempt, error.response.headers.get("Retry-After", "")))
        except requests.RequestException as error:
            unreached += isinstance(error, requests.ConnectionError)
            if attempt == ATTEMPTS or unreached == REACHING:
                raise DownloadError(
                    f"{_sentence(called)} cannot be reached. Check the connection and try again: "
                    "what has arrived is kept, and the download goes on from there."
                ) from error
            wait(_pause(attempt))
        except OSError as error:
            raise _cannot_write(called, error) from error
    raise AssertionError("the last attempt returns or raises")


def _cannot_write(called: str, error: OSError) -> DownloadError:
    return DownloadError(
        f"The download of {called} cannot be written ({error.strerror or error}). "
        "Make room on the disk and try again: what has arrived is kept."
    )


def _sentence(called: str) -> str:
    """``called`` at the beginning of a sentence; an address stays as it is."""
    return called if urlsplit(called).scheme else called[:1].upper() + called[1:]


def _pause(attempt: int, asked: str = "") -> float:
    """Seconds to wait: as the server asks, else doubling from one."""
    return min(float(asked) if asked.isdigit() else 2.0 ** (attempt - 1), LONGEST_WAIT)
