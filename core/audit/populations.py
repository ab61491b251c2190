"""What the publishers of collections say of all their films, where no table says it by film."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Population:
    """``age``: an age in years that stands for all, for its age group; ``words``: what is
    known; ``citation``: who says so."""

    age: float
    view: str
    words: str
    citation: str


# By the layout that the importer recognised: the name of an import is the user's to choose.
POPULATIONS = {
    "kaggle": Population(
        3.0,
        "AP",
        "children of 1 to 5 years, anteroposterior films, one hospital in Guangzhou",
        "Kermany et al., Cell 172 (2018) 1122",
    )
}
