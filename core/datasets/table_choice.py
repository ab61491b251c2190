"""Looking at the tables of a folder or zip, so that somebody can say what their columns are."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.datasets.archive_checks import DAMAGES, check_list, opened_zip
from core.datasets.archive_names import put_right
from core.datasets.importers import Columns, Tree, names
from core.datasets.importers.guessing import guess
from core.datasets.importers.table_file import read_table
from core.datasets.importers.tree import TABLE_SUFFIXES
from core.errors import InputError

ROWS = 10  # shown
LARGEST = 200_000_000  # bytes of a table in a zip


@dataclass(frozen=True)
class TableChoice:
    """A table and what its columns are likely to be.

    ``tables``: all that lie there, by their names below the top; ``columns``: those of
    ``table`` as it spells them; ``rows``: its first ten, as column → cell; ``guess``: in the
    table's spelling, None when no column names the films.
    """

    tables: tuple[str, ...]
    table: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    guess: Columns | None


def tables_in_folder(path: str | Path, table: str = "") -> TableChoice:
    """``table``: which one to look at, by default the first. Raises InputError when there is
    no table, or it cannot be read."""
    root = Path(path).expanduser().resolve()
    try:
        tree = Tree(root)
    except OSError as error:
        raise InputError(f"{root} cannot be opened ({error.strerror or error}).") from error
    return _choice(tree, root.name, table)


def tables_in_zip(file: BinaryIO, filename: str, table: str = "") -> TableChoice:
    """The same for an archive, of which the tables alone are unpacked, for as long as this
    takes. Raises InputError."""
    file.seek(0)
    try:
        check_list(file, filename)
        with opened_zip(file) as archive, tempfile.TemporaryDirectory() as folder:
            put_right(archive)
            held = [one for one in archive.infolist() if not one.is_dir()]
            listed = [one.filename.replace("\\", "/") for one in held]
            kept = [name for name in listed if not any(map(names.is_litter, name.split("/")))]
            tree = Tree(Path(folder), (kept, [], []))
            wanted = table or next(iter(tree.all_tables), "")
            # Under a name of our own: the archive's may lead anywhere.
            place = Path(folder) / f"table{_suffix(wanted)}"
            for one, name in zip(held, listed, strict=True):
                if name == wanted and one.file_size <= LARGEST:
                    place.write_bytes(archive.read(one))
            return _choice(tree, filename, wanted, place)
    except DAMAGES as error:
        raise InputError(f"{filename} cannot be opened as a zip. Make or copy it again.") from error
    finally:
        file.seek(0)


def _choice(tree: Tree, called: str, table: str, place: Path | None = None) -> TableChoice:
    if not tree.all_tables:
        raise InputError(
            f"“{called}” holds no table (.csv or .tsv, also .gz). Save a spreadsheet as CSV first."
        )
    table = table or tree.all_tables[0]
    if table not in tree.all_tables:
        raise InputError(f"“{called}” holds no table {table}.")
    frame = read_table(place or tree.path(table))
    spelled = frame.attrs["spelled"]
    found = guess(tree, frame)
    return TableChoice(
        tables=tuple(tree.all_tables),
        table=table,
        columns=tuple(spelled.values()),
        rows=tuple(
            {spelled[str(key)]: str(cell) for key, cell in row.items()}
            for row in frame.head(ROWS).to_dict("records")
        ),
        guess=found.each(lambda name: spelled[name]) if found else None,
    )


def _suffix(table: str) -> str:
    low = table.casefold()
    return max((one for one in TABLE_SUFFIXES if low.endswith(one)), key=len, default=".csv")
