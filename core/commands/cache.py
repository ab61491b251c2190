"""cache: what is kept on disk for speed, how much room it may take, and clearing it."""

from __future__ import annotations

import argparse

from core.cache import GB, cache_limit, cache_usage, clear, set_cache_limit, trim
from core.commands.command import Command, Outcome, open_default_store, table


def _cache_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=float, metavar="GB", help="keep at most this much, from now on"
    )
    parser.add_argument("--clear", action="store_true", help="remove what no run works on now")


def _cache(options: argparse.Namespace) -> Outcome:
    workspace = open_default_store().workspace
    freed = 0
    if options.limit is not None:
        set_cache_limit(workspace, options.limit)
        freed += trim(workspace)
    if options.clear:
        freed += clear(workspace)
    limit, usage = cache_limit(workspace), cache_usage(workspace)
    total = sum(one.bytes for one in usage.values())
    document = {
        "bytes": total,
        "limit_gb": limit.gigabytes,
        "limit_from_environment": limit.fixed,
        "freed": freed,
        **{kind: {"bytes": one.bytes, "files": one.files} for kind, one in usage.items()},
    }
    rows = [
        {"kept for speed": kind, "files": one.files, "GB": f"{one.bytes / GB:.3f}"}
        for kind, one in usage.items()
    ]
    said = f"{total / GB:.3f} GB of {limit.gigabytes:g} GB"
    if options.clear or options.limit is not None:
        said += f"; {freed / GB:.3f} GB freed"
    return Outcome(document, f"{table(rows)}\n{said}")


COMMANDS = {"cache": Command(_cache_arguments, _cache)}
