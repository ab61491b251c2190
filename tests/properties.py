"""How Hypothesis draws in these tests: the same every time, few, and against no clock."""

from __future__ import annotations

from hypothesis import settings

few = settings(max_examples=60, derandomize=True, database=None, deadline=None)
