"""All files of a collection, read from disk once: films and tables apart from masks, litter,
second copies, and what cannot be opened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from itertools import compress
from pathlib import Path, PurePosixPath

from core.datasets.importers import names
from core.datasets.importers.name_row import NameRow
from core.datasets.importers.walking import sort_names, walk

FILM_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".dcm", ".dicom"})
TABLE_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
# Folders in which a collection keeps its tables, beside those that say nothing.
TABLE_FOLDERS = frozenset(
    {"annotation", "annotations", "csv", "csvs", "label", "labels", "meta", "metadata", "table",
     "tables"}
)  # fmt: skip

# A nested folder is a second copy when so many of its files lie at the top as well.
COPY_SHARE = 0.8
COPY_SIZES = 50  # files compared by size, spread over the copy

Places = dict[str, list[tuple[str, ...]]]


class Tree:
    """What lies below ``root``; every name is relative to it, with ``/``, in sorted order.

    ``files``: everything that may be a film, a table or a text. ``masks``: files in mask
    folders, and masks beside their films. ``litter``: names of what programs leave behind.
    ``left_out``: (name, reason) for folders and files that cannot be looked at. ``copies``:
    (folder, its number of files) for each second copy of the whole inside itself.
    """

    def __init__(
        self,
        root: Path,
        listed: tuple[list[str], list[str], list[tuple[str, str]]] | None = None,
    ) -> None:
        """Reads the disk. Raises OSError when ``root`` itself cannot be opened, InputError
        when there are far more files than any collection has."""
        self.root = root
        everything, self.litter, self.left_out = listed or walk(root)
        sort_names(everything)
        self.copies = _copies(root, everything)
        inside = tuple(f"{folder}/" for folder, _ in self.copies)
        kept = [one for one in everything if not one.startswith(inside)] if inside else everything
        self.masks = [name for name in kept if _in_mask_folder(name)]
        apart = set(self.masks)
        rest = [name for name in kept if name not in apart]
        outlines = _outlines(rest)
        self.masks += sorted(outlines)
        rest = [name for name in rest if name not in outlines] if outlines else rest
        beside = _masks_beside(rest)
        self.masks += beside
        apart = set(beside)
        self.files = NameRow(name for name in rest if name not in apart)

    def below(self, folder: str) -> Tree:
        """The same for one folder inside, without reading the disk again."""
        start = f"{folder}/"
        everything = [*self.files, *self.masks]
        return Tree(
            self.root / folder,
            (
                [name.removeprefix(start) for name in everything if name.startswith(start)],
                [name.removeprefix(start) for name in self.litter if name.startswith(start)],
                [
                    (name.removeprefix(start), why)
                    for name, why in self.left_out
                    if name.startswith(start)
                ],
            ),
        )

    @cached_property
    def folders(self) -> list[str]:
        """The folders at the top, sorted."""
        return sorted({name.split("/", 1)[0] for name in self.files if "/" in name})

    @cached_property
    def places(self) -> tuple[Places, Places]:
        """The files' paths, in parts, by name and by name without a film's ending."""
        by_name: Places = defaultdict(list)
        by_stem: Places = defaultdict(list)
        for name in self.files:
            parts = tuple(name.split("/"))
            by_name[names.fold_name(parts[-1])].append(parts)
            by_stem[names.fold_name(film_stem(parts[-1]))].append(parts)
        return by_name, by_stem

    @cached_property
    def films(self) -> NameRow:
        """The files that look like films: by their ending or, without one, by DICOM's mark."""
        looks = bytearray(map(self.looks_like_film, self.files))
        # Where all do, as in most folders, their names are there once.
        return self.files if all(looks) else NameRow(compress(self.files, looks))

    @cached_property
    def all_tables(self) -> list[str]:
        """Every table of text, wherever it lies; those nearest to the top first."""
        found = [name for name in self.files if name.casefold().endswith(TABLE_SUFFIXES)]
        return sorted(found, key=lambda name: (name.count("/"), name))

    @cached_property
    def tables(self) -> list[str]:
        """Those at the top, or in folders like ``annotations``: they describe the whole."""
        return [
            name
            for name in self.all_tables
            if all(
                names.fold_name(part) in TABLE_FOLDERS or names.is_container(part)
                for part in name.split("/")[:-1]
            )
        ]

    @cached_property
    def _headers(self) -> dict[str, tuple[str, ...]]:
        return {}

    def header(self, table: str) -> frozenset[str]:
        """The columns of one of the tables, in small letters; empty when it is no table."""
        if table not in self._headers:
            from core.datasets.importers.table_file import header  # loads pandas: only where asked

            self._headers[table] = header(self.root / table)
        return frozenset(self._headers[table])

    def tables_with(self, columns: Iterable[str]) -> list[str]:
        """The tables that have all of these columns."""
        wanted = frozenset(columns)
        return [table for table in self.tables if wanted <= self.header(table)]

    def path(self, name: str) -> Path:
        return self.root / name

    def looks_like_film(self, name: str) -> bool:
        ending = film_ending(name)
        return ending in FILM_SUFFIXES or (not ending and _is_dicom(self.root / name))

    def masks_of(self, film: str) -> dict[str, str]:
        """Kind (``lungs``, ``opacity``) → path of the mask that belongs to a film."""
        if not self.masks:
            return {}
        key = _mask_key(film)
        found = self._masks_by_place.get(key)
        if found is None and self._stems[key[1]] == 1:
            found = self._masks_by_stem.get(key[1])
        return dict(found or {})

    @cached_property
    def _masks_by_place(self) -> dict[tuple[str, str], dict[str, str]]:
        index: dict[tuple[str, str], dict[str, str]] = {}
        for name in self.masks:
            folders = tuple(PurePosixPath(name).parts[:-1])
            kind = names.mask_kind(folders) if folders else "lungs"
            if kind:
                index.setdefault(_mask_key(name), {}).setdefault(kind, str(self.root / name))
        return index

    @cached_property
    def _masks_by_stem(self) -> dict[str, dict[str, str]]:
        """For masks that lie far from their films: where one film alone has the name."""
        index: dict[str, dict[str, str]] = {}
        twice = set()
        for (_, stem), kinds in self._masks_by_place.items():
            twice |= {stem} if stem in index else set()
            index[stem] = kinds
        return {stem: kinds for stem, kinds in index.items() if stem not in twice}

    @cached_property
    def _stems(self) -> Counter[str]:
        return Counter(_mask_key(name)[1] for name in self.films)


