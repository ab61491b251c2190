"""Fetch one file: resumed after a break, tried again, and checked before it has its name."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests

from core.errors import DownloadError

ATTEMPTS = 5
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
CHUNK = 16 * 1024  # small: what is short of a whole piece is lost when a connection breaks
LONGEST_WAIT = 60.0
# 403 and 429 are how a server says "too fast"; the rest are its passing troubles.
TRY_AGAIN = frozenset({403, 408, 429, 500, 502, 503, 504})
AGENT = {"User-Agent": "ThoraxLens"}

Answer = TypeVar("Answer")


def git_hash(data: bytes) -> str:
    """What git calls this content: SHA-1 over ``blob SIZE NUL content``."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def fetch(
    url: str,
    destination: Path,
    git_sha: str,
    *,
    headers: dict[str, str] | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> bool:
    """Download ``url`` to ``destination`` unless it is there with the right content.

    What arrives goes to ``destination.part``; a later try, or a later call, goes on from
    its end. Returns whether anything was downloaded. Raises DownloadError when the server
    is out of reach, lacks the file, or sends something with another hash.
    """
    if destination.exists() and git_hash(destination.read_bytes()) == git_sha:
        return False
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(destination.name + ".part")
    _with_patience(lambda: _append(url, part, headers or {}), url, wait)
    if git_hash(part.read_bytes()) != git_sha:
        # Perhaps the part was left by another version: once more, from the start.
        part.unlink()
        _with_patience(lambda: _append(url, part, headers or {}), url, wait)
        if git_hash(part.read_bytes()) != git_sha:
            part.unlink()
            raise DownloadError(
                f"What {url} sent is not the published file: its hash differs. "
                "Try again later; if it stays so, a proxy or the source has changed it."
            )
    part.replace(destination)
    return True


def fetch_json(url: str, *, wait: Callable[[float], object] = time.sleep) -> object:
    """The parsed JSON answer. Raises DownloadError."""

    def ask() -> object:
        with requests.get(url, timeout=TIMEOUT, headers=AGENT) as answer:
            answer.raise_for_status()
            return answer.json()

    return _with_patience(ask, url, wait)


def _append(url: str, part: Path, headers: dict[str, str]) -> None:
    have = part.stat().st_size if part.exists() else 0
    # Without "identity" a server may compress, and a range would count compressed bytes.
    asked = {**AGENT, "Accept-Encoding": "identity", **headers}
    if have:
        asked["Range"] = f"bytes={have}-"
    with requests.get(url, stream=True, timeout=TIMEOUT, headers=asked) as answer:
        if answer.status_code == 416:  # nothing beyond what we have: the hash will tell
            return
        answer.raise_for_status()
        resumed = answer.status_code == 206
        with part.open("ab" if resumed else "wb") as stream:
            for piece in answer.iter_content(CHUNK):
                stream.write(piece)


def _with_patience(work: Callable[[], Answer], url: str, wait: Callable[[float], object]) -> Answer:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except requests.HTTPError as error:
            status = error.response.status_code
            if status not in TRY_AGAIN or attempt == ATTEMPTS:
                raise DownloadError(
                    f"{url} cannot be downloaded: the server answers {status}. "
                    "Try again later, or download the collection yourself and import its folder."
                ) from error
            wait(_pause(attempt, error.response.headers.get("Retry-After", "")))
        except requests.RequestException as error:
            if attempt == ATTEMPTS:
                raise DownloadError(
                    f"{url} cannot be reached. Check the connection and try again: "
                    "what has arrived is kept, and the download goes on from there."
                ) from error
            wait(_pause(attempt))
        except OSError as error:
            raise DownloadError(
                f"The download cannot be written ({error.strerror or error}). "
                "Make room on the disk and try again."
            ) from error
    raise AssertionError("the last attempt returns or raises")


def _pause(attempt: int, asked: str = "") -> float:
    """Seconds to wait: as the server asks, else doubling from one."""
    return min(float(asked) if asked.isdigit() else 2.0 ** (attempt - 1), LONGEST_WAIT)
