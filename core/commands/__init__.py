"""The headless commands, one module a step of the work."""

from core.commands import (
    auditing,
    card,
    classifying,
    comparing,
    external,
    films,
    operating,
    preparing,
    training,
    upkeep,
)
from core.commands.command import Command, Outcome

COMMANDS: tuple[Command, ...] = (
    *films.COMMANDS,
    *preparing.COMMANDS,
    *training.COMMANDS,
    *comparing.COMMANDS,
    *operating.COMMANDS,
    *external.COMMANDS,
    *card.COMMANDS,
    *auditing.COMMANDS,
    *classifying.COMMANDS,
    *upkeep.COMMANDS,
)

__all__ = ["COMMANDS", "Command", "Outcome"]
