"""Every statistical formula, once: numbers in, numbers out, its source in the docstring.

Nothing here knows of films, runs or files, so that every room may use it. Only numpy is loaded
with it; what SciPy takes a second to load is imported by the function that computes with it.
"""

from __future__ import annotations

Interval = tuple[float, float]  # both ends, the lower one first
