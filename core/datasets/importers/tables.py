"""Reading the CSV table of a collection, whatever its encoding."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pandas as pd

from core.errors import InputError


def read_table(path: Path, required: tuple[str, ...]) -> pd.DataFrame:
    """All cells as text (empty where silent), column names in small letters.

    Raises InputError when the file is no table or lacks one of the ``required`` columns.
    """
    frame = _parse(path)
    frame.columns = [str(name).strip().lower() for name in frame.columns]
    frame = frame.loc[:, ~frame.columns.duplicated()]
    missing = [name for name in required if name not in frame.columns]
    if missing:
        raise InputError(
            f"{path.name} lacks the column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}; it has {', '.join(frame.columns[:12]) or 'none'}. "
            "Use the table as its authors published it."
        )
    return frame


def header(path: Path) -> tuple[str, ...]:
    """The column names in small letters; empty when the file is no table."""
    try:
        return tuple(str(name).strip().lower() for name in _parse(path, rows=0).columns)
    except InputError:
        return ()


def inside(root: Path, name: str) -> Path | None:
    """``root/name``, or None when that would lie outside: a table may name any path."""
    path = Path(os.path.normpath(root / name))
    return path if path.is_relative_to(root) and "\0" not in name else None


def _separator(first_line: str) -> str:
    """Excel writes semicolons where the comma is the decimal sign, and tabs for UTF-16."""
    return max(",;\t", key=first_line.count)


def _parse(path: Path, rows: int | None = None) -> pd.DataFrame:
    # Excel saves cp1252 or UTF-16; latin-1 maps every byte, so text is never the reason to fail.
    for encoding in ("utf-8-sig", "utf-16", "cp1252", "latin-1"):
        try:
            with path.open(encoding=encoding) as text:
                separator = _separator(text.readline())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pd.errors.ParserWarning)  # about cells past the end
                return pd.read_csv(
                    path,
                    sep=separator,
                    dtype=str,
                    keep_default_na=False,
                    encoding=encoding,
                    nrows=rows,
                    # Else a comma at the end of each row would shift all columns by one.
                    index_col=False,
                ).fillna("")
        except UnicodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
            raise InputError(
                f"{path.name} cannot be read as a table of comma-separated values ({error})."
            ) from error
        except OSError as error:
            raise InputError(f"{path} cannot be opened ({error.strerror or error}).") from error
    raise InputError(f"{path.name} cannot be read as text.")
