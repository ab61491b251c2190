"""What a node keeps between pieces of work: large files by their hash, and what it has measured of
itself; and the folders in which it works.

Films of patients lie in it, so nobody else may read it. It stays within the limit of the cache.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.cache import cache_limit
from core.cluster.parcels import Good
from core.errors import InputError
from core.features.shards import SUFFIX
from core.files import written_whole
from core.privacy import keep_to_ourselves
from core.store import Store
from core.workspace import Workspace

CACHE_VARIABLE = "THORAXLENS_NODE_CACHE"
_MASKS = "masks"


@dataclass(frozen=True)
class Cache:
    """``root``: its folder, made on first use."""

    root: Path

    def hold(self, good: Good, fetch: Callable[[Any], Any]) -> Path:
        """The good's file, fetched unless it is here. Two that want it fetch it once."""
        folder = self._goods / good.key
        target = folder / good.name
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not (target.is_file() and target.stat().st_size == good.size):
                _fetched(good, target, fetch)
            os.utime(
                folder
            )  # it was used just now; the file keeps its time, which says which it is
        return target

    def move_films(self, store: Store, pack: Path, key: str) -> None:
        """Let the store's films, and their masks, lie in its data folder, linked to where the pack
        of their files is unpacked."""
        unpacked = self._goods / key / "unpacked"
        folder = store.workspace.root / "films"
        with FileLock((self._goods / key).with_suffix(".lock")):
            if not unpacked.is_dir():
                aside = unpacked.with_name("unpacking")
                shutil.rmtree(aside, ignore_errors=True)
                with zipfile.ZipFile(pack) as files:
                    files.extractall(aside)
                aside.rename(unpacked)
            shutil.copytree(unpacked, folder, copy_function=linked)
        films = [one for one in folder.iterdir() if one.name != _MASKS]
        store.catalogue.move_films({one.name: str(next(one.iterdir())) for one in films})
        masks = folder / _MASKS
        if masks.is_dir():
            masked = store.catalogue.films([one.name for one in masks.iterdir()])
            store.catalogue.say_anew(
                replace(
                    film,
                    masks={
                        kind.name: str(next(kind.iterdir()))
                        for kind in (masks / film.film_id).iterdir()
                    },
                )
                for film in masked
            )

    def share_vectors(self, workspace: Workspace) -> None:
        """Let all work on this node have its vectors in one folder: what one has made is there for
        the next, and two at once share the work, as on one machine."""
        self._vectors.mkdir(exist_ok=True)
        workspace.feature_cache.rmdir()
        workspace.feature_cache.symlink_to(self._vectors, target_is_directory=True)

    def lacks_vectors(self, good: Good) -> bool:
        """Whether a file of vectors holds more than the one that is here."""
        file = self._vectors / good.name
        return not file.is_file() or file.stat().st_size < good.size

    def take_vectors(self, good: Good, fetch: Callable[[Any], Any]) -> None:
        """Put a file of vectors among those of this node, unless somebody adds to it just now."""
        target = self._vectors / good.name
        with suppress(Timeout), FileLock(target.with_suffix(".lock"), timeout=0):
            if self.lacks_vectors(good):
                _fetched(good, target, fetch)

    def vectors_since(self, moment: float, had: Mapping[str, int]) -> dict[str, bytes]:
        """The files of vectors that were used or made since then (seconds since 1970), but those
        that have not grown beyond what the head had, ``had``: name → bytes."""
        found = {}
        for file in self._vectors.glob(f"*{SUFFIX}") if self._vectors.is_dir() else ():
            state = file.stat()
            if state.st_mtime >= moment and state.st_size > had.get(file.name, 0):
                found[file.name] = file.read_bytes()
        return found

    def lend_note(self, name: str, target: Path) -> None:
        """Put what this machine has noted under that name beside what ``target`` says, which
        counts where both do."""
        own = _note(self.root / name)
        if own:
            target.write_text(json.dumps(own | _note(target)), encoding="utf-8")

    def keep_note(self, file: Path) -> None:
        """Note what ``file`` says for the next piece of work."""
        said = _note(file)
        if not said:
            return
        with FileLock(self.root / f"{file.stem}.lock"):
            kept = _note(self.root / file.name) | said
            with written_whole(self.root / file.name) as temporary:
                temporary.write_text(json.dumps(kept), encoding="utf-8")

    def trim(self) -> None:
        """Remove what was used longest ago, until the rest is within the limit. Work has links or
        copies of its own, so nothing is taken from it."""
        try:
            limit = cache_limit(Workspace(self.root)).bytes
        except InputError:
            return
        folders = [one for one in self._goods.iterdir() if one.is_dir()]
        folders.sort(key=lambda one: one.stat().st_mtime, reverse=True)
        taken = 0
        for folder in folders:
            taken += sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
            if taken > limit:
                with suppress(Timeout), FileLock(folder.with_suffix(".lock"), timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)

    @property
    def _goods(self) -> Path:
        return self.root / "goods"

    @property
    def _vectors(self) -> Path:
        return self.root / "vectors"

    @property
    def work(self) -> Path:
        return self.root / "work"


def linked(held: str | Path, target: str | Path) -> None:
    """Have a file that is kept lie at ``target`` as well, for work that needs it whatever is
    removed here. Raises OSError."""
    try:
        os.link(held, target)
    except OSError:  # a file system without links
        shutil.copyfile(held, target)


def _fetched(good: Good, target: Path, fetch: Callable[[Any], Any]) -> None:
    with written_whole(target) as temporary:
        with temporary.open("wb") as stream:
            for chunk in good.chunks:
                stream.write(fetch(chunk))
            stream.flush()
            os.fsync(stream.fileno())
        if temporary.stat().st_size != good.size:
            raise OSError(f"{good.name} did not arrive whole")


def node_cache() -> Cache:
    """That of this machine: ``$THORAXLENS_NODE_CACHE``, else in its user's folder of caches."""
    keep_to_ourselves()
    named = os.environ.get(CACHE_VARIABLE, "").strip()
    home = os.environ.get("XDG_CACHE_HOME", "").strip()
    place = Path(named) if named else Path(home or Path.home() / ".cache") / "thoraxlens-node"
    (place / "goods").mkdir(parents=True, exist_ok=True)
    return Cache(place)


@contextmanager
def work_folder(cache: Cache) -> Iterator[Path]:
    """A folder for one piece of work, removed after it. What killed processes have left is removed
    by the next one. The folders have few names, since paths in them are kept with measurements."""
    cache.work.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        number += 1
        lock = FileLock(cache.work / f"{number}.lock")
        with suppress(Timeout):
            lock.acquire(timeout=0)
            break
    try:
        _remove_abandoned(cache.work)
        folder = cache.work / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.iterdir():
        if folder.is_dir():
            with suppress(Timeout), FileLock(parent / f"{folder.name}.lock", timeout=0):
                shutil.rmtree(folder, ignore_errors=True)


def _note(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
