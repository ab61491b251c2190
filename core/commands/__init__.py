"""The headless commands, one module a step of the work.

The table names them all, so that ``--help`` and a wrong word need none of the modules: most
load libraries that take a second or two, and a command loads its own module alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from core.commands.command import Command, Outcome

__all__ = ["ENTRIES", "Command", "Entry", "Outcome"]


@dataclass(frozen=True)
class Entry:
    """One subcommand: its name, one line of help, and the module with its ``COMMANDS``."""

    name: str
    help: str
    module: str

    def load(self) -> Command:
        """Its arguments and its work."""
        commands: dict[str, Command] = import_module(f"core.commands.{self.module}").COMMANDS
        return commands[self.name]


ENTRIES = (
    Entry("import", "import folders or zips of chest X-rays", "films"),
    Entry("phantoms", "make the artificial films and import them", "films"),
    Entry("download", "download and import the study's own films", "films"),
    Entry("sources", "list what has been imported", "films"),
    Entry("prepare", "choose films, balance and split them", "preparing"),
    Entry("datasets", "list the prepared data sets", "preparing"),
    Entry("export", "write a data set as train|validation|test folders", "preparing"),
    Entry("delete-dataset", "forget a data set; films stay", "preparing"),
    Entry("models", "list the networks with their parameter counts", "training"),
    Entry("devices", "list what can train: each GPU, and the CPU", "training"),
    Entry("train", "train a network and wait for it", "training"),
    Entry("runs", "list all runs", "training"),
    Entry("stop", "stop a run", "training"),
    Entry("resume", "go on with a stopped run", "training"),
    Entry("delete-run", "delete a run and its files", "training"),
    Entry("compare", "finished runs side by side", "comparing"),
    Entry(
        "operating-point",
        "the threshold that a run's answers go by, for a wanted sensitivity",
        "operating",
    ),
    Entry("external", "test a run on another hospital's films", "external"),
    Entry("card", "a run's model card as HTML or PDF", "card"),
    Entry("audit", "whether a run's result is to be believed", "auditing"),
    Entry("inspect", "what is read of films, and what the networks would see", "inspecting"),
    Entry("classify", "classify films with a finished run", "classifying"),
    Entry("check", "whether anything of the data folder is damaged or gone", "checking"),
    Entry("cache", "what is kept on disk for speed, and its limit", "upkeep"),
)
