"""Where somebody who does not sit at the computer may import from.

A path typed into a page is read with the server's rights. Whoever sits at the computer could
read it anyway; for others only what lies below the folders named in THORAXLENS_IMPORT_ROOTS.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from core.errors import InputError

ROOTS_VARIABLE = "THORAXLENS_IMPORT_ROOTS"


def import_roots() -> list[Path]:
    """The folders named in the environment (separated as in PATH), links followed."""
    named = os.environ.get(ROOTS_VARIABLE, "").split(os.pathsep)
    return [Path(one).expanduser().resolve() for one in named if one.strip()]


def check_below(path: str | Path, roots: Sequence[Path]) -> Path:
    """The path, links followed, when it lies below one of ``roots``, and no link in it leads
    out of them. Raises InputError, which says nothing of what is there and what is not."""
    try:
        chosen = Path(path).expanduser().resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links, a NUL, a name without a home
        chosen = Path("/")
    if not any(chosen.is_relative_to(root) for root in roots):
        where = f"from below {' or '.join(map(str, roots))}" if roots else "as a zip"
        raise InputError(
            f"Who does not sit at the computer that ThoraxLens runs on can give it files only "
            f"{where}. Whoever runs it can name more folders in {ROOTS_VARIABLE}."
        )
    for folder, folders, files in os.walk(chosen):
        for name in [*folders, *files]:
            one = Path(folder, name)
            if one.is_symlink() and not _leads_below(one, roots):
                raise InputError(
                    f"{chosen.name} holds a link that leads out of the folders to import from "
                    f"({one.relative_to(chosen)}). Replace it by the file itself."
                )
    return chosen


def _leads_below(link: Path, roots: Sequence[Path]) -> bool:
    try:
        return any(link.resolve().is_relative_to(root) for root in roots)
    except (OSError, RuntimeError):
        return False
