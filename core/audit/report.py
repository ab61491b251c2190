"""What an audit found, as it is kept and shown."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import TypeAdapter

from core.files import written_whole

Level = Literal["do_not_believe", "caution", "no_shortcut_found", "not_checked"]
Verdict = Literal["do_not_believe", "caution", "no_shortcut_found"]
LEVELS: tuple[Level, ...] = ("do_not_believe", "caution", "no_shortcut_found", "not_checked")

FILE = "audit.json"
VERSION = 1  # raise it when the file's form changes; an older one counts as none


@dataclass(frozen=True)
class Finding:
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
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LeakPair:
    """A test film and the training film that gives it away. ``kind``: ``patient`` or
    ``duplicate``. ``likeness``: correlation of the two pictures, -1 to 1."""

    kind: Literal["patient", "duplicate"]
    test_film: str
    train_film: str
    test_class: str
    train_class: str
    likeness: float


@dataclass(frozen=True)
class AuditReport:
    """One run's audit. ``sentence``: the verdict in words. ``pairs``: leaks, the most alike
    first. ``made_at``: seconds since 1970. ``basis``: what it rests on (``status.grounds_of``);
    empty in files that an earlier version wrote."""

    run: str
    dataset: str
    verdict: Verdict
    sentence: str
    findings: tuple[Finding, ...]
    pairs: tuple[LeakPair, ...] = ()
    made_at: float = 0.0
    basis: dict[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write ``audit.json`` into ``folder``, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / FILE) as temporary:
            document = {"version": VERSION, **asdict(self)}
            temporary.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @property
    def _makes_sense(self) -> bool:
        """A damaged file must not make a verdict up."""
        levels = [one.level for one in self.findings]
        words = (self.run, self.dataset, self.sentence, *(one.sentence for one in self.findings))
        return (
            self.verdict in get_args(Verdict)
            and all(one in LEVELS for one in levels)
            and all(isinstance(one, str) for one in words)
            and isinstance(self.made_at, int | float)
            and isinstance(self.basis, dict)
        )

    @classmethod
    def load(cls, folder: Path) -> AuditReport | None:
        """What ``save`` wrote into ``folder``; None when nothing usable is there."""
        try:
            fields = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if fields.pop("version") != VERSION:
                return None
            found = _validator().validate_python(fields)
            return found if found._makes_sense else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def finding(self, check: str) -> Finding | None:
        """The finding of one check, None when it was not made."""
        return next((one for one in self.findings if one.check == check), None)

    def document(self) -> dict[str, Any]:
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


@cache
def _validator() -> TypeAdapter[AuditReport]:
    """Checks types too: pages and cards take them for granted."""
    return TypeAdapter(AuditReport)
