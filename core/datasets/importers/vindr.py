"""VinDr-CXR: each film read by several radiologists; what most of them name is its finding."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from core.datasets.importers.candidate import Candidate
from core.datasets.importers.choices import DEFAULT, Choices
from core.datasets.importers.marks import is_mark, is_yes
from core.datasets.importers.rows import Row, films_of
from core.datasets.importers.table_file import read_table
from core.datasets.importers.tables import long_rows, records
from core.datasets.importers.tree import Tree
from core.datasets.label_map import is_silent

NAME = "vindr"
TITLE = "VinDr-CXR"
LOOKS_LIKE = "VinDr-CXR (image_labels_train.csv or train.csv)"

BOXES = ("image_id", "class_name")  # a row a reader and box: Kaggle's table, annotations_*.csv
NOT_FINDINGS = frozenset({"image_id", "rad_id", "class_id", "class_name"})


def detect(tree: Tree) -> bool:
    return bool(_boxes(tree) or _labels(tree))


def read(tree: Tree, choices: Choices = DEFAULT) -> Iterator[Candidate]:
    """One candidate a film. A finding counts that more than half of its readers name; where
    exactly half do, it is left open and told."""
    rows: list[Row] = []
    for table in _labels(tree) or _boxes(tree):
        readers, named, places = _readings(tree, table)
        part = "test" if "test" in table.rsplit("/", 1)[-1].casefold() else "train"
        rows += [_row(image, places[image], readers[image], named[image], part) for image in places]
        rows += long_rows(tree, table)
    return films_of(tree, rows)


def _labels(tree: Tree) -> list[str]:
    """Tables with one column a finding. Those of the test films give no reader."""
    return [
        table
        for table in tree.tables_with(["image_id", "no finding"])
        if "class_name" not in tree.header(table)
    ]


def _boxes(tree: Tree) -> list[str]:
    return tree.tables_with(BOXES)


Readings = tuple[dict[str, set[str]], dict[str, Counter[str]], dict[str, str]]


def _readings(tree: Tree, table: str) -> Readings:
    """Image → its readers; image → finding → how many of them name it; image → first row."""
    readers: dict[str, set[str]] = defaultdict(set)
    names: dict[str, set[tuple[str, str]]] = defaultdict(set)
    places: dict[str, str] = {}
    spelled = read_table(tree.path(table)).attrs["spelled"]
    for place, cells in records(tree, table, ("image_id",)):
        image = cells["image_id"].strip()
        image = place if is_silent(image) else image
        reader = cells.get("rad_id", "").strip()
        places.setdefault(image, place)
        readers[image].add(reader)
        said = [cells["class_name"]] if "class_name" in cells else _marked(cells, spelled)
        names[image] |= {(reader, one.strip()) for one in said if not is_silent(one)}
    return readers, {one: Counter(name for _, name in names[one]) for one in places}, places


def _marked(cells: dict[str, str], spelled: dict[str, str]) -> list[str]:
    return [
        spelled[column]
        for column, cell in cells.items()
        if column not in NOT_FINDINGS and is_mark(cell) and is_yes(cell)
    ]


def _row(image: str, place: str, readers: set[str], named: Counter[str], part: str) -> Row:
    count = len(readers)
    ties = sorted(name for name, votes in named.items() if 2 * votes == count)
    open_ones = sorted(name for name, votes in named.items() if 2 * votes < count)
    remark = f"its readers are evenly split on a finding: {', '.join(ties)}" if ties else ""
    if open_ones and not ties and not any(2 * votes > count for votes in named.values()):
        remark = f"its readers agree on no finding: {', '.join(open_ones)}"
    return Row(
        file="" if image == place else image,
        place=place,
        findings=tuple(name for name, votes in named.items() if 2 * votes > count),
        written=", ".join(f"{name} ({named[name]} of {count})" for name in sorted(named)),
        source_split=part,
        metadata={"readers": str(count)},
        remark=remark,
    )
