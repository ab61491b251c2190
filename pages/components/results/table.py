"""The table of all results in the browser, and what is done when somebody asks it for something.

Searching, sorting, filtering and choosing go on in the browser and ask nobody. What it asks the
server for is one message: what to do, with which result, and what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from core.documents import Json
from core.errors import ThoraxLensError
from core.palette import BUTTON
from core.people.asking import may
from core.people.roles import Deed
from core.runs.remarks import remark, still_meant
from core.store import RemarksChange, Store
from core.store.origin import LONGEST_TITLE
from core.store.remarks import LONGEST_NOTES, LONGEST_TAG
from pages.components.browser_script import joined
from pages.components.results.rows import COLUMNS, TOGETHER
from pages.components.run_links import RESULT, to_run
from pages.components.session import COMPARE, RUN, get_store

BROWSER = Path(__file__).parent / "browser"
# Each after those that it imports.
TABLE_MODULES = ("parts", "choosing", "cells", "table")
KEY = "results_table"
PROBLEM = "results_problem"
ANSWERED = "results_answered"  # how many messages of this browser session have been answered

_table = st.components.v2.component(
    "thoraxlens_results",
    html='<div class="results-root"></div>',
    css=(BROWSER / "table.css").read_text(encoding="utf-8").replace("$BUTTON", BUTTON),
    js=joined(BROWSER, TABLE_MODULES),
)


def results_table(rows: Sequence[Json]) -> None:
    """Show the rows (``result_rows``). A title, a star, tags and notes are kept as soon as
    somebody has set them; *open* and *compare* lead to other pages."""
    told = {
        "rows": list(rows),
        "columns": {name: asdict(one) for name, one in COLUMNS.items()},
        "together": TOGETHER,
        # What was refused comes back as it was, and is new all the same: the table shows it again.
        "answered": st.session_state.get(ANSWERED, 0),
        "longest": {"title": LONGEST_TITLE, "tag": LONGEST_TAG, "notes": LONGEST_NOTES},
        "fixed": not may(Deed.DESCRIBE),
        # Beside this page's own, for a link that is opened in another tab.
        "pages": {"run": Path(RUN).stem, "compare": Path(COMPARE).stem},
    }
    said = _table(data=told, key=KEY, on_asked_change=_keep)
    asked = said.asked
    if isinstance(asked, Mapping):
        lead(asked, rows)


def lead(asked: Mapping[str, object], rows: Sequence[Json]) -> None:
    """Go where a message leads; nowhere for one that changes something, or names what is gone."""
    known = {str(one["key"]) for one in rows}
    if asked.get("what") == "open":
        run = str(asked.get("key"))
        if run in {str(one["run"]) for row in rows for one in _members(row)} | known:
            st.switch_page(RUN, query_params=to_run(run, RESULT))
    if asked.get("what") == "compare":
        keys = asked.get("keys")
        chosen = [one for one in keys if one in known] if isinstance(keys, list) else []
        if chosen:
            st.switch_page(COMPARE, query_params={"runs": ",".join(chosen)})


def keep_asked(store: Store, asked: Mapping[str, object]) -> None:
    """Keep what a message says of a result. Raises InputError."""
    typed, key = _remarks(asked, "value"), str(asked.get("key"))
    if not typed:
        return
    runs = [run for run in store.runs.all() if key in (run.run_id, _group(run.spec.repeat))]
    if runs:
        now = runs[0].remarks
        before = _remarks(asked, "seen")
        if before.get("title") == runs[0].called:  # by the name that it came with
            before["title"] = now.title
        typed = still_meant(now.model_copy(update=dict(before)), typed, now)
    if typed:
        remark(store, [run.run_id for run in runs] or [key], **typed)


def _remarks(asked: Mapping[str, object], part: str) -> RemarksChange:
    """What a message says was typed (``value``), or stood there before (``seen``)."""
    what, value = asked.get("what"), asked.get(part)
    change: RemarksChange = {}
    if what == "title" and isinstance(value, str):
        change["title"] = value
    elif what == "star" and isinstance(value, bool):
        change["star"] = value
    elif what == "tags" and isinstance(value, list):
        change["tags"] = tuple(map(str, value))
    elif what == "notes" and isinstance(value, str):
        change["notes"] = value
    return change


def _keep() -> None:
    """The table's callback: the error boundary of the page does not reach here."""
    asked = st.session_state[KEY].asked
    st.session_state[ANSWERED] = st.session_state.get(ANSWERED, 0) + 1
    if isinstance(asked, Mapping):
        try:
            keep_asked(get_store(), asked)
        except ThoraxLensError as error:
            st.session_state[PROBLEM] = str(error)


def _group(repeat: object) -> str | None:
    return getattr(repeat, "group", None)


def _members(row: Json) -> Sequence[Json]:
    members = row["members"]
    return members if isinstance(members, list) else ()
