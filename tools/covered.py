"""``python -m tools.covered``: what the tests cover by room, and whether that is enough.

Reads ``.coverage.json``, which ``make cover`` writes: lines and branches together, as
coverage.py counts them. Ends with 1 where the whole or a room lies below its floor.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TypedDict

from core.workspace import PROJECT_ROOT

REPORT = PROJECT_ROOT / ".coverage.json"
WHOLE = 90.0  # per cent
ROOM = 85.0
# Parts of its other files, too, are reached under Ray alone, and so by make test-ray.
LOWER = {"core/cluster": 78.0}


class Summary(TypedDict):
    covered_lines: int
    covered_branches: int
    num_statements: int
    num_branches: int


class File(TypedDict):
    summary: Summary


def room_of(path: str) -> str:
    """The room a file stands in: its folder below core or pages/components, else the top's."""
    parts = PurePosixPath(path).parts
    depth = 3 if parts[:2] == ("pages", "components") else 2
    return "/".join(parts[: min(depth, len(parts) - 1)]) or parts[0]


def by_room(files: dict[str, File]) -> dict[str, float]:
    """Room → per cent of its lines and branches that tests take; a room without any has 100."""
    sums: dict[str, Counter[str]] = {}
    for path, one in files.items():
        summary = one["summary"]
        counts = {
            "all": summary["num_statements"] + summary["num_branches"],
            "covered": summary["covered_lines"] + summary["covered_branches"],
        }
        for room in (room_of(path), "all of it"):
            sums.setdefault(room, Counter()).update(counts)
    return {
        room: 100 * one["covered"] / one["all"] if one["all"] else 100.0
        for room, one in sorted(sums.items())
    }


def too_low(shares: dict[str, float]) -> list[str]:
    """A line for each room below its floor, and one for the whole."""
    return [
        f"{room}: {share:.1f} % is less than {floor:.0f} %"
        for room, share in shares.items()
        if share < (floor := WHOLE if room == "all of it" else LOWER.get(room, ROOM))
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.covered", description=__doc__)
    parser.add_argument("report", nargs="?", type=Path, default=REPORT)
    files = json.loads(parser.parse_args().report.read_text(encoding="utf-8"))["files"]
    shares = by_room(files)
    for room, share in shares.items():
        print(f"{share:6.1f} %  {room}")
    low = too_low(shares)
    print("\n".join(low), file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
