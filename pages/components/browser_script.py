"""A component's JavaScript modules as the one script that Streamlit hands to a browser.

Streamlit takes a component's JavaScript as one text. The modules stay apart in the repository, and
are put one after the other here: what they import from each other is then simply there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def imported_by(home: Path, module: str) -> list[str]:
    """The modules in the folder ``home`` that a module there imports."""
    return _IMPORT.findall(_text(home, module))


def joined(home: Path, modules: Sequence[str]) -> str:
    """All modules as one; each stands after those that it imports, and the default export is the
    component."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _text(home, one))) for one in modules)


def _text(home: Path, module: str) -> str:
    return (home / f"{module}.js").read_text(encoding="utf-8")
