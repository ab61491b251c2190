"""What an audit found, as it is kept and shown."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from core.documents import Document, Json, Part

Level = Literal["do_not_believe", "caution", "no_shortcut_found", "not_checked"]
Verdict = Literal["do_not_believe", "caution", "no_shortcut_found"]
LEVELS: tuple[Level, ...] = ("do_not_believe", "caution", "no_shortcut_found", "not_checked")

FILE = "audit.json"


class Finding(Part):
    """One check and what came of it.

    ``check``: its name for programs. ``title``: its name for people. ``value``: what was
    measured, a share or a Cramér's V from 0 to 1, None when it could not be. ``interval``:
    its 95 % interval. ``level``: what it means. ``sentence``: all of it in words.
    ``clause``: the reason as the verdict says it, without capital and full stop; empty
    when the check speaks against nothing. ``details``: numbers that the page shows beside it.
    """

    check: str
    title: str
    value: float | None
    interval: tuple[float, float] | None
    level: Level
    sentence: str
    clause: str = ""
    details: Json = Field(default_factory=dict)

    @property
    def probed(self) -> str:
        """What a probe saw of each film; empty for a check that is no probe."""
        return str(self.details.get("what") or "")

    @property
    def counts(self) -> dict[str, object]:
        """Class → value → films, of an association; empty for other checks."""
        found = self.details.get("counts")
        return found if isinstance(found, dict) else {}

    @property
    def published(self) -> list[str]:
        """What the publishers of sources say of films that say nothing themselves."""
        found = self.details.get("published")
        return list(map(str, found)) if isinstance(found, list | tuple) else []

    @property
    def chance(self) -> float:
        """What guessing would reach, 0 to 1. Raises KeyError for what has no such thing."""
        return float(str(self.details["chance"]))


class LeakPair(Part):
    """A test film and the training film that gives it away. ``kind``: ``patient`` or
    ``duplicate``. ``likeness``: correlation of the two pictures, -1 to 1."""

    kind: Literal["patient", "duplicate"]
    test_film: str
    train_film: str
    test_class: str
    train_class: str
    likeness: float


class AuditReport(Document):
    """One run's audit. ``sentence``: the verdict in words. ``pairs``: leaks, the most alike
    first. ``made_at``: seconds since 1970. ``basis``: what it rests on (``status.grounds_of``);
    empty in files that an earlier version wrote."""

    SPOKEN: ClassVar[str] = "The audit of this run"
    REMEDY: ClassVar[str] = "Audit it again."

    run: str
    dataset: str
    verdict: Verdict
    sentence: str
    findings: tuple[Finding, ...]
    pairs: tuple[LeakPair, ...] = ()
    made_at: float = 0.0
    basis: dict[str, str] = Field(default_factory=dict)

    def save_in(self, folder: Path) -> None:
        """Write ``audit.json`` into ``folder``, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        self.save(folder / FILE)

    @classmethod
    def load_from(cls, folder: Path) -> AuditReport | None:
        """What ``save_in`` wrote into ``folder``; None when nothing usable is there."""
        return cls.load_if_readable(folder / FILE)

    def finding(self, check: str) -> Finding | None:
        """The finding of one check, None when it was not made."""
        return next((one for one in self.findings if one.check == check), None)

    def document(self) -> Json:
        """What ``python -m core audit --json`` prints."""
        keys = ("check", "value", "interval", "level", "sentence")
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "findings": [{key: getattr(one, key) for key in keys} for one in self.findings],
        }


def audit_folder(run_folder: Path) -> Path:
    """Where a run's audit lies, and the job that makes it."""
    return run_folder / "audit"
