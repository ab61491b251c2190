"""What looking into one file of an import gave."""

from __future__ import annotations

from dataclasses import dataclass

from core.images.header_facts import NO_FACTS, HeaderFacts


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking into one file gave: an id and a size, or a reason to leave it out.

    ``empty``: why it shows hardly anything, ``""`` when it shows something or is known.
    ``facts``: of a DICOM file, what its header says beside the picture.
    """

    film_id: str = ""
    width: int = 0
    height: int = 0
    reason: str = ""
    empty: str = ""
    facts: HeaderFacts = NO_FACTS
