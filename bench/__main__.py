"""``python -m bench [SECTION …]``: what ThoraxLens costs, one table a section.

Speed is told against the plain Keras way as ratios measured in one run, each side in a process
of its own, in turns. Figures are medians with the lowest and the highest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import (
    accuracy,
    backbones,
    classify,
    cnn,
    interaction,
    many_films,
    pages,
    placing,
    scale,
    server,
    sessions,
    shortcuts,
    train,
    transfer,
    warm,
)
from bench.report import machine
from bench.settings import Settings
from core.models.registry import NETWORKS

SECTIONS = {
    "train": train,
    "warm": warm,
    "backbones": backbones,
    "cnn": cnn,
    "accuracy": accuracy,
    "scale": scale,
    "collections": many_films,
    "classify": classify,
    "pages": pages,
    "placing": placing,
    "server": server,
    "interaction": interaction,
    "sessions": sessions,
    "shortcuts": shortcuts,
    "transfer": transfer,
}
ON_DEMAND = {"collections"}  # takes an hour: only where it is named


def main() -> int:
    options = _parser().parse_args()
    given = {
        key: value
        for key, value in vars(options).items()
        if key not in ("sections", "quick") and value is not None
    }
    settings = Settings.quick(**given) if options.quick else Settings(**given)
    print(f"{machine()}{', small size' if options.quick else ''}", flush=True)
    for name in options.sections or [one for one in SECTIONS if one not in ON_DEMAND]:
        section = SECTIONS[name]
        title = (section.__doc__ or "").splitlines()[0]
        print(f"\n## {name}: {title}\n", flush=True)
        with tempfile.TemporaryDirectory(
            prefix=f"thoraxlens-bench-{name}-",
            ignore_cleanup_errors=True,  # a worker may still be ending
        ) as folder:
            for line in section.table(settings, Path(folder)):
                print(line, flush=True)
    return 0


def _section(name: str) -> str:
    """(With ``choices``, Python 3.11 takes no section at all for a wrong one.)"""
    if name not in SECTIONS:
        raise argparse.ArgumentTypeError(
            f"there is no section “{name}”; choose from {', '.join(SECTIONS)}"
        )
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", type=_section, metavar="SECTION",
        help=f"{', '.join(SECTIONS)} (default: all)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it works")
    networks: dict[str, Any] = {"nargs": "+", "choices": list(NETWORKS), "metavar": "NETWORK"}
    parser.add_argument("--models", help="of train, cnn and classify", **networks)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--image-size", type=int, help="of train, cnn and classify")
    parser.add_argument("--epochs", type=int, help="epochs of a whole training")
    parser.add_argument("--backbones", help="of backbones", **networks)
    parser.add_argument("--accuracy-models", help="of accuracy", **networks)
    parser.add_argument("--accuracy-size", type=int, help="pixels a side, of accuracy")
    parser.add_argument("--accuracy-epochs", type=int)
    parser.add_argument("--cnn-epochs", type=int, help="epochs the CNN really trains")
    parser.add_argument("--plain-epochs", type=int, help="timed, then scaled")
    parser.add_argument("--clicks", type=int, help="of each kind, of collections and interaction")
    parser.add_argument("--films", type=int, nargs="+", metavar="N", help="of collections")
    parser.add_argument(
        "--films-folder",
        metavar="DIR",
        help="of collections: where films and data folders are kept, for another time",
    )
    parser.add_argument("--sessions", type=int, help="of sessions: how many browsers")
    parser.add_argument(
        "--no-browsers", action="store_false", default=None, dest="session_browsers",
        help="of sessions: the server's part alone",
    )  # fmt: skip
    parser.add_argument("--session-minutes", type=float, help="of sessions: for how long")
    parser.add_argument("--session-pause", type=float, help="of sessions: seconds on a page")
    parser.add_argument(
        "--phantoms", action="store_true", default=None, help="even when real films are here"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
