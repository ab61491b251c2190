"""``python -m tools.pythons``: a chosen quick part of the tests on every Python we promise.

Each Python that is found gets an environment of its own (``.venv-3.12`` and so on) with what is
locked. Which were absent is said at the end; where none but this one is there, that is no failure.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from core.workspace import PROJECT_ROOT

VERSIONS = ("3.11", "3.12", "3.13")
# What differs between Pythons and libraries' builds: types, files, processes, decoding, the
# first page, the command line, one network that trains.
PART = (
    "tests/contracts/test_imports.py",
    "tests/contracts/test_lock.py",
    "tests/contracts/test_starts.py",
    "tests/core/store",
    "tests/core/test_documents.py",
    "tests/core/test_files.py",
    "tests/core/test_specs.py",
    "tests/core/test_text.py",
    "tests/core/images/test_decode.py",
    "tests/core/statistics",
    "tests/core/training/test_fit.py",
    "tests/pages/test_home.py",
    "tests/test_headless.py",
    "tests/test_headless_repeats.py",
)


def interpreter(version: str) -> Path | None:
    """A Python of that version that runs, from the path or from pyenv; None where there is none."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for place in (shutil.which(f"python{version}"), *reversed(pyenv)):
        if place is None:
            continue
        ask = [str(place), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        # pyenv's stand-in is on the path also for versions that are not chosen, and then fails.
        if done.returncode == 0 and done.stdout.strip() == version:
            return Path(place)
    return None


def _environment(version: str, python: Path) -> Path:
    """Its own environment's Python, with requirements-dev.lock installed."""
    folder = PROJECT_ROOT / f".venv-{version}"
    own = folder / "bin" / "python"
    if not own.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", python, folder], check=True)
    install = ["uv", "pip", "install", "--quiet", "--python", str(own), "--require-hashes"]
    lock = str(PROJECT_ROOT / "requirements-dev.lock")
    subprocess.run([*install, "-r", lock], check=True)
    return own


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.pythons", description=__doc__)
    parser.add_argument("versions", nargs="*", default=list(VERSIONS), metavar="VERSION")
    parser.add_argument("--only", nargs="+", metavar="TEST", default=list(PART))
    parser.add_argument(
        "--others", action="store_true", help="but not the one that this runs on, as make test does"
    )
    options = parser.parse_args()
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = [one for one in options.versions if not (options.others and one == own)]
    failed, absent = [], []
    for version in versions:
        python = interpreter(version)
        if python is None:
            absent.append(version)
            continue
        print(f"Python {version}: {python}", flush=True)
        there = [one for one in options.only if (PROJECT_ROOT / one).exists()]
        tests = ["-m", "pytest", "-q", "-m", "not large and not browser", *there]
        done = subprocess.run(
            [_environment(version, python), *tests], cwd=PROJECT_ROOT, check=False
        )
        if done.returncode:
            failed.append(version)
    if absent:
        print(f"Not here, so not tested: Python {', '.join(absent)}.")
    if failed:
        print(f"Tests failed on Python {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
