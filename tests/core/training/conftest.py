"""The same data set and queue of runs as in the tests of ``core/runs``."""

from __future__ import annotations

from tests.core.runs.conftest import dataset, pretended, queue

__all__ = ["dataset", "pretended", "queue"]
