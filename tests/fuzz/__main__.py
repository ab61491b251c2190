"""``python -m tests.fuzz --mutants 2000``: exit code 1 when a mutant did what none may do."""

from __future__ import annotations

import argparse
import faulthandler
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.running import PATIENCE, Counts, numbers, run
from tests.fuzz.targets import targets


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--mutants", type=int, default=2000, help="over all targets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", help="only this one")
    parser.add_argument("--number", type=int, help="only this mutant of it")
    options = parser.parse_args()
    began, wrong = time.monotonic(), 0
    print("| target | mutants | taken | refused | slowest | s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="thoraxlens-fuzz-") as folder:
        all_of_them = targets(Path(folder))
        shares = sum(one.share for one in all_of_them)
        for one in all_of_them:
            if options.target not in (None, one.name):
                continue
            count = -(-options.mutants * one.share // shares)
            chosen = numbers(count) if options.number is None else [options.number]
            total = Counts()
            for number in chosen:
                # A decoder that hangs in C answers no signal: then the whole process ends.
                faulthandler.dump_traceback_later(PATIENCE, exit=True)
                try:
                    run(one, options.seed, number, total)
                except Exception as error:
                    wrong += 1
                    print(f"{one.name} {number}: {type(error).__name__}: {error}", file=sys.stderr)
                    if options.number is not None:
                        raise
                finally:
                    faulthandler.cancel_dump_traceback_later()
            print(f"| {one.name} | {total} |", flush=True)
    print(f"\n{options.mutants} mutants, {wrong} wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
