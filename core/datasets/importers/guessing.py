"""Which column of an unknown table says what: a guess from names and cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pandas as pd

from core.datasets.importers.choices import Columns
from core.datasets.importers.marks import is_mark, is_said, names_health
from core.datasets.importers.rows import Files
from core.datasets.importers.tree import Tree
from core.datasets.label_map import (
    FINDINGS,
    finding_key,
    is_silent,
    normalise_age,
    normalise_label,
    normalise_sex,
    normalise_view,
)

LOOKED_AT = 200  # rows
FITS = 0.5  # of the cells that say something
MOST_LABELS = 0.5  # a column with more different cells than this share names no findings

FINDING = re.compile(
    r"find|label|diagnos|patholog|disease|condition|abnormal|class|target|category|impression"
    r"|befund|klasse|diagnose|etiqueta|hallazgo|maladie|所見|诊断|診断|진단|диагноз"
)
PATIENT = re.compile(r"patient|subject|person|\bpid\b|\bmrn\b|\bcase|proband|paciente|患者|病人")
VIEW = re.compile(r"view|project|position|proyecc|incidenc|aufnahme")
SEX = re.compile(r"\bsex|sex\b|gender|geschlecht|sexo|sexe|性别|性別")
AGE = re.compile(r"\bage|age\b|alter|edad|年龄|年齢")
SPLIT = re.compile(r"split|subset|partition|\bset\b|\bfold\b|\busage\b")
NOT_FINDING = re.compile(r"\bid\b|_id|cui|source|filename|path|date|count|number|conf|score|width"
                         r"|height|spacing|\bx\b|\by\b")  # fmt: skip


def guess(tree: Tree, frame: pd.DataFrame) -> Columns | None:
    """The likely meaning of a table's columns; None when no column names the tree's films.

    ``frame``: what ``read_table`` gives, column names in small letters.
    """
    head = frame.head(LOOKED_AT)
    cells = {str(name): [str(cell) for cell in head[name]] for name in head.columns}
    file = _file_column(tree, cells)
    if not file:
        return None
    taken = {file}
    named: dict[str, str] = {}
    told: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
        ("sex", SEX, lambda cell: normalise_sex(cell) != "unknown"),
        ("age", AGE, lambda cell: normalise_age(cell) is not None),
        ("view", VIEW, lambda cell: normalise_view(cell) != "unknown"),
        ("patient", PATIENT, lambda cell: True),
        ("split", SPLIT, lambda cell: True),
    )
    for key, pattern, fits in told:
        for name, values in cells.items():
            if name not in taken and pattern.search(_plain(name)) and _share(values, fits) >= FITS:
                named[key] = name
                taken.add(name)
                break
    rest = {name: values for name, values in cells.items() if name not in taken}
    return Columns(file=file, findings=_findings(rest, frame), **named)


def _file_column(tree: Tree, cells: dict[str, list[str]]) -> str:
    best, name = 0.0, ""
    for column, values in cells.items():
        if all(map(_is_number, values)):
            continue  # a running number is no name, be there a film “1.png”
        files = Files(tree, values)
        share = _share(values, files.has)
        if share > best:
            best, name = share, column
    if best >= FITS:
        return name
    # Films whose names are numbers, in a column that says that it names them.
    for column, values in cells.items():
        if re.search(r"file|image|img|film|dicom|name|path|\bid\b", _plain(column)):
            files = Files(tree, values)
            if _share(values, files.has) >= FITS:
                return column
    return ""


def _findings(cells: dict[str, list[str]], frame: pd.DataFrame) -> tuple[str, ...]:
    """One column of names where there is one, else all columns of 0 and 1.

    For the latter all rows are looked at: a rare finding may come first in the ten thousandth.
    """
    rows = len(frame.head(LOOKED_AT))
    whole = {
        name: [str(cell) for cell in frame[name].unique()]
        for name, values in cells.items()
        if all(map(is_mark, values))
    }
    words = [
        name
        for name, values in cells.items()
        if FINDING.search(_plain(name))
        and not NOT_FINDING.search(_plain(name))
        and not all(map(is_silent, values))
        and not all(map(is_mark, values))
        and len(set(values)) <= max(MOST_LABELS * rows, 12)
    ]
    if words:
        return (min(words, key=lambda name: (not name.startswith("finding"), len(name))),)
    marked = [
        name
        for name, values in whole.items()
        if all(map(is_mark, values))
        # “No finding” tells of the others even where no film of the table has it.
        and (any(map(is_said, values)) or names_health(name))
        and not NOT_FINDING.search(_plain(name))
    ]
    if len(marked) > 1 or (
        marked and (FINDING.search(_plain(marked[0])) or _is_known_finding(marked[0]))
    ):
        return tuple(marked)
    return ()


def _is_known_finding(column: str) -> bool:
    """``covid`` or ``pneumonia`` as a column's name."""
    return normalise_label(finding_key(column)) in FINDINGS.values()


def _share(values: Iterable[str], fits: Callable[[str], bool]) -> float:
    said = [value for value in values if not is_silent(value)]
    return sum(map(fits, said)) / len(said) if said else 0.0


def _is_number(cell: str) -> bool:
    return is_silent(cell) or re.fullmatch(r"-?\d+(?:\.0)?", cell.strip()) is not None


def _plain(name: str) -> str:
    return re.sub(r"[_\-./]+", " ", name.casefold())
