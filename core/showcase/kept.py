"""What Home shows, as it is kept in the data folder: films at a screen's size, answers, heat maps.

``showcase.json`` says what is there, a file beside it holds the arrays. Light to load: neither
decodes a film nor asks a network.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as kept_dataclass

from core.documents import Document, Part
from core.errors import NotFoundError
from core.files import ARRAY_DAMAGES, written_whole
from core.images.grey_film import FilmGreys, GreyFilm
from core.store import Run, Store
from core.workspace import Workspace

MOST = 1024  # px, the longest side of a kept film


@kept_dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class KeptGreys(FilmGreys):
    """All of a ``GreyFilm`` but its codes. ``lungs``: from ``core.audit.lungs.lung_greys``."""

    lungs: tuple[float, float] | None = None


class KeptFilm(Part):
    """``film_id``: empty for one that came with ThoraxLens. ``truth``: its class in the data, or
    what its source says; may be empty. ``answer``: a class or ``not_sure``. ``heat_class``: the
    class whose heat map belongs to the answer. ``blank``: class → why its heat map is empty."""

    film_id: str = ""
    truth: str
    answer: str
    probabilities: dict[str, float]
    heat_class: str
    blank: dict[str, str] = Field(default_factory=dict)
    greys: KeptGreys


class Showcase(Document):
    """``run_id``: of the network that answered, empty for the one whose answers came with
    ThoraxLens; ``network``: what it is called. ``of``: what it stands for, see
    ``core.showcase.renewing.wanted``. ``arrays``: the name of the file with the arrays."""

    SPOKEN = "What Home shows"

    run_id: str = ""
    network: str
    of: str = ""
    artificial: bool
    arrays: str
    films: tuple[KeptFilm, ...]


@dataclass(frozen=True)
class Answered:
    """A film to be kept with its answer. ``heats``: class → float32 (h, w) in [0, 1]."""

    film: GreyFilm
    lungs: tuple[float, float] | None
    truth: str
    answer: str
    probabilities: dict[str, float]
    heat_class: str
    heats: dict[str, np.ndarray]
    blank: dict[str, str]
    film_id: str = ""


def showcase_folder(workspace: Workspace) -> Path:
    """Where it lies."""
    return workspace.root / "showcase"


def keep_showcase(
    store: Store,
    films: Sequence[Answered],
    *,
    network: str,
    artificial: bool,
    run_id: str = "",
    of: str = "",
) -> None:
    """Keep these in place of what was kept. Raises OSError."""
    folder = showcase_folder(store.workspace)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {}
    for place, one in enumerate(films):
        arrays[f"{place} codes"] = one.film.codes
        for name, heat in one.heats.items():
            arrays[f"{place} heat {name}"] = heat.astype(np.float32)
    name = f"films-{secrets.token_hex(4)}.npz"
    with written_whole(folder / name) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
    Showcase(
        run_id=run_id, network=network, of=of, artificial=artificial, arrays=name,
        films=tuple(_kept(one) for one in films),
    ).save(_note(store.workspace))  # fmt: skip
    for old in folder.glob("films-*.npz"):
        if old.name != name:
            with suppress(OSError):  # read at this moment, where the system minds
                old.unlink()


def _kept(one: Answered) -> KeptFilm:
    told = asdict(one.film)
    del told["codes"]
    return KeptFilm(
        film_id=one.film_id,
        truth=one.truth,
        answer=one.answer,
        probabilities=one.probabilities,
        heat_class=one.heat_class,
        blank=one.blank,
        greys=KeptGreys(**told, lungs=one.lungs),
    )


def kept(store: Store) -> Showcase | None:
    """What there is to show; None where there is nothing, or where what it shows is no longer
    here: then it is removed."""
    found = Showcase.load_if_readable(_note(store.workspace))
    if found is None or not found.films:
        return None
    if not _is_here(store, found):
        forget(store.workspace)
        return None
    return found


def forget(workspace: Workspace) -> None:
    """Remove all that is kept."""
    with suppress(OSError):
        _note(workspace).unlink(missing_ok=True)
        for one in showcase_folder(workspace).glob("films-*.npz"):
            one.unlink(missing_ok=True)


def arrays_of(
    workspace: Workspace, shown: Showcase, place: int
) -> tuple[GreyFilm, dict[str, np.ndarray]] | None:
    """The film at ``place`` and its heat maps by class; None where they cannot be read."""
    one = shown.films[place]
    start = f"{place} heat "
    try:
        with np.load(
            showcase_folder(workspace) / Path(shown.arrays).name, allow_pickle=False
        ) as parts:
            codes = parts[f"{place} codes"]
            heats = {
                name.removeprefix(start): parts[name]
                for name in parts.files
                if name.startswith(start)
            }
    except ARRAY_DAMAGES:
        return None
    told = asdict(one.greys)
    del told["lungs"]
    return GreyFilm(codes=codes, **told), heats


def _is_here(store: Store, shown: Showcase) -> bool:
    """Whether the films are still in the catalogue, and the run is still there. For what came with
    ThoraxLens: whether artificial films still are."""
    if not shown.run_id:
        return any(one.artificial for one in store.catalogue.sources())
    asked = [one.film_id for one in shown.films]
    return run_of(store, shown) is not None and len(store.catalogue.films(asked)) == len(asked)


def run_of(store: Store, shown: Showcase) -> Run | None:
    """The run that answered, where it is here."""
    try:
        return store.runs.get(shown.run_id)
    except NotFoundError:
        return None


def _note(workspace: Workspace) -> Path:
    return showcase_folder(workspace) / "showcase.json"
