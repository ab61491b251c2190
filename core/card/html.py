"""A card as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.card.document import ModelCard, Picture, Table


def to_html(document: ModelCard) -> str:
    """The card as HTML, pictures and style inside; names are escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = _kind
    environment.filters["data_address"] = _data_address
    return environment.get_template("card.html.jinja").render(card=document)


def _kind(part: object) -> str:
    kinds = {Table: "table", Picture: "picture"}
    return kinds.get(type(part), "text")


def _data_address(png: bytes) -> Markup:
    # Made of letters that need no escaping.
    return Markup("data:image/png;base64," + base64.b64encode(png).decode("ascii"))
