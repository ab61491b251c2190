"""Where everything lies that one installation holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.privacy import keep_to_ourselves, salt_of, tighten
from core.public import is_public

ENVIRONMENT_VARIABLE = "THORAXLENS_DATA"
RAY_VARIABLE = "THORAXLENS_RAY"
PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Workspace:
    """The data folder and the places inside it. Creating one touches no disk."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "thoraxlens.sqlite3"

    @property
    def uploads(self) -> Path:
        """Unpacked archives and downloads: the only films that we hold a copy of."""
        return self.root / "uploads"

    @property
    def thumbnails(self) -> Path:
        return self.root / "thumbnails"

    @property
    def film_cache(self) -> Path:
        return self.root / "cache" / "films"

    @property
    def feature_cache(self) -> Path:
        return self.root / "cache" / "features"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def weights(self) -> Path:
        """A user puts pretrained weights here; downloads land here too."""
        return self.root / "weights"

    @property
    def backbones(self) -> Path:
        """The hashes of frozen weights that have been built here before."""
        return self.root / "backbones.json"

    @property
    def phantom_note(self) -> Path:
        """There once phantom films have been made here, so that nobody gets them twice."""
        return self.root / "phantoms.json"

    @property
    def starter_note(self) -> Path:
        """Which starter networks have been installed here (``core.starter``)."""
        return self.root / "starter.json"

    @property
    def example_note(self) -> Path:
        """How far the example of the first start is (``core.example``); absent for none."""
        return self.root / "example.json"

    @property
    def speeds(self) -> Path:
        """What was measured of this machine's ways to compute."""
        return self.root / "speeds.json"

    @property
    def paces(self) -> Path:
        """How long trainings took on this machine (``core.runs.pace``)."""
        return self.root / "paces.json"

    @property
    def importing(self) -> Path:
        """Locks and notes of archives that are being imported (``core.datasets.uploads``)."""
        return self.root / "importing"

    @property
    def lent(self) -> Path:
        """Films that are being classified (``core.lent``)."""
        return self.root / "lent"

    @property
    def salt(self) -> Path:
        """What patients' numbers of DICOM headers are hashed with (``core.privacy``)."""
        return self.root / "salt"

    @property
    def cluster_key(self) -> Path:
        """What tells this data folder from others on a cluster; in no backup."""
        return self.root / "cluster.key"

    @property
    def dispatcher_lock(self) -> Path:
        return self.root / "dispatcher.lock"

    @property
    def warm_setting(self) -> Path:
        """For how long the software stays loaded (``core.runs.warm_time``)."""
        return self.root / "warm.json"

    @property
    def warm_note(self) -> Path:
        """There as long as a process has the software loaded (``core.runs.warm``)."""
        return self.root / "warm_process.json"

    @property
    def warm_wish(self) -> Path:
        """Touched by who will need the software soon (``core.runs.upkeep``)."""
        return self.root / "warm_wish"

    def thumbnail(self, film_id: str) -> Path:
        """Where a film's thumbnail lies (JPEG, longer side at most 256 px)."""
        return self.thumbnails / film_id[:2] / f"{film_id}.jpg"

    def run_folder(self, run_id: str) -> Path:
        return self.runs / run_id

    def secret(self) -> bytes:
        """The salt of this data folder, made when it is first needed. Raises InputError."""
        try:
            return salt_of(self.salt)
        except OSError as error:
            raise InputError(
                f"{self.salt} cannot be read or made ({error.strerror or error}). Patients' "
                "numbers are hidden with it: put a copy of it back, or remove it."
            ) from error

    def create(self) -> Workspace:
        """Make the folders; safe to repeat. Returns itself. Raises InputError."""
        try:
            return self._create()
        except OSError as error:
            raise InputError(
                f"The data folder {self.root} cannot be used ({error.strerror or error}). "
                "Name another one with --data DIR, or set THORAXLENS_DATA."
            ) from error

    def _create(self) -> Workspace:
        keep_to_ourselves()
        if is_public():  # whose folder was made whole; a process that outlives it makes no other
            return self
        is_ours = not self.root.exists() or self.database.exists() or not any(self.root.iterdir())
        for folder in (
            self.root,
            self.uploads,
            self.thumbnails,
            self.film_cache,
            self.feature_cache,
            self.runs,
            self.weights,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        tighten(self.root, is_ours=is_ours or self.root == PROJECT_ROOT / "data")
        return self


def open_workspace(data: str | Path | None = None) -> Workspace:
    """The workspace at ``data``, else at ``$THORAXLENS_DATA``, else the project's ``data/``.

    A relative path counts from the current folder, as a shell user expects. Raises
    InputError when the folder cannot be made or used.
    """
    return named_workspace(data).create()


def ray_address() -> str:
    """The Ray cluster on which work runs, as ``$THORAXLENS_RAY`` has it: ``auto`` for the one that
    this machine is a node of, else HOST:PORT. Empty: all work runs on this machine."""
    return os.environ.get(RAY_VARIABLE, "").strip()


def named_workspace(data: str | Path | None = None) -> Workspace:
    """The same without touching the disk."""
    chosen = data or os.environ.get(ENVIRONMENT_VARIABLE) or PROJECT_ROOT / "data"
    return Workspace(Path(chosen).expanduser().resolve())
