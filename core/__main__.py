"""ThoraxLens without a browser: ``python -m core COMMAND``, for scripts and GPU servers.

With ``--json`` a command prints one JSON document to stdout and nothing else; progress
goes to stderr. Exit codes: 0 done; 1 the job failed; 2 what was given cannot be used;
3 done, but some files could not be read; 130 stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

from core.commands import ENTRIES, Outcome
from core.errors import InputError, ThoraxLensError
from core.escaping import terminal
from core.memory import give_back_at_once
from core.public import VARIABLE, is_public
from core.version import thoraxlens_version
from core.workspace import ENVIRONMENT_VARIABLE, RAY_VARIABLE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    wants_json = "--json" in words
    try:
        if is_public():
            raise InputError(
                f"{VARIABLE} is set here: a public show is changed by nobody. Unset it to work on "
                "the data folder."
            )
        options = _parser(words).parse_args(
            words, argparse.Namespace(json=False, data=None, ray=None)
        )
        if options.data:
            os.environ[ENVIRONMENT_VARIABLE] = options.data
        if options.ray is not None:
            os.environ[RAY_VARIABLE] = options.ray
        outcome: Outcome = options.carry_out(options)
    except ThoraxLensError as error:
        return _end(str(error), error.exit_code, wants_json)
    except KeyboardInterrupt:
        return _end("Stopped.", 130, wants_json)
    except OSError as error:
        where = f"{error.filename} cannot be used" if error.filename else "The system refused"
        return _end(f"{where}: {error.strerror or error}.", 1, wants_json)
    except Exception as error:  # noqa: BLE001 - the border: a script must still get its document
        traceback.print_exc()
        said = f"ThoraxLens broke off with an error that it did not foresee ({error!r})."
        return _end(said, 1, wants_json)
    try:
        if options.json:
            _print_json(outcome.document)
        else:
            print(_printable(outcome.text, sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:  # `… | head` has read enough; Python must not flush again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return outcome.exit_code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the words on the command line as every other error is said."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def _end(message: str, code: int, wants_json: bool) -> int:
    print(_printable(message, sys.stderr), file=sys.stderr)
    if wants_json:
        _print_json({"error": message})
    return code


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """``words``: the command line. Only what it names is loaded."""
    # Before the command and after it. Without defaults, which the part after the command would
    # put in the place of what was given before it.
    shared = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--json", action="store_true", help="print one JSON document to stdout")
    shared.add_argument("--data", metavar="DIR", help="data folder (default: data/)")
    shared.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="the Ray cluster that work runs on: auto or HOST:PORT (default: $THORAXLENS_RAY)",
    )
    version = f"ThoraxLens {thoraxlens_version()}"
    parser = _Parser(
        prog="python -m core",
        description=(__doc__ or "").split("\n\n")[0],
        epilog=(__doc__ or "").split("\n\n")[1],
        parents=[shared],
    )
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for entry in ENTRIES:
        one = commands.add_parser(
            entry.name, help=entry.help, description=entry.help, parents=[shared]
        )
        if entry.name in words:
            command = entry.load()
            command.add_arguments(one)
            one.set_defaults(carry_out=command.run)
    return parser


def _print_json(document: Any) -> None:
    strict = _strict(document)
    text = json.dumps(strict, ensure_ascii=False, allow_nan=False)
    if _printable(text, sys.stdout) != text:  # an old terminal, or a file name that is no text
        text = json.dumps(strict, allow_nan=False)
    print(text)


def _printable(text: str, stream: TextIO) -> str:
    """The text with a mark for each character that the stream cannot write."""
    encoding = stream.encoding or "utf-8"
    return terminal(text.encode(encoding, errors="backslashreplace").decode(encoding))


def _strict(value: Any) -> Any:
    """JSON has no NaN; a number that does not exist is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _strict(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(one) for one in value]
    if hasattr(value, "item"):  # a numpy number
        return _strict(value.item())
    return value


if __name__ == "__main__":
    give_back_at_once()
    sys.exit(main())
