"""``python -m tools.mutants``: do the tests notice when the code is wrong?

Changes one thing in one line of a room (a comparison, a sign, a number, a truth value, a returned
value), in a copy of the project, and runs those of the room's tests that reach the line. A mutant
is *killed* when a test fails or runs past its time, and *survives* when all pass. Which mutants are
tried is a seeded sample, so two people get the same.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT
from tools.mutations import Mutant, changed, mutants_of
from tools.reached import Chosen, Reach, Reached

# Room → the tests that are to notice. Quick ones: a mutant that lives meets each of them.
ROOMS = {
    "core/statistics": ("tests/core/statistics",),
    "core/evaluation": ("tests/core/evaluation",),
    "core/audit": ("tests/core/audit",),
    "core/card": ("tests/core/card",),
    "core/store": ("tests/core/store",),
    "core/datasets/splitting.py": (
        "tests/core/datasets/test_splitting.py", "tests/core/datasets/test_prepare.py",
        "tests/core/datasets/test_presets.py",
    ),
}  # fmt: skip
OURS = ("core", "pages", "tests", "bench", "tools")
# What takes long to load: once, before the processes of the mutants are split off. TensorFlow is
# none of it, because its threads would not be there in them, and pytest's plugins refuse.
HEAVY = ("cv2", "numpy", "pandas", "PIL", "plotly", "pydantic", "pymupdf", "scipy", "sklearn",
         "statsmodels")  # fmt: skip
KEPT = ("__pycache__", ".git", ".venv*", "data", ".mypy_cache", ".pytest_cache", ".ruff_cache")


def drawn(root: Path, rooms: list[str], sample: int, seed: int) -> list[tuple[str, Mutant]]:
    """A sample over all rooms, each mutant as likely as the next, in an order of chance: when the
    time is over before the sample is, what was tried is a sample too."""
    every = [(room, one) for room in rooms for one in mutants_of(root, room)]
    return random.Random(seed).sample(every, min(sample, len(every)))


def _in_a_process(copy: Path, seconds: float, work: Callable[[], int]) -> bool:
    """Whether ``work`` ends with 0 within that time, in a process and a group of its own, in the
    copy and on the copy's modules. What takes long to load is loaded once, before."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _move_into(copy)
            code = work()
        finally:
            os._exit(code)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _move_into(copy: Path) -> None:
    os.setpgid(0, 0)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.chdir(copy)
    os.environ.update(PYTHONPATH=str(copy), PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(one for one in sys.path if one not in ("", str(PROJECT_ROOT)))]
    for name in [one for one in sys.modules if one.split(".")[0] in OURS]:
        del sys.modules[name]


def _pytest(tests: list[str], plugin: object) -> int:
    asked = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not large and not browser", *tests]
    return int(pytest.main(asked, plugins=[plugin]))


def _reach(copy: Path, room: str) -> Reach | None:
    """Which tests reach what in a room; None when they fail without any mutant. What they load
    besides our own is loaded here afterwards, once for all mutants."""
    noted = copy.parent / "reached.json"

    def work() -> int:
        plugin = Reached(copy / room)
        code = _pytest([one for one in ROOMS[room] if (copy / one).exists()], plugin)
        plugin.save(noted, copy)
        return code

    if not _in_a_process(copy, 3600, work):
        return None
    reach = Reach(noted)
    for name in reach.modules:
        if name.split(".")[0] in HEAVY:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    # As each mutant is tried: else what fails here would count as killed.
    everything = Chosen(list(reach.seconds))
    whole = _in_a_process(copy, 3600, lambda: _pytest(everything.files, everything))
    return reach if whole else None


def _lives(copy: Path, mutant: Mutant, reach: Reach) -> bool:
    """Whether a mutant passes all tests that reach it."""
    path = copy / mutant.path
    text = path.read_text(encoding="utf-8")
    tests = reach.tests(mutant.path, mutant.span)
    chosen = Chosen(tests)
    limit = 60 + 4 * sum(reach.seconds[one] for one in tests)
    path.write_text(changed(text, mutant), encoding="utf-8")
    try:
        return _in_a_process(copy, limit, lambda: _pytest(chosen.files, chosen))
    finally:
        path.write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--sample", type=int, default=120, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1800, help="begin no mutant after these")
    options = parser.parse_args()
    if unknown := set(options.rooms) - set(ROOMS):
        parser.error(
            f"there is no room {', '.join(sorted(unknown))}; choose from {', '.join(ROOMS)}"
        )
    return options


def main() -> int:
    options = _options()
    rooms = [one for one in ROOMS if not options.rooms or one in options.rooms]
    begun, killed, tried = time.monotonic(), Counter[str](), Counter[str]()
    reached: dict[str, Reach] = {}
    with tempfile.TemporaryDirectory(prefix="thoraxlens-mutants-") as folder:
        copy = Path(folder).resolve() / "project"
        shutil.copytree(PROJECT_ROOT, copy, ignore=shutil.ignore_patterns(*KEPT))
        for room, mutant in drawn(copy, rooms, options.sample, options.seed):
            if room not in reached:
                found = _reach(copy, room)
                if found is None:
                    print(f"{room}: its tests fail without any mutant", file=sys.stderr)
                    return 1
                reached[room] = found
            if time.monotonic() - begun > options.seconds:
                print("The time is over.")
                break
            lives = _lives(copy, mutant, reached[room])
            tried[room] += 1
            killed[room] += not lives
            if lives:
                print(f"survives: {mutant.path}:{mutant.line}: {mutant.what}", flush=True)
    for room in rooms:
        if tried[room]:
            print(f"{room}: {killed[room]} of {tried[room]} killed")
    print(f"In all {killed.total()} of {tried.total()} killed, seed {options.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
