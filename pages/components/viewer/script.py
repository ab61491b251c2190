"""The viewer's modules as the one script that Streamlit hands to a browser.

Streamlit takes a component's JavaScript as one text. The modules stay apart in the repository, and
are put one after the other here: what they import from each other is then simply there.
"""

from __future__ import annotations

import re
from pathlib import Path

from core.palette import BUTTON

HOME = Path(__file__).parent / "browser"
# Each after those that it imports.
MODULES = ("packed", "greys", "levels", "place", "memory", "heat", "parts", "hands", "paint",
           "panes", "methods", "tools", "viewer", "mount")  # fmt: skip
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def imports_of(module: str) -> list[str]:
    """The modules that a module imports."""
    return _IMPORT.findall(source(module))


def source(module: str) -> str:
    """A module as it stands in its file."""
    return (HOME / f"{module}.js").read_text(encoding="utf-8")


def script() -> str:
    """All modules as one; its default export is the component."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", source(one))) for one in MODULES)


def style() -> str:
    """The viewer's style sheet."""
    return (HOME / "viewer.css").read_text(encoding="utf-8").replace("$BUTTON", BUTTON)
