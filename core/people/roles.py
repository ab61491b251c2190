"""What can be done here, in kinds, and which of them a role allows."""

from __future__ import annotations

from enum import StrEnum


class Deed(StrEnum):
    """A kind of thing to do. Each public function of core that changes something asks for one."""

    LOOK = "look"
    CLASSIFY = "classify"
    DEMONSTRATE = "demonstrate"
    IMPORT = "import"
    CORRECT = "correct"
    PREPARE = "prepare"
    TRAIN = "train"
    JUDGE = "judge"
    DESCRIBE = "describe"
    TAKE_IN = "take in"
    DELETE = "delete"
    EXPORT = "export"
    SETTLE = "settle"


class Role(StrEnum):
    """What somebody is here. ``STRANGER``: signed in, and nobody has given them a role, or not
    signed in where everybody must. ``VISITOR``: whoever sees a public show."""

    EDITOR = "editor"
    VIEWER = "viewer"
    VISITOR = "visitor"
    STRANGER = "stranger"


ALLOWED: dict[Role, frozenset[Deed]] = {
    Role.EDITOR: frozenset(Deed),
    # The cheating demo trains in a folder of its own, and changes nothing that others work with.
    Role.VIEWER: frozenset({Deed.LOOK, Deed.CLASSIFY, Deed.DEMONSTRATE, Deed.EXPORT}),
    Role.VISITOR: frozenset({Deed.LOOK, Deed.CLASSIFY}),
    Role.STRANGER: frozenset(),
}

# “You may look and classify, but not …”
WORDS = {
    Deed.LOOK: "look at anything here",
    Deed.CLASSIFY: "classify films",
    Deed.DEMONSTRATE: "run the cheating demo",
    Deed.IMPORT: "bring in or remove films",
    Deed.CORRECT: "correct findings, tag films or leave them out",
    Deed.PREPARE: "make or delete data sets",
    Deed.TRAIN: "train networks, or stop and resume them",
    Deed.JUDGE: "start audits, external tests or the map, or choose thresholds",
    Deed.DESCRIBE: "name runs, or give them stars, tags and notes",
    Deed.TAKE_IN: "take in runs",
    Deed.DELETE: "delete runs",
    Deed.EXPORT: "take runs or data sets away as files",
    Deed.SETTLE: "change how this installation is set up",
}
