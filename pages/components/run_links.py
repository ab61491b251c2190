"""How pages lead to the page of one run: what its address holds, and which tab is meant."""

from __future__ import annotations

from pages.components.empty_state import next_step
from pages.components.session import RUN

RUN_PARAMETER = "run"  # in the address: the run's id
TAB_PARAMETER = "tab"  # and one of these
RESULT, THRESHOLD, SLICES, AUDIT, EXTERNAL, CARD = (
    "result",
    "threshold",
    "slices",
    "audit",
    "external",
    "card",
)
TABS = {
    RESULT: "Result",
    THRESHOLD: "Threshold and probabilities",
    SLICES: "Slices",
    AUDIT: "Audit",
    EXTERNAL: "External test",
    CARD: "Card",
}
# Pages of earlier versions, which links and bookmarks still name, and where they are now.
OLD_ADDRESSES = {"report": RESULT, "audit": AUDIT, "external": EXTERNAL}


def to_run(run_id: str, tab: str = RESULT) -> dict[str, str]:
    """What the address of the page ``RUN`` holds for one run and one of ``TABS``."""
    return {RUN_PARAMETER: run_id, TAB_PARAMETER: tab}


def run_step(run_id: str, tab: str, label: str, *, icon: str = "") -> None:
    """A link to one tab of a run's page, as the next step. ``label``: Markdown."""
    next_step(RUN, label, icon=icon, query=to_run(run_id, tab))
