"""starter: the networks that ThoraxLens brings along, installed where they are not."""

from __future__ import annotations

import argparse

from core.commands.command import Command, Outcome, open_default_store, say, table
from core.starter import install_starters


def _arguments(parser: argparse.ArgumentParser) -> None:
    """None: it installs all of them."""


def _starter(options: argparse.Namespace) -> Outcome:
    found = install_starters(open_default_store())
    for one in found.missing:
        say(one)
    installed = [
        {"run": run.run_id, "title": run.origin.title, "licence": run.origin.licence}
        for run in found.runs
    ]
    return Outcome(
        {"installed": installed, "missing": list(found.missing)},
        table([{**one} for one in installed]),
    )


COMMANDS = {"starter": Command(_arguments, _starter)}
