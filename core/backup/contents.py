"""What of a data folder goes into a backup, and where its films lie in it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePath

from core.backup.manifest import FILMS, LINKED, PASSING, STEADY, is_setting, may_stand
from core.store.snapshot import FilmPlace, Snapshot
from core.workspace import Workspace

SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")
LEFT_IN_RUNS = ("scratch",)  # caches of a run that shares none


def hold_still(workspace: Workspace, aside: Path, missed: Callable[[Path], object]) -> None:
    """Make ``aside`` hold what changes, as it is now. ``missed``: told each file and folder that
    may not be read, as one of somebody else's.

    By links where the disk can: ThoraxLens writes such files beside and renames them, so a link
    keeps what a file was. Raises OSError.
    """
    for name in sorted(one.name for one in os.scandir(workspace.root) if one.is_file()):
        if is_setting(name):
            _hold(workspace.root / name, aside / name, missed)
    for folder in LINKED:
        for path in files_below(workspace.root / folder, LEFT_IN_RUNS, missed):
            _hold(path, aside / path.relative_to(workspace.root), missed)


def held_parts(
    workspace: Workspace, aside: Path, missed: Callable[[Path], object]
) -> Iterator[tuple[str, Path]]:
    """Path in the data folder → where to read it, of all but films. ``missed``: told each folder
    that may not be read."""
    for path in files_below(aside):
        yield path.relative_to(aside).as_posix(), path
    for folder in STEADY:
        for path in files_below(workspace.root / folder, missed=missed):
            yield path.relative_to(workspace.root).as_posix(), path


def files_below(
    folder: Path,
    leave: tuple[str, ...] = (),
    missed: Callable[[Path], object] = lambda path: None,
) -> Iterator[Path]:
    """Plain files, sorted, without links and without what is just being written. ``missed``: told
    each folder that may not be read."""

    def fault(error: OSError) -> None:
        if isinstance(error, PermissionError):  # else it is not there, or went meanwhile
            missed(Path(error.filename))

    for place, folders, names in os.walk(folder, onerror=fault):
        folders[:] = sorted(one for one in folders if one not in leave and _stays(one))
        for name in sorted(names):
            path = Path(place, name)
            if _stays(name) and not path.is_symlink() and path.is_file():
                yield path


def _stays(name: str) -> bool:
    return PASSING.fullmatch(name) is None


def _hold(path: Path, place: Path, missed: Callable[[Path], object]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):  # it went meanwhile
        try:
            os.link(path, place)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, one without links, or a file of somebody else's
            try:
                shutil.copyfile(path, place)
            except PermissionError:
                missed(path)


class FilmPlaces:
    """Where each film and mask of a store lies in the backup of its data folder."""

    def __init__(self, workspace: Workspace, snapshot: Snapshot) -> None:
        self._workspace = workspace
        self._roots = snapshot.roots()
        self._films = list(snapshot.films())
        self._to: dict[str, str] = {}

    def within(self) -> int:
        """How many films lie in the data folder itself."""
        return sum(self.relative(one.path) != one.path for one in self._films)

    def __len__(self) -> int:
        return len(self._films)

    def relative(self, path: str) -> str:
        """A path in the data folder as one from there; another one as it is."""
        pure = PurePath(path)
        root = self._workspace.root
        return pure.relative_to(root).as_posix() if pure.is_relative_to(root) else path

    def included(self, path: str) -> str:
        """Where a path of the store lies when films are included, from the data folder."""
        return self._to.get(path) or self.relative(path)

    def parts(self) -> Iterator[tuple[str, Path]]:
        """Path in the backup → where to read it: all films and masks, and of sources in the data
        folder what lies beside them, too. Call it before ``included``."""
        given: set[str] = set()
        for root in sorted(self._roots.values()):
            self._to[root] = self._home(root)
        for film in self._films:
            paths = [(film.path, film.film_id)]
            paths += [(path, f"{film.film_id}-{kind}") for kind, path in film.masks.items()]
            for path, name in paths:
                place = self._place(film, path, name)
                self._to[path] = place
                if place not in given:
                    given.add(place)
                    yield place, Path(path)
        for root in sorted(self._roots.values()):
            if self.relative(root) != root:
                for file in files_below(Path(root)):
                    place = self.relative(str(file))
                    if place not in given:
                        given.add(place)
                        yield place, file

    def _place(self, film: FilmPlace, path: str, name: str) -> str:
        if path in self._to:
            return self._to[path]
        root = self._roots.get(film.source, film.source)
        pure = PurePath(path)
        place = self.relative(path)
        if place == path and pure.is_relative_to(root):
            place = f"{self._home(root)}/{pure.relative_to(root).as_posix()}"
        # Elsewhere, or a name that no backup may hold: by its hash.
        suffix = pure.suffix if SUFFIX.fullmatch(pure.suffix) else ""
        return place if may_stand(place) else f"{self._home(root)}/{name}{suffix}"

    def _home(self, root: str) -> str:
        """A source's folder in the backup. Named by a hash: two may be called alike."""
        known = self.relative(root)
        if known != root:
            return known
        return f"{FILMS}/{hashlib.sha256(root.encode()).hexdigest()[:32]}"
