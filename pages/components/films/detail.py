"""One film, large, with everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import streamlit as st

from core.datasets.label_map import JOINT, findings_of
from core.errors import FilmError
from core.gate.gate import assess
from core.images.decode import DecodedFilm, decode_bytes, decode_file, read_imported
from core.images.film_facts import facts_of
from core.images.resize import thumbnail
from core.store import Film, Source
from pages.components.films.catalogue_labels import CATALOGUE_LABELS
from pages.components.films.credit import credit
from pages.components.films.film_heat import film_heat
from pages.components.run_labels import escaped
from pages.components.viewer.explained_film import explained_film
from pages.components.viewer.packing import Mark

# Paths and addresses have no spaces; unbroken they would push the table off a telephone.
WRAP = """<style>
.st-key-film_facts table {table-layout: fixed; width: 100%; min-width: 0}
.st-key-film_facts th:first-child {width: 32%}
.st-key-film_facts td, .st-key-film_facts td * {overflow-wrap: anywhere !important;
  white-space: normal !important; word-break: break-word}
</style>"""
GATE_LABELS = {
    "frontal": "A frontal chest X-ray.",
    "lateral": "A film from the side.",
    "not_a_chest_xray": "No chest X-ray.",
}
MASK_NAMES = {"lungs": "Show the lung outline", "opacity": "Show the marked opacity"}
MASK_SIDE = 1024  # px, the longest side of an outline on the screen
MASK_COLOURS = {"lungs": (86, 180, 233), "opacity": (230, 159, 0)}  # RGB, for all eyes


def film_detail(
    film: Film,
    source: Source,
    runs: Mapping[str, str],
    said: Mapping[str, str],
    below: Callable[[], None],
) -> None:
    """The film in the viewer, with its masks to switch on and the heat maps of ``runs`` (id →
    title), and a table of all that its source says, and of what people here have ``said``.
    ``below``: draws what stands below the film."""
    picture, facts = st.columns([3, 2], gap="large")
    name = Path(film.path).name
    read: DecodedFilm | str
    data = b""
    try:
        data = read_imported(film.path, film.film_id)
        read = decode_bytes(data, name)
    except (FilmError, OSError) as error:
        read = str(error)
    with facts:
        if source.artificial:
            st.warning(
                "Artificial: a program drew this film. It shows no patient.",
                icon=":material/draw:",
            )
        with st.container(key="film_facts"):
            st.html(WRAP)
            st.table(_facts(film, read, said))
    with picture:
        if isinstance(read, str):
            st.error(f"The film cannot be shown: {escaped(read)}")
            below()
            return
        marks = [mark for kind, path in film.masks.items() if (mark := _mark(kind, path))]
        explained_film(
            data,
            name,
            film_heat(film, data, runs),
            key="film_large",
            alt=f"Chest X-ray: {_spoken(film)}",
            marks=marks,
        )
        credit(film.metadata)
        below()


def _spoken(film: Film) -> str:
    finding, view = (CATALOGUE_LABELS.get(one, one) for one in (film.finding, film.view))
    return f"{finding}, view {view}"


def _mark(kind: str, path: str) -> Mark | None:
    """A mask's area and its edge; None, and a word on the page, where it cannot be read."""
    try:
        mask = decode_file(path).pixels
    except (FilmError, OSError) as error:
        st.error(f"The mask cannot be shown: {escaped(error)}")
        return None
    inside = np.ascontiguousarray(thumbnail(mask, MASK_SIDE) > 127).astype(np.uint8)
    edges, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(inside, edges, -1, 2, max(1, inside.shape[1] // 300))
    label = MASK_NAMES.get(kind, f"Show the mask “{kind}”")
    return Mark(label, MASK_COLOURS.get(kind, (0, 158, 115)), inside)


def _facts(film: Film, read: DecodedFilm | str, said: Mapping[str, str]) -> pd.DataFrame:
    """What is known, one row a fact; the source's own spelling where it differs."""
    facts = {
        "Findings" if JOINT in film.finding else "Finding": _findings(film),
        **said,
        "View": _spelled(film.view, film.view_original),
        "Sex": CATALOGUE_LABELS.get(film.sex, film.sex),
        "Age": "not stated" if film.age is None else f"{film.age:g} years",
        "Patient": film.patient or "not known",
        "Source": film.source,
        "Split of the source": film.source_split,
        "Size": f"{film.width:,} × {film.height:,} pixels",
        "File": Path(film.path).name,
        "Folder": str(Path(film.path).parent),
    }
    if isinstance(read, DecodedFilm):
        facts |= facts_of(read)
        verdict = assess(read.pixels, read.colour)
        facts["Taken for"] = f"{GATE_LABELS[verdict.kind]} {verdict.reason}".strip()
    for name, value in film.metadata.items():
        label = name.replace("_", " ").strip()
        facts.setdefault(label[:1].upper() + label[1:], str(value))
    # A table cell is Markdown; what stands there stays as the source wrote it.
    facts = {escaped(name): escaped(value) for name, value in facts.items() if value}
    return pd.DataFrame({"What": list(facts), "Value": list(facts.values())}).set_index("What")


def _findings(film: Film) -> str:
    original = "" if film.finding_original == film.finding else film.finding_original
    return _spelled(", ".join(findings_of(film.finding)), original)


def _spelled(value: str, original: str) -> str:
    spoken = CATALOGUE_LABELS.get(value, value)
    return f"{spoken} (in the source: “{original}”)" if original not in ("", value) else spoken
