"""Any other table: the columns that the user named, or such as can be told from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from core.datasets.importers import names as file_names
from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices, Columns
from core.datasets.importers.folders import place_of
from core.datasets.importers.guessing import guess
from core.datasets.importers.labels import labels_in
from core.datasets.importers.marks import is_mark, read_marks
from core.datasets.importers.rows import Row, films_of
from core.datasets.importers.table_file import read_table
from core.datasets.importers.tables import long_rows, metadata_of, records
from core.datasets.importers.tree import Tree
from core.datasets.label_map import finding_key, is_silent
from core.errors import InputError

NAME = "table"
TITLE = "a table with chosen columns"
# A column of 0 and 1 that does not say of what.
SAYS_NOTHING = re.compile(
    r"labels?|class(?:es)?|targets?|findings?|categor(?:y|ies)|diagnos[ie]s|y|result|ground truth"
)
LOOKS_LIKE = "a table (.csv or .tsv) of films and findings, whose columns you choose"


def detect(tree: Tree) -> bool:
    """Whether a table tells of films and findings, and says more than the folders do."""
    classed = sum(map(_is_in_class_folder, tree.films))
    return 2 * classed < len(tree.films) and bool(_guessed(tree)[0])


def _is_in_class_folder(name: str) -> bool:
    """Whether a film lies directly in a folder that may be a finding's: in “A/images”, a table
    that tells findings goes before what may be a hospital's name."""
    place = place_of(name)
    return bool(place.folder) and name.split("/")[-2] == place.folder


def tables_beside(tree: Tree) -> list[str]:
    """Tables at the top that name the tree's films, for telling the user that they are there."""
    found = []
    for table in tree.tables:
        try:
            if guess(tree, read_table(_place(tree, table))) is not None:
                found.append(table)
        except InputError:
            continue  # no table after all
    return found


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film. Raises InputError for a table or column that is not there."""
    chosen = settled(tree, choices)
    if chosen.columns is None:  # for the type checker: settled() always has them
        return iter(())
    tables = read_together(tree, chosen.table)
    rows = [
        row
        for table in tables
        for row in _rows(tree, table, chosen.columns.each(str.lower), choices, len(tables) > 1)
    ]
    return films_of(tree, rows)


def _rows(tree: Tree, table: str, columns: Columns, choices: Choices, is_part: bool) -> list[Row]:
    frame = read_table(_place(tree, table))
    spelled = frame.attrs["spelled"]
    by_mark = _are_marks(columns, frame)
    names = {one: spelled[one] for one in columns.findings}
    own = {columns.file, columns.patient, columns.view, columns.sex, columns.age, columns.split}
    only = columns.findings[0] if len(columns.findings) == 1 else ""
    folder, split = _part(table)
    rows = []
    for place, cells in records(tree, table):
        if by_mark and only and SAYS_NOTHING.fullmatch(finding_key(only)):
            labels, written = _as_written(cells[only], names[only]), cells[only].strip()
            left_out = ""
        elif by_mark:
            labels, written, left_out = read_marks(cells, names, choices.uncertain)
        else:
            said = [cells[one].strip() for one in columns.findings if cells[one].strip()]
            labels = tuple(label for one in said for label in labels_in(one))
            written, left_out = "; ".join(said), ""
        rows.append(
            Row(
                file=folder + cells[columns.file].lstrip() if folder else cells[columns.file],
                place=place,
                findings=labels,
                written=written,
                patient=_number(cells.get(columns.patient, "")),
                view=cells.get(columns.view, ""),
                sex=cells.get(columns.sex, ""),
                age=cells.get(columns.age, ""),
                source_split=cells.get(columns.split, "") or (split if is_part else ""),
                metadata=metadata_of(cells, own | set(columns.findings)),
                left_out=left_out,
            )
        )
    return [*rows, *long_rows(tree, table)]


def read_together(tree: Tree, table: str) -> list[str]:
    """The table, and those of the same columns that differ from it in the part of a split
    alone: ``train.csv`` and ``test.csv``, ``train/labels.csv`` and ``test/labels.csv``."""
    mine, here = _without_parts(table)
    if not here or table not in tree.tables:
        return [table]
    header = tree.header(table)
    rest = [
        one
        for one in tree.tables
        if one != table and _without_parts(one)[0] == mine and tree.header(one) == header
    ]
    return [table, *(one for one in rest if _without_parts(one)[1] != here)]


def _without_parts(table: str) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """A table's path in words, without the parts of a split in them; and these."""
    said = [file_names.words_of(part) for part in table.split("/")]
    rest = tuple(tuple(one for one in words if one not in file_names.SPLITS) for words in said)
    return rest, tuple(one for words in said for one in words if one in file_names.SPLITS)


