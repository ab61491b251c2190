"""``python -m tools.rooms``: copy the layers of pyproject.toml into docs/architecture.md."""

from __future__ import annotations

import tomllib
from typing import Any

from core.workspace import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "architecture.md"
BEGIN = "<!-- python -m tools.rooms writes this from pyproject.toml -->\n"
END = "<!-- to here -->\n"


def contracts() -> dict[str, dict[str, Any]]:  # Any: TOML holds what it likes
    """Import-linter's contracts by their id, as pyproject.toml has them."""
    text = (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    return {one["id"]: one for one in found}


def layers() -> str:
    """A block of Markdown: each contract of layers, the highest first."""
    lines = ["```"]
    for one in contracts().values():
        if one["type"] != "layers":
            continue
        lines += [one["name"], *(f"    {layer}" for layer in one["layers"]), ""]
    return "\n".join([*lines[:-1], "```", ""])


def written(text: str) -> str:
    """The page's text with the layers of now between its two marks. Raises ValueError without."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{PAGE} lacks the marks between which the layers stand")
    return f"{before}{BEGIN}\n{layers()}\n{END}{after}"


def main() -> None:
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
