"""The headless commands, one module a step of the work.

The table names them all, so that ``--help`` and a wrong word need none of the modules: most
load libraries that take a second or two, and a command loads its own module alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from core.commands.command import Command, Outcome

__all__ = ["ENTRIES", "Command", "Outcome", "Subcommand"]


@dataclass(frozen=True)
class Subcommand:
    """One subcommand: its name, one line of help, and the module with its ``COMMANDS``."""

    name: str
    help: str
    module: str

    def load(self) -> Command:
        """Its arguments and its work."""
        commands: dict[str, Command] = import_module(f"core.commands.{self.module}").COMMANDS
        return commands[self.name]


ENTRIES = (
    Subcommand("import", "import folders or zips of chest X-rays", "films"),
    Subcommand("phantoms", "make the artificial films and import them", "films"),
    Subcommand("download", "download and import the study's own films", "films"),
    Subcommand("sources", "list what has been imported", "films"),
    Subcommand("map", "which films look alike, and whether sources lie apart", "mapping"),
    Subcommand("correct", "correct a film's finding, or take that back", "correcting"),
    Subcommand("prepare", "choose films, balance and split them", "preparing"),
    Subcommand("datasets", "list the prepared data sets", "preparing"),
    Subcommand("export", "write a data set as train|validation|test folders", "preparing"),
    Subcommand("delete-dataset", "forget a data set; films stay", "preparing"),
    Subcommand("models", "list the networks with their parameter counts", "training"),
    Subcommand("devices", "list what can train: each GPU, and the CPU", "training"),
    Subcommand("train", "train a network and wait for it", "training"),
    Subcommand("runs", "list all runs", "runs"),
    Subcommand("describe", "give a run a title, a star, tags and notes", "runs"),
    Subcommand("stop", "stop a run", "runs"),
    Subcommand("resume", "go on with a stopped run", "runs"),
    Subcommand("delete-run", "delete a run and its files", "runs"),
    Subcommand("run-export", "write a finished run as a file to pass on, without films", "travel"),
    Subcommand("run-import", "take in a run that run-export wrote", "travel"),
    Subcommand("starter", "install the networks that ThoraxLens brings along", "starter"),
    Subcommand("compare", "finished runs side by side", "comparing"),
    Subcommand(
        "operating-point",
        "the threshold that a run's answers go by, for a wanted sensitivity",
        "operating_point",
    ),
    Subcommand("slices", "how a run does by source, view, sex and age", "slices"),
    Subcommand("external", "test a run on another hospital's films", "external"),
    Subcommand("card", "a run's model card as HTML or PDF", "card"),
    Subcommand("audit", "whether a run's result is to be believed", "audit"),
    Subcommand("inspect", "what is read of films, and what the networks would see", "inspecting"),
    Subcommand("classify", "classify films with a finished run", "classify"),
    Subcommand("check", "whether anything of the data folder is damaged or gone", "checking"),
    Subcommand("doctor", "whether this installation can work", "doctor"),
    Subcommand("backup", "write the data folder as one file, while it is in use", "backup"),
    Subcommand("restore", "make an empty folder the data folder that backup wrote", "backup"),
    Subcommand("cache", "what is kept on disk for speed, and its limit", "cache"),
)