def _part(table: str) -> tuple[str, str]:
    """The folder that a part's table lies in, with ``/``, and the part that it tells of."""
    folder, slash, _ = table.rpartition("/")
    inside = any(map(file_names.split_of, folder.split("/"))) and not Path(table).is_absolute()
    parts = _without_parts(table)[1]
    return (folder + slash if inside else "", parts[0] if parts else "")


def _as_written(cell: str, column: str) -> tuple[str, ...]:
    """What a column called “label” says with 0 and 1: which is the finding, nobody knows."""
    text = cell.strip().removesuffix(".0")
    if is_silent(text):
        return ()
    plain = text.isdigit() or len(text) == 1 or text.casefold() in ("true", "false", "yes", "no")
    return (f"{column} {text}" if plain else text,)


def _number(cell: str) -> str:
    """A column of numbers with gaps was once one of floats: ``17.0`` is patient 17."""
    whole, dot, rest = cell.strip().partition(".")
    return whole if dot and whole.isdigit() and set(rest) == {"0"} else cell


def settled(tree: Tree, choices: Choices) -> Choices:
    """The choices with a table of the tree and columns as it spells them, guessed where not said.

    Raises InputError, with what there is, for a table or column that is not there.
    """
    table = _table(tree, choices.table) if choices.table else _guessed(tree)[0]
    if not table:
        raise InputError(
            f"No table below {tree.root} names its films. Say which table and columns to use."
        )
    frame = read_table(_place(tree, table))
    columns = choices.columns or guess(tree, frame)
    if columns is None:
        raise InputError(
            f"No column of {table} names the films in {tree.root.name}. Say which columns to use; "
            f"it has {', '.join(frame.attrs['spelled'].values())}."
        )
    spelled = frame.attrs["spelled"]

    def known(name: str) -> str:
        if name.strip().lower() not in frame.columns:
            raise InputError(
                f"{table} has no column “{name}”. It has {', '.join(spelled.values())}."
            )
        return str(spelled[name.strip().lower()])

    return replace(choices, table=table, columns=columns.each(known))


def _are_marks(columns: Columns, frame: pd.DataFrame) -> bool:
    """Several columns are one a finding; a single one may hold 0 and 1 as well."""
    cells = [str(cell) for one in columns.findings for cell in set(frame[one])]
    return bool(cells) and all(map(is_mark, cells))


def _guessed(tree: Tree) -> tuple[str, Columns | None]:
    """The first table from which films and findings can be told."""
    for table in tree.tables:
        try:
            columns = guess(tree, read_table(_place(tree, table)))
        except InputError:
            continue  # no table at all: the folders may say more
        if columns is not None and columns.findings:
            return table, columns
    return "", None


def _table(tree: Tree, named: str) -> str:
    """The table's name below the tree, or its whole path where it lies elsewhere."""
    plain = named.strip()
    for name in tree.all_tables:
        if name == plain or name.rsplit("/", 1)[-1] == plain:
            return name
    for place in (Path(plain).expanduser(), tree.root / plain):
        try:
            if place.is_file():
                return str(place.resolve())
        except (OSError, ValueError):
            continue
    there = ", ".join(tree.all_tables[:8]) or "none"
    raise InputError(f"There is no table “{named}”. In {tree.root.name} lie: {there}.")


def _place(tree: Tree, table: str) -> Path:
    return tree.root / table  # a whole path stays itself
