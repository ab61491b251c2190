"""Which films have which findings, and which belong to a class.

A catalogue's frame keeps the findings of a film as one text, and the same few texts come again
and again: everything here looks at each text once, whether there are 12 films or 112,120.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.datasets.label_map import UNKNOWN, findings_of
from core.specs import ClassSpec
from core.text import listed

# Column of the catalogue → field of a class that has to name its value.
PLACES = (("source", "sources"), ("view", "views"), ("source_split", "source_splits"))


def counts(findings: pd.Series) -> pd.Series:
    """Films a single finding (int, by name), the most frequent first; a film that has two is
    counted with both. ``findings``: the column of a catalogue's frame."""
    tally: dict[str, int] = {}
    for text, films in findings.value_counts().items():
        for one in findings_of(str(text)) if films else ():
            tally[one] = tally.get(one, 0) + int(films)
    ordered = sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    return pd.Series(dict(ordered), dtype=np.int64)


def apart(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a row for each finding of each film, for counting films by finding."""
    codes, texts = _codes(frame["finding"])
    lists = [findings_of(text) for text in texts]
    names = list(dict.fromkeys(one for parts in lists for one in parts))
    if all(len(parts) == 1 for parts in lists):
        return frame
    place = {name: index for index, name in enumerate(names)}
    rows, found = [], []
    for each in range(max(map(len, lists))):
        has = np.array([len(parts) > each for parts in lists])[codes]
        rows.append(np.flatnonzero(has))
        code = np.array([place[parts[each]] if len(parts) > each else -1 for parts in lists])
        found.append(code[codes[rows[-1]]])
    order = np.argsort(np.concatenate(rows), kind="stable")
    taken = frame.iloc[np.concatenate(rows)[order]]
    finding = np.concatenate(found)[order].astype(np.int64)
    return taken.assign(finding=pd.Categorical.from_codes(finding, pd.Index(names)))


def has_any(findings: pd.Series, wanted: Collection[str]) -> NDArray[np.bool_]:
    """bool (n,): the films with one of ``wanted``; ``A + B`` among these asks for both."""
    asked = [frozenset(findings_of(one)) for one in wanted]
    return _mask(findings, lambda own: any(one <= own for one in asked))


def has_all(findings: pd.Series, wanted: Collection[str]) -> NDArray[np.bool_]:
    """bool (n,): the films with every one of ``wanted``."""
    asked = {part for one in wanted for part in findings_of(one)}
    return _mask(findings, asked.issubset)


def has_none(findings: pd.Series, wanted: Collection[str]) -> NDArray[np.bool_]:
    """bool (n,): the films with none of ``wanted``. Of a film whose finding is not known
    nobody can say that, so it is not among them."""
    return _mask(findings, lambda own: own != {UNKNOWN}) & ~has_any(findings, wanted)


def fits(findings: pd.Series, one: ClassSpec) -> NDArray[np.bool_]:
    """bool (n,): the films whose findings are those of a class, wherever they come from."""
    mask = has_any(findings, one.findings) if one.findings else np.ones(len(findings), bool)
    if one.without:
        unknown = UNKNOWN in one.findings  # then films without a finding are asked for
        mask &= ~has_any(findings, one.without) if unknown else has_none(findings, one.without)
    if one.alone:
        own = {part for text in one.findings for part in findings_of(text)}
        mask &= _mask(findings, own.issuperset)
    return mask


def belongs(frame: pd.DataFrame, one: ClassSpec, skip: str = "") -> NDArray[np.bool_]:
    """bool (n,): the rows of a catalogue's frame that belong to a class. ``skip``: a field of
    the class that is not asked about."""
    mask = fits(frame["finding"], one)
    for column, field in PLACES:
        wanted = getattr(one, field)
        if wanted and field != skip:
            mask &= frame[column].isin(wanted).to_numpy()
    return mask


def in_words(one: ClassSpec) -> str:
    """The findings of a class: “Mass or Nodule, not Edema”."""
    parts = []
    if one.findings:
        having = listed(one.findings, "or")
        parts.append(f"{having} and no other" if one.alone else having)
    if one.without:
        parts.append(f"not {listed(one.without, 'or')}")
    return ", ".join(parts)


def _mask(findings: pd.Series, test: Callable[[frozenset[str]], bool]) -> NDArray[np.bool_]:
    codes, texts = _codes(findings)
    values: np.ndarray = np.array(
        [test(frozenset(findings_of(text))) for text in texts], dtype=bool
    )[codes]
    return values


def _codes(findings: pd.Series) -> tuple[NDArray[np.integer], list[str]]:
    """Each film's place in the list of texts, and the texts that there are."""
    if isinstance(findings.dtype, pd.CategoricalDtype):
        texts = [str(one) for one in findings.cat.categories]
        codes = findings.cat.codes.to_numpy()
        if len(texts) and codes.min(initial=0) >= 0:
            return codes, texts
    codes, found = pd.factorize(findings.fillna(UNKNOWN).astype(str))
    return codes, [str(one) for one in found]
