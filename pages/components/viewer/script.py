"""The viewer's modules as the one script that Streamlit hands to a browser."""

from __future__ import annotations

from pathlib import Path

from core.palette import BUTTON
from pages.components.browser_script import imported_by, joined

HOME = Path(__file__).parent / "browser"
# Each after those that it imports.
MODULES = ("packed", "greys", "levels", "place", "memory", "heat", "parts", "hands", "paint",
           "panes", "methods", "tools", "viewer", "mount")  # fmt: skip


def imports_of(module: str) -> list[str]:
    """The modules that a module imports."""
    return imported_by(HOME, module)


def source(module: str) -> str:
    """A module as it stands in its file."""
    return (HOME / f"{module}.js").read_text(encoding="utf-8")


def script() -> str:
    """All modules as one; its default export is the component."""
    return joined(HOME, MODULES)


def style() -> str:
    """The viewer's style sheet."""
    return (HOME / "viewer.css").read_text(encoding="utf-8").replace("$BUTTON", BUTTON)
