"""The networks that ThoraxLens brings along: trained on real films under free licences, as files of
runs in ``data/starter/``.

A server installs them at the first start of a data folder, in the background; so does the command
``starter`` whenever somebody asks. Which ones have been installed stands in a note in the data
folder, so that what somebody has deleted stays deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core.documents import Document
from core.errors import ThoraxLensError
from core.people.asking import asks
from core.people.roles import Deed
from core.store import Run, RunOrigin, RunState, Store
from core.workspace import PROJECT_ROOT

STARTER_FOLDER = PROJECT_ROOT / "data" / "starter"
STARTER_LICENCE = "CC BY-NC-SA 4.0"


@dataclass(frozen=True)
class Starter:
    """``name``: of its file. ``title``: what people call it. ``note``: what it is for, and what
    it is not."""

    name: str
    title: str
    note: str

    @property
    def file(self) -> Path:
        return STARTER_FOLDER / f"{self.name}.zip"

    @property
    def origin(self) -> RunOrigin:
        """Where its run comes from, as the store keeps it."""
        return RunOrigin(
            kind="starter",
            title=self.title,
            licence=STARTER_LICENCE,
            note=self.note,
            artificial=False,
        )


# The last to be installed stands first on the pages: the one for people's own films.
STARTERS = (
    Starter(
        "c",
        "Four classes",
        "COVID-19, bacterial and viral pneumonia of children, and no finding. The adults and the "
        "children come from different places, so it may tell those apart and not the diseases.",
    ),
    Starter(
        "b",
        "The study's set",
        "Adults with COVID-19 against healthy children, as in the study. It gets nearly all of its "
        "own test right and is not to be believed: its audit and its external test say why.",
    ),
    Starter(
        "a",
        "COVID-19 or not, adults",
        "COVID-19 against healthy adults, healthy children and other pneumonias, from several "
        "publishers, for teaching and for films of one's own. Its audit names what may be a "
        "shortcut in its films; its external test shows what it does elsewhere. No medical device.",
    ),
)


class StarterNote(Document):
    """``installed``: which starters this data folder has been given, by name; those that were
    deleted since are among them."""

    SPOKEN = "The note of which starter networks were installed"

    installed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Installed:
    """``runs``: the starters that are here now, in the order of STARTERS. ``missing``: why they
    cannot classify yet, or why one could not be installed; sentences."""

    runs: tuple[Run, ...]
    missing: tuple[str, ...]


def wants_starters(store: Store) -> bool:
    """Whether a server is to install them: in a data folder that nobody has worked in, or where it
    was stopped in the middle. Cheap: reads the note and names."""
    note = _note(store)
    if note is not None:
        return len(note.installed) < len(STARTERS)
    return not (
        store.workspace.phantom_note.exists()
        or store.catalogue.sources()
        or store.datasets.all()
        or store.runs.all()
    )


def plan_starters(store: Store) -> None:
    """Note that the data folder is to get them; to be called before anything else is put in."""
    if wants_starters(store) and _note(store) is None:
        StarterNote().save(store.workspace.starter_note)


@asks(Deed.TAKE_IN)
def install_starters(store: Store, *, again: bool = True) -> Installed:
    """Import those that are not here. ``again``: also those that were deleted, as somebody who
    asks for them wants; a server does not. Changes nothing where all are here."""
    # Only here: this needs numpy and more, for which the first page does not wait.
    from core.travel.importing import import_run, missing_weights

    runs: list[Run] = []
    missing: list[str] = []
    with FileLock(store.workspace.root / "starter.lock"):
        note = _note(store) or StarterNote()
        for one in STARTERS:
            run = installed_run(store, one)
            if run is None and (again or one.name not in note.installed):
                try:
                    run = import_run(store, one.file, one.file.name, one.origin).run
                except ThoraxLensError as error:
                    missing.append(f"“{one.title}” was not installed. {error}")
                    continue
            if one.name not in note.installed:
                note = StarterNote(installed=(*note.installed, one.name))
                with suppress(OSError):  # on a full disk it is looked for again
                    note.save(store.workspace.starter_note)
            if run is not None:
                runs.append(run)
                missing.append(missing_weights(store, run))
    return Installed(tuple(runs), tuple(dict.fromkeys(filter(None, missing))))


def installed_run(store: Store, starter: Starter) -> Run | None:
    """The run of this starter, if it is here."""
    for run in store.runs.all([RunState.DONE]):
        if run.origin.kind == "starter" and run.origin.title == starter.title:
            return run
    return None


def first_asked(store: Store, done: Mapping[str, Run]) -> str | None:
    """The id among ``done`` of the starter that is for people's own films, where its frozen part
    can be built here; None otherwise."""
    # Only here: installing needs none of these.
    from core.models.registry import get_network
    from core.models.weights import find_weights

    for run in done.values():
        if run.origin.kind == "starter" and run.origin.title == STARTERS[-1].title:
            there = find_weights(store.workspace, get_network(run.spec.model)) is not None
            return run.run_id if there else None
    return None


def _note(store: Store) -> StarterNote | None:
    return StarterNote.load_if_readable(store.workspace.starter_note)