def _copies(root: Path, everything: list[str]) -> list[tuple[str, int]]:
    inside: dict[str, list[str]] = {}
    for name in everything:
        folder, _, rest = name.partition("/")
        if "/" in rest:
            inside.setdefault(folder, []).append(rest)
    if not inside:
        return []
    there = set(everything)
    found = []
    for folder, rests in sorted(inside.items()):
        twice = [rest for rest in rests if rest in there]
        if len(twice) < COPY_SHARE * len(rests):
            continue
        step = max(1, len(twice) // COPY_SIZES)
        if all(_same_size(root / rest, root / folder / rest) for rest in twice[::step]):
            start = f"{folder}/"
            found.append((folder, sum(name.startswith(start) for name in everything)))
    return found


def _same_size(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_size == other.stat().st_size
    except OSError:
        return False


def _in_mask_folder(name: str) -> bool:
    return any(names.is_mask_folder(part) for part in name.split("/")[:-1])


def _outlines(files: list[str]) -> set[str]:
    """Masks in folders such as ``segmentation`` and ``GT``: where nearly all of their files are
    named like films beside the folder."""
    inside: dict[str, list[str]] = {}
    for name in files:
        parts = name.split("/")
        for depth, part in enumerate(parts[:-1]):
            if names.may_hold_outlines(part):
                inside.setdefault("/".join(parts[: depth + 1]) + "/", []).append(name)
                break
    if not inside:
        return set()
    held = {name for several in inside.values() for name in several}
    stems_below: dict[str, set[str]] = {
        folder.rstrip("/").rpartition("/")[0]: set() for folder in inside
    }
    for name in files:
        if name not in held and name.casefold().endswith(tuple(FILM_SUFFIXES)):
            stem = names.fold_name(_last_stem(name))
            for above in {"", *_folders_above(name)} & stems_below.keys():
                stems_below[above].add(stem)
    found = set()
    for folder, several in inside.items():
        there = stems_below[folder.rstrip("/").rpartition("/")[0]]
        pictures = [name for name in several if name.casefold().endswith(tuple(FILM_SUFFIXES))]
        mine = [names.fold_name(names.mask_stem(_last_stem(name))) for name in pictures]
        if mine and sum(stem in there for stem in mine) >= COPY_SHARE * len(mine):
            found |= set(pictures)
    return found


def _folders_above(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def _last_stem(name: str) -> str:
    return PurePosixPath(name.rsplit("/", 1)[-1]).stem


def _masks_beside(files: list[str]) -> list[str]:
    """Masks that lie in the folder of their films: ``a_mask.png`` beside ``a.png``."""
    masks = []
    for name in files:
        folder, slash, stem = _without_suffix(name).rpartition("/")
        film = names.mask_stem(stem)
        if film != stem:
            masks.append((name, f"{folder}{slash}{film}"))
    wanted = {film for _, film in masks}
    there = wanted.intersection(map(_without_suffix, files)) if wanted else wanted
    return [name for name, film in masks if film in there]


def film_ending(name: str) -> str:
    """The ending of a file's name, in small letters; empty for none, and for a number: archives of
    hospitals call DICOM files by their UID, “CR.1.2.840.10008.5”."""
    suffix = PurePosixPath(name).suffix.strip().casefold()
    return "" if suffix[1:].isdecimal() else suffix


def film_stem(last: str) -> str:
    """A file's name without the ending of a film, or several as in ``a.dcm.png``; other dots
    belong to it."""
    pure = PurePosixPath(last)
    while pure.suffix.strip().casefold() in FILM_SUFFIXES:
        pure = PurePosixPath(pure.stem)
    return str(pure)


def _without_suffix(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{PurePosixPath(last).stem}"


def _mask_key(name: str) -> tuple[str, str]:
    """Where a film or its mask belongs, without the folders that tell one from the other."""
    *folders, last = name.split("/")
    place = [
        part
        for part in folders
        if not (names.is_mask_folder(part) or names.may_hold_outlines(part))
        and (names.is_split(part) or not names.is_container(part))
    ]
    stem = PurePosixPath(last).stem
    stem = PurePosixPath(stem).stem if PurePosixPath(stem).suffix in FILM_SUFFIXES else stem
    return "/".join(place), names.fold_name(names.mask_stem(stem))


def _is_dicom(path: Path) -> bool:
    """Scanners write DICOM files without a suffix."""
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False
