"""How the range of a film, and what was odd about it, are put into words."""

from __future__ import annotations

from core.images.film import DecodedFilm
from core.images.grey_range import FEW, GreyRange
from core.text import percent

AS_STORED = "as stored: 0 is black, 255 is white"


def number(value: float) -> str:
    """A stored value without needless digits."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.3g}"


def of_own_range(found: GreyRange, why: str = "") -> str:
    """Why: said where a window was expected."""
    text = f"the film's own range, {number(found.low)} to {number(found.high)}"
    return f"{text}, because {why}" if why else text


def outside_note(found: GreyRange) -> list[str]:
    """One sentence when a marker was left out of the range, else none."""
    if not found.outside:
        return []
    if found.outside > FEW:
        return [
            f"A part of the picture ({percent(found.outside)}), perhaps a border or a marker, lies "
            "far outside of the film's range and does not set it; it is shown black or white."
        ]
    return [
        f"A few pixels ({percent(found.outside, 2)}), perhaps a burnt-in marker, lie far outside "
        "of the film's range and do not set it; they are shown black or white."
    ]


def facts_of(film: DecodedFilm) -> dict[str, str]:
    """What was read of a film, as title → words, for a table; what was odd comes last."""
    facts = {
        "Kind of file": f"{film.format}, {film.bits} bits a pixel",
        "Pixels mean": film.photometric,
        "Packed as": "" if film.transfer_syntax == film.format else film.transfer_syntax,
        "Grey from": film.window,
        "Patient's data": _patient(film),
        "Odd": " ".join(film.notes),
    }
    return {title: text for title, text in facts.items() if text}


def _patient(film: DecodedFilm) -> str:
    if film.format != "DICOM":
        return ""
    return "in the file's header" if film.patient_data else "none in the file's header"
