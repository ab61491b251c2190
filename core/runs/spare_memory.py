"""How much memory is left here: of the machine, or of the container that this runs in."""

from __future__ import annotations

from pathlib import Path

import psutil

# What a process with a network takes, and some air: with less than that left, nothing is kept
# loaded for later, because whoever works needs it.
LEAST_BYTES = 2_000_000_000

CONTAINER = Path("/sys/fs/cgroup")  # of version 2, as a container sees its own


def spare_memory(container: Path = CONTAINER) -> int:
    """Bytes that a process may still take before others have to give theirs up."""
    machine = int(psutil.virtual_memory().available)
    try:
        limit = (container / "memory.max").read_text().strip()
        taken = int((container / "memory.current").read_text())
        held = dict(
            line.split() for line in (container / "memory.stat").read_text().splitlines() if line
        )
        if limit == "max":
            return machine
        # What was read from files, and not lately, goes when somebody needs the memory.
        return min(machine, int(limit) - taken + int(held.get("inactive_file", 0)))
    except (OSError, ValueError):  # no container, or another system
        return machine
