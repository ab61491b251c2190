"""Classes that somebody writes in a line: ``heart=Cardiomegaly,not Edema``."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from core.datasets.choosing import belongs, counts
from core.datasets.label_map import finding_key
from core.datasets.presets import spelled_in, usable_films, views_of
from core.errors import SpecError
from core.specs import ClassSpec, DatasetSpec, SplitBy
from core.store import Catalogue

HOW = "Write a class as NAME=FINDING, as NAME=FINDING,not FINDING or as NAME=only FINDING."


def own_classes(
    catalogue: Catalogue,
    name: str,
    seed: int,
    texts: Sequence[str],
    *,
    view: str | None = None,
    split_by: SplitBy | None = None,
) -> DatasetSpec:
    """A data set of classes written as ``NAME=FINDINGS``, the positive one first.

    Findings stand between ``,`` or ``|``; a film has any of them, none of those behind ``not``,
    and no other where one stands behind ``only``; ``A+B`` means both. ``view`` as for
    ``presets.preset``, but films of every view unless it is given. From real films, as soon as
    there are any. Raises SpecError for a text that is none of this, and for a finding that no
    film has.
    """
    frame = usable_films(catalogue)
    return DatasetSpec.build(
        name=name,
        classes=tuple(_class(frame, text, view) for text in texts),
        split_by=split_by or "patient",
        seed=seed,
    )


def _class(frame: pd.DataFrame, text: str, view: str | None) -> ClassSpec:
    name, sign, rest = text.partition("=")
    parts = [one.strip() for one in re.split(r"[,|]", rest) if one.strip()]
    if not sign or not name.strip() or not parts:
        raise SpecError(f"“{text}” is no class. {HOW}")
    known = {finding_key(one) for one in counts(frame["finding"]).index}
    having, without, alone = [], [], False
    for part in parts:
        word, _, finding = part.partition(" ")
        # A finding that is called “not seen” stays one.
        if finding_key(part) in known or word not in ("not", "only") or not finding.strip():
            having.append(spelled_in(frame, part))
        elif word == "not":
            without.append(spelled_in(frame, finding.strip()))
        else:
            having.append(spelled_in(frame, finding.strip()))
            alone = True
    asked = ClassSpec.build(
        name=name,
        findings=tuple(dict.fromkeys(having)),
        without=tuple(dict.fromkeys(without)),
        alone=alone,
    )
    films = frame[belongs(frame, asked)]
    return asked.changed(
        sources=tuple(sorted(set(films["source"].astype(str)))),
        views=views_of(films, view) if view and len(films) else (),
    )
