"""doctor: whether this installation can work, and what to do where it cannot."""

from __future__ import annotations

import argparse

from core.commands.command import Command, Outcome, nothing
from core.doctor.examination import examine
from core.workspace import named_workspace

FOUND = 1  # something keeps ThoraxLens from working
SIGNS = {"well": "✓", "note": "·", "ill": "✗"}


def _doctor(options: argparse.Namespace) -> Outcome:
    found = list(examine(named_workspace()))
    ill = sum(one.level == "ill" for one in found)
    lines = [f"{SIGNS[one.level]} {one.part}: {one.sentence}" for one in found]
    lines.append("Something keeps ThoraxLens from working." if ill else "Nothing is in the way.")
    document = {"well": not ill, "observations": [one.as_dict() for one in found]}
    return Outcome(document, "\n".join(lines), FOUND if ill else 0)


COMMANDS = {"doctor": Command(nothing, _doctor)}
