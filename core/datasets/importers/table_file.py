"""Reading a file of a table: CSV or TSV, plain or gzipped, whatever its encoding."""

from __future__ import annotations

import csv
import gzip
import io
import warnings
import zlib
from pathlib import Path

import pandas as pd

from core.errors import InputError

LARGEST = 1_000_000_000  # bytes of text: the tables of 400,000 films have a tenth of that
HEAD = 64 * 1024  # bytes that are read for the header


def read_table(path: Path, required: tuple[str, ...] = ()) -> pd.DataFrame:
    """All cells as text (empty where silent), column names in small letters.

    ``frame.attrs["spelled"]``: name → the column's name as the table has it;
    ``frame.attrs["bad_rows"]``: numbers of lines that have more cells than there are columns,
    and are not in the frame. Raises InputError when the file is no table or lacks one of the
    ``required`` columns.
    """
    frame = _parse(path)
    written = [str(name).strip() for name in frame.columns]
    spelled = dict(zip([name.lower() for name in written], written, strict=True))
    bad = frame.attrs.get("bad_rows", [])
    frame.columns = [name.lower() for name in written]
    frame = frame.loc[:, ~frame.columns.duplicated()]
    missing = [name for name in required if name not in frame.columns]
    if missing:
        raise InputError(
            f"{path.name} lacks the column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}; it has {', '.join(frame.columns[:12]) or 'none'}. "
            "Use the table as its authors published it."
        )
    frame.attrs = {"spelled": spelled, "bad_rows": bad}
    return frame


def header(path: Path) -> tuple[str, ...]:
    """The column names in small letters; empty when the file is no table."""
    try:
        return tuple(str(name).strip().lower() for name in _parse(path, rows=0).columns)
    except InputError:
        return ()


def _separator(first_line: str) -> str:
    """Excel writes semicolons where the comma is the decimal sign, and tabs for UTF-16."""
    return max(",;\t|", key=first_line.count)


def _bytes_of(path: Path, rows: int | None) -> bytes:
    most = HEAD if rows == 0 else LARGEST
    try:
        if path.name.casefold().endswith(".gz"):
            with gzip.open(path, "rb") as stream:
                data = stream.read(most + 1)
        else:
            with path.open("rb") as stream:
                data = stream.read(most + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path.name} is damaged. Copy or download it again.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be opened ({why}).") from error
    if len(data) > LARGEST:
        raise InputError(f"{path.name} holds more than {LARGEST / 1e9:.0f} GB of text. Split it.")
    return data


def _parse(path: Path, rows: int | None = None) -> pd.DataFrame:
    data = _bytes_of(path, rows)
    # Excel saves cp1252 or UTF-16; latin-1 maps every byte, so text is never the reason to fail.
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            if rows != 0 or error.start < len(data) - 4:
                continue
            text = data[: error.start].decode(encoding)  # cut in the middle of a letter
        except UnicodeError:
            continue
        try:
            return _frame(text.removeprefix("\ufeff"), rows)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, csv.Error) as error:
            raise InputError(
                f"{path.name} cannot be read as a table of comma-separated values ({error})."
            ) from error
    raise InputError(f"{path.name} cannot be read as text.")


def _encodings(data: bytes) -> tuple[str, ...]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    # Text of Latin letters in UTF-16 without its mark: every second byte is 0.
    if data[1:200:2].count(0) > 0.8 * max(len(data[1:200:2]), 1):
        return ("utf-16-le",)
    if data[0:200:2].count(0) > 0.8 * max(len(data[0:200:2]), 1):
        return ("utf-16-be",)
    return ("utf-8-sig", "cp1252", "latin-1")


def _frame(text: str, rows: int | None) -> pd.DataFrame:
    first, _, rest = text.partition("\n")
    separator = _separator(first)
    if first.strip().casefold().startswith("sep=") and len(first.strip()) == 5:
        separator, text = first.strip()[4], rest  # a note of Excel's to itself

    def read(text: str) -> pd.DataFrame:
        return pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            nrows=rows,
            # Else a comma at the end of each row would shift all columns by one.
            index_col=False,
        ).fillna("")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.ParserWarning)  # about cells past the end
        try:
            frame: pd.DataFrame = read(text)
        except pd.errors.ParserError as error:
            if "Expected" not in str(error):
                raise  # a quotation mark that is never closed swallows the rest of the table
            bad: list[int] = []
            text = _without_long_rows(text, separator, bad)
            frame = read(text)
            frame.attrs["bad_rows"] = bad
    return frame


def _without_long_rows(text: str, separator: str, bad: list[int]) -> str:
    """The table without rows of too many cells; their line numbers are added to ``bad``."""
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    kept = io.StringIO()
    writer = csv.writer(kept, delimiter=separator, lineterminator="\n")
    width = 0
    for cells in reader:
        width = width or len(cells)
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            bad.append(reader.line_num)
        else:
            writer.writerow(cells[:width])
    return kept.getvalue()
