"""From the rows of a table to films: what every table's layout shares.

A layout says what each row means (``Row``); here the files are found, wherever they lie, and
rows about one film become one film.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath, PureWindowsPath

from core.datasets.importers import names
from core.datasets.importers.candidate import MISSING, NAMELESS, OUTSIDE, TOO_LONG, Candidate
from core.datasets.importers.tree import FILM_SUFFIXES, Tree, film_stem
from core.datasets.label_map import (
    NO_FINDING,
    is_silent,
    join_findings,
    normalise_age,
    normalise_label,
    normalise_sex,
    normalise_view,
)

LONGEST_NAME = 255  # bytes: no file system in use takes more
DEEPEST = 8  # folders of a table's path that are compared
MANY = 32  # files of one name that are compared one by one
NARROW = 3  # parts of a path that are asked for where there are more
FEW = 3  # names told in a sentence


@dataclass(frozen=True)
class Row:
    """What one row of a table says. ``place``: where it stands, for rows without a file.

    ``findings``: each label on its own, as written; ``written``: the cell or cells. The texts
    may be anything that a table holds. ``remark``: something to tell of the film.
    """

    file: str
    place: str
    findings: tuple[str, ...] = ()
    written: str = ""
    patient: str = ""
    view: str = ""
    sex: str = ""
    age: str = ""
    source_split: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    left_out: str = ""
    remark: str = ""


def films_of(tree: Tree, rows: Sequence[Row]) -> Iterator[Candidate]:
    """One candidate a film, in the order of the rows; rows without a film one each.

    Rows about the same film are taken together: its findings are those of all of them, and a
    film that is healthy in one row and has a finding in another is left out.
    """
    files = Files(tree, [row.file for row in rows])
    same: dict[str, list[Row]] = {}
    for row in rows:
        name, reason = ("", NAMELESS) if is_silent(row.file) else files.find(row.file)
        if name:
            same.setdefault(name, []).append(row)
        else:
            shown = row.place if reason == NAMELESS else row.file
            same.setdefault(f"\0{row.place}", []).append(
                replace(row, file=shown, left_out=row.left_out or reason)
            )
    for name, several in same.items():
        yield _candidate(tree, "" if name.startswith("\0") else name, several)


def _candidate(tree: Tree, name: str, rows: list[Row]) -> Candidate:
    first = rows[0]
    labels = [normalise_label(one) for row in rows for one in row.findings]
    reason = next((row.left_out for row in rows if row.left_out), "")
    sick = sorted({one for one in labels if one not in (NO_FINDING, "unknown")})
    if len(rows) > 1 and not reason and sick and _calls_it_healthy(rows):
        reason = f"its rows contradict each other: {NO_FINDING}, {', '.join(sick[:FEW])}"
    return Candidate(
        file=name or first.file,
        path=tree.path(name) if name else tree.root,
        patient=_first(row.patient for row in rows).strip(),
        finding=join_findings(labels),
        finding_original="; ".join(dict.fromkeys(row.written for row in rows if row.written)),
        view=normalise_view(_first(row.view for row in rows)),
        view_original=_first(row.view for row in rows),
        sex=normalise_sex(_first(row.sex for row in rows)),
        age=normalise_age(_first(row.age for row in rows)),
        source_split=_first(row.source_split for row in rows).strip().casefold(),
        masks=tree.masks_of(name) if name else {},
        metadata=first.metadata,
        left_out=reason,
        remark="; ".join(dict.fromkeys(row.remark for row in rows if row.remark)),
    )


def _calls_it_healthy(rows: list[Row]) -> bool:
    """Whether some row says that there is nothing, and no row says both things itself."""
    said = [{normalise_label(one) for one in row.findings} for row in rows]
    return any(one == {NO_FINDING} for one in said)


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if not is_silent(text)), "")


class Files:
    """Finds the films that a table names: at its paths, in one folder, or in nested ones."""

    def __init__(self, tree: Tree, wanted: Iterable[str]) -> None:
        """``wanted``: all names in the table: which part of a path tells films apart is seen
        from all of them."""
        self._films = tree.files
        self._by_name, self._by_stem = tree.places
        said = {tuple(one for one in _parts(name) if one != "..") for name in wanted}
        paths = {parts for parts in said if parts}
        self._named = {names.fold_name(parts[-1]) for parts in paths}
        # By their hashes: of 400,000 paths, the tails themselves would fill a gigabyte.
        self._tails = Counter(
            hash(parts[-depth:])
            for parts in paths
            for depth in range(1, min(len(parts), DEEPEST) + 1)
        )
        self._narrow: dict[tuple[str, int], dict[tuple[str, ...], list[tuple[str, ...]]]] = {}

    def find(self, name: str) -> tuple[str, str]:
        """(relative name of the file, ``""``), or (``""``, why there is none)."""
        parts = _parts(name)
        if ".." in parts:
            # Written from the table's folder, perhaps. Only names of the tree are ever found.
            inside = self.find("/".join(part for part in parts if part != ".."))[0]
            return (inside, "") if inside else ("", OUTSIDE)
        if not parts or "\0" in name:
            return "", NAMELESS
        if max(len(os.fsencode(part)) for part in parts) > LONGEST_NAME:
            return "", TOO_LONG
        if "/".join(parts) in self._films:
            return "/".join(parts), ""
        places = self._by_name.get(names.fold_name(parts[-1])) or self._other_endings(parts[-1])
        return self._best(parts, places)

    def has(self, name: str) -> bool:
        """Whether films have this name, be it several."""
        return self.find(name)[1] not in (MISSING, NAMELESS, OUTSIDE, TOO_LONG)

    def _other_endings(self, last: str) -> list[tuple[str, ...]]:
        """Tables that leave ``.png`` off, and collections that somebody converted."""
        return [
            place
            for place in self._by_stem.get(names.fold_name(film_stem(last)), [])
            if PurePosixPath(place[-1]).suffix.casefold() in {*FILM_SUFFIXES, ""}
            and (names.fold_name(place[-1]) not in self._named)
        ]

    def _best(self, parts: tuple[str, ...], places: list[tuple[str, ...]]) -> tuple[str, str]:
        if len(places) > MANY:
            places = self._narrowed(parts, places)
        if not places:
            return "", MISSING
        shared = [_common_tail(parts, place) for place in places]
        most = max(shared)
        best = [place for place, count in zip(places, shared, strict=True) if count == most]
        if len(parts) > most and self._needed(parts) > most:
            return "", MISSING  # a file of this name, but in the folder of another film
        if len(best) > 1:
            exact = [place for place in best if place[-1] == parts[-1]]
            if len(exact) != 1:
                some = ", ".join("/".join(place) for place in best[:FEW])
                return "", f"several files have this name: {some}"
            best = exact
        return "/".join(best[0]), ""

    def _narrowed(
        self, parts: tuple[str, ...], places: list[tuple[str, ...]]
    ) -> list[tuple[str, ...]]:
        """Those that lie in folders of the same names: “view1.jpg” may be there 200,000 times."""
        depth = min(len(parts), NARROW)
        key = (names.fold_name(places[0][-1]), depth)
        if key not in self._narrow:
            index: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
            for place in places:
                index[tuple(map(names.fold_name, place[-depth:]))].append(place)
            self._narrow[key] = index
        last = (*parts[-depth:-1], places[0][-1])
        return self._narrow[key].get(tuple(map(names.fold_name, last)), [])

    def _needed(self, parts: tuple[str, ...]) -> int:
        """How many parts of the path, from its end, tell this film from all others."""
        for depth in range(1, min(len(parts), DEEPEST) + 1):
            if self._tails[hash(parts[-depth:])] <= 1:
                return depth
        return len(parts)


def _parts(name: str) -> tuple[str, ...]:
    """The parts of a table's path, Windows' ones included."""
    text = name.strip()
    pure = PureWindowsPath(text)  # takes both slashes
    return tuple(part for part in pure.parts if part not in (pure.anchor, "."))


def _common_tail(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many parts agree from the end; the last one is known to, be it but for its ending."""
    count = 1
    for mine, theirs in zip(reversed(one[:-1]), reversed(other[:-1]), strict=False):
        if names.fold_name(mine) != names.fold_name(theirs):
            break
        count += 1
    return count
