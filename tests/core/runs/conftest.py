"""What the tests of runs share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.runs import kinds, starting, warm
from core.store import Store
from tests.core.runs.jobs_at_hand import no_dispatcher
from tests.core.runs.warm_jobs import MINUTES, MODULE, SCRIPT, TELLING, Begin


@pytest.fixture
def begin(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    (tmp_path / f"{MODULE}.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv(MINUTES, "5")
    for module in (starting, warm):
        monkeypatch.setattr(module, "ENTRY", MODULE)
    monkeypatch.setattr(warm, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(warm, "spare_memory", lambda: 8e9)
    monkeypatch.setitem(kinds.KINDS, TELLING.name, TELLING)
    no_dispatcher(monkeypatch)
    begun = Begin(store)
    yield begun
    for job in begun.jobs:
        job.stop()
    begun.here.close()
