"""Opening the app, or one of its pages, in the test's own process."""

from __future__ import annotations

import re

from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from core.escaping import JOINER
from core.workspace import PROJECT_ROOT

# What Streamlit runs for each viewer: links to other pages work only inside it.
APP = str(PROJECT_ROOT / "pages" / "navigation.py")
PATIENCE = 240  # seconds for one run of it, on a machine with much else to do


def _nothing() -> None:
    pass


# Where Keras is loaded, Streamlit ends its session after each run of a page and collects all that
# is left of networks. The app's server never loads Keras; a process of tests has, when a page's
# turn comes, with all networks that tests before have built: that took up to a minute.
script_runner._clean_problem_modules = _nothing


def open_app(page: str = "home", **query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=PATIENCE).run()
    if page != "home" or query:
        app.switch_page(f"{page}.py")
        app.query_params.update(query)
        app.run()
    return app


def as_read(markdown: str) -> str:
    """What a reader sees of text that was made safe for Markdown."""
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", markdown).replace(JOINER, "")


def everything_said(app: AppTest) -> str:
    """All text that stands on the page."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(getattr(one, "value", "")) for kind in kinds for one in app.get(kind))


def table_read(page: AppTest, place: int) -> dict[str, dict[str, str]]:
    """The ``place``-th table by its first column; cells as they are read."""
    frame = page.table[place].value
    rows = frame.set_index(frame.columns[0]).to_dict("index")
    return {
        as_read(str(name)): {
            str(column): " ".join(as_read(str(cell)).split()) for column, cell in row.items()
        }
        for name, row in rows.items()
    }
