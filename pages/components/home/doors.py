"""Three ways into the program, for who has just arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.store import Store
from pages.components.session import CLASSIFY, DEMONSTRATION, EXPLORE, PREPARE, TRAIN

# All of a door opens it, not its words alone.
STYLE = """<style>
[class*="st-key-door_"] {position: relative; transition: border-color 0.15s; row-gap: 0}
[class*="st-key-door_"]:is(:hover, :focus-within) {border-color: var(--door)}
[class*="st-key-door_"] :is([data-testid="stElementContainer"], [data-testid="stPageLink"],
  [data-testid="stPageLink"] div) {position: static}
[class*="st-key-door_"] [data-testid="stPageLink"] a {position: static; padding-left: 0}
[class*="st-key-door_"] [data-testid="stPageLink"] a:hover {background: none}
[class*="st-key-door_"] [data-testid="stPageLink"] a p {font-size: 1.15rem}
[class*="st-key-door_"] [data-testid="stPageLink"] a::after {content: ""; position: absolute;
  inset: 0; border-radius: inherit}
.stApp {--door: color-mix(in srgb, currentColor 55%, transparent)}
</style>"""


@dataclass(frozen=True)
class Door:
    """``name``: in keys. ``page``: where it leads; ``query``: with what in the address."""

    name: str
    page: str
    label: str
    says: str
    icon: str
    query: dict[str, str] | None = None


def doors(store: Store) -> Sequence[Door]:
    """The doors, as far as this data folder has come."""
    page, query = TRAIN, None
    if not store.catalogue.count():
        page, query = EXPLORE, {"tab": "Import"}
    elif not store.datasets.all():
        page = PREPARE
    return (
        Door(
            "classify", CLASSIFY, "Classify a film",
            "Show a network an X-ray, and see what it answers and why.",
            ":material/radiology:",
        ),
        Door(
            "demonstration", DEMONSTRATION, "See why 100 % can be worthless",
            "A network that is right every time and has learnt nothing about lungs.",
            ":material/theater_comedy:",
        ),
        Door(
            "build", page, "Build your own",
            "Choose films, train a network, and watch it learn.",
            ":material/model_training:", query,
        ),
    )  # fmt: skip


def show_doors(store: Store, *, beside: bool) -> None:
    """``beside``: one below the other, beside something large; else in a row."""
    st.html(STYLE)
    found = doors(store)
    places = [st.container() for _ in found] if beside else st.columns(len(found))
    for place, one in zip(places, found, strict=True):
        with place.container(border=True, key=f"door_{one.name}", height="stretch"):
            st.page_link(one.page, label=f"**{one.label}**", icon=one.icon, query_params=one.query)
            st.caption(one.says)
