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
from collections.abc import Sequence
from typing import Any

from core.commands import COMMANDS, Outcome
from core.errors import ThoraxLensError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.data:
        os.environ["THORAXLENS_DATA"] = options.data
    try:
        outcome: Outcome = options.carry_out(options)
    except ThoraxLensError as error:
        print(f"{error}", file=sys.stderr)
        if options.json:
            _print_json({"error": str(error)})
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    try:
        if options.json:
            _print_json(outcome.document)
        else:
            print(outcome.text)
        sys.stdout.flush()
    except BrokenPipeError:  # `… | head` has read enough; Python must not flush again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON document to stdout")
    shared.add_argument("--data", metavar="DIR", help="data folder (default: data/)")
    parser = argparse.ArgumentParser(
        prog="python -m core",
        description=(__doc__ or "").split("\n\n")[0],
        epilog=(__doc__ or "").split("\n\n")[1],
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(
            command.name, help=command.help, description=command.help, parents=[shared]
        )
        command.add_arguments(one)
        one.set_defaults(carry_out=command.run)
    return parser


def _print_json(document: Any) -> None:
    print(json.dumps(_strict(document), ensure_ascii=False, allow_nan=False))


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
    sys.exit(main())
