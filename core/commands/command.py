"""What a headless command is, and what its answer looks like."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.datasets.uploads import clean_up
from core.errors import InputError
from core.escaping import terminal
from core.privacy import for_the_user
from core.store import Store, open_store, recovered
from core.workspace import open_workspace


@dataclass(frozen=True)
class Outcome:
    """``document`` is printed with --json, ``text`` without."""

    document: Any
    text: str
    exit_code: int = 0


@dataclass(frozen=True)
class Command:
    """What a subcommand takes, and its work; its name and help are in ``core.commands``."""

    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Outcome]


def open_default_store() -> Store:
    """The store in the data folder that --data or the environment names."""
    workspace = open_workspace()
    earlier = recovered(workspace)
    store = open_store(workspace)
    found = recovered(workspace)
    if found is not None and found != earlier:
        say(found.sentence)
    clean_up(store)
    return store


def nothing(parser: argparse.ArgumentParser) -> None:
    """Of a command without arguments of its own."""


def folder_for(what: str, text: str, option: str) -> Path:
    """The folder that ``option`` names, made before minutes of work, so that there is no answer
    that cannot be written. Raises InputError; ``what``: what was to lie there."""
    folder = Path(text)
    try:
        with for_the_user():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be a folder for {what} ({error.strerror or error}). "
            f"Choose another one for {option}."
        ) from error
    return folder


def say(message: str) -> None:
    """Tell a person at the terminal; stdout stays free for the answer."""
    print(terminal(message), file=sys.stderr, flush=True)


class _Renamed(argparse.Action):
    """Takes a value by an option's earlier name, and tells the one of today."""

    def __init__(self, *args: Any, now: str, **how: Any) -> None:
        super().__init__(*args, **how)
        self._now = now

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        say(f"{option_string} is called {self._now} now; both work.")
        setattr(namespace, self.dest, values)


def renamed(parser: argparse.ArgumentParser, before: str, now: str, **how: Any) -> None:
    """Let the option ``now`` be given as ``before``, too. ``how``: its type or choices."""
    dest = now.removeprefix("--").replace("-", "_")
    parser.add_argument(before, dest=dest, action=_Renamed, now=now, help=argparse.SUPPRESS, **how)


class ProgressLine:
    """A callback that keeps one counting line on stderr when that is a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = sys.stderr.isatty()

    def __call__(self, done: int, total: int, note: str = "") -> None:
        if self._shown:
            end = "\n" if total and done >= total else ""
            print(f"\r{self._what}: {done:,} of {total:,}  ", end=end, file=sys.stderr, flush=True)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as text, words at the left and numbers at the right of their columns; an empty cell
    for what is missing."""
    if not rows:
        return "nothing yet"
    titles = list(dict.fromkeys(title for row in rows for title in row))
    columns = []
    for title in titles:
        values = [row.get(title) for row in rows]
        cells = [title, *map(_cell, values)]
        width = max(map(len, cells))
        words = any(isinstance(one, str) for one in values)
        columns.append([cell.ljust(width) if words else cell.rjust(width) for cell in cells])
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _cell(value: Any) -> str:
    if value is None or value != value:  # NaN is not itself
        return ""
    if isinstance(value, float):
        whole, _, rest = f"{value:.4f}".partition(".")
        return f"{whole}.{rest.rstrip('0') or '0'}"
    return str(value)
