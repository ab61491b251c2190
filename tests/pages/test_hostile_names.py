"""Names that are Markdown, HTML and formulas stand on every page as what they are: text."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from core.audit.report import AuditReport, Finding, audit_folder
from core.audit.standing import basis_of
from core.datasets import prepare
from core.datasets.ingest import import_folder
from core.evaluation.predictions import Predictions
from core.specs import ClassSpec, DatasetSpec
from core.store import Run, Store, open_store
from core.training.artefacts import RunFiles
from core.workspace import Workspace, open_workspace
from tests.pages.opening import APP
from tests.pages.runs import RESULT, make_run

SOURCE = "**b** ![x](http://127.0.0.1:9/x.png) <b>i</b> $y$"
FINDING = "%{f} <b>i _f_ [l](javascript) $x$ `c` :red[r]"
CLASS = "k _k_ [m](n) $z$ `d`"
DATASET = "n _n_ [o](p) $q$ `e`"
RAW = (
    "**b**", "![x](", "<b>i", "$y$", "_f_", "[l](", "$x$", "`c`", ":red[r", "_k_", "[m](", "$z$",
    "`d`", "_n_", "[o](", "$q$", "`e`",
)  # fmt: skip
# Neither knows Markdown; Plotly fills something in where a template says so.
PARTS = {"html.body": ("<b>i",), "plotly_chart": ("<b>i", "%{f}")}
# What a browser shows as it is: the choices of a list, what somebody types, descriptions for
# readers of the screen, addresses, names of files, and how elements are told apart.
PLAIN = {
    "options", "raw_values", "raw_value", "default", "default_value", "placeholder",
    "alt", "id", "key", "url",
    "value", "query_string", "file_name", "accessible_text", "data", "block_id", "formatted_value",
    "element_id", "widget_id", "form_id", "deferred_file_id", "page_script_hash", "user_key",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    for cache in (st.cache_resource, st.cache_data):
        cache.clear()
    yield
    for cache in (st.cache_resource, st.cache_data):
        cache.clear()


@pytest.fixture(scope="module")
def hostile_root(phantom_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source, a data set, its classes, its films and a finished run, all of them so named."""
    top = tmp_path_factory.mktemp("hostile") / "collection"
    root = tmp_path_factory.mktemp("hostile-workspace")
    store = open_store(open_workspace(root))
    (root / "phantoms.json").write_text("{}")
    for number, path in enumerate(sorted(phantom_folder.rglob("*.png"))[:40]):
        finding = FINDING if number % 2 else "No finding"
        (top / finding).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, top / finding / f"{number}_f_ [l](m) $x$ `c`.png")
    (top / FINDING / "_f_ [l](m).txt").write_text("left out")
    (top / FINDING / "_f_ [l](m) $x$.png").write_bytes(b"no film")
    import_folder(store, top, name=SOURCE)
    findings = {one.finding for one in store.catalogue.films(_ids(store))}
    classes = tuple(
        ClassSpec.build(name=CLASS if place else f"{CLASS} 2", findings=(finding,))
        for place, finding in enumerate(sorted(findings))
    )
    spec = DatasetSpec.build(
        name=DATASET, classes=classes, image_size=64, balance="none", split="study"
    )
    prepare.save(store, prepare.plan(store.catalogue.frame(), spec))
    run = make_run(store, "done", epochs=3, result=RESULT, spec={"dataset": DATASET})
    members = store.datasets.members(DATASET)
    positive = np.random.default_rng(0).uniform(0.05, 0.95, len(members)).astype(np.float32)
    Predictions(
        classes=spec.class_names,
        film_ids=members["film_id"].to_numpy(str),
        split=members["split"].to_numpy(str),
        truth=members["class_index"].to_numpy(int),
        probabilities=np.stack([positive, 1 - positive], axis=1),
    ).save(RunFiles(store.workspace.run_folder(run.run_id)).create().predictions)
    make_run(store, "failed", reason=f"{FINDING} {SOURCE}", spec={"dataset": DATASET})
    _audit(store, run)
    return root


@pytest.fixture
def hostile(hostile_root: Path, workspace: Workspace) -> Store:
    shutil.copytree(hostile_root, workspace.root, dirs_exist_ok=True)
    return open_store(workspace)


def _ids(store: Store) -> list[str]:
    return list(store.catalogue.frame()["film_id"])


def _audit(store: Store, run: Run) -> None:
    folder = audit_folder(store.workspace.run_folder(run.run_id))
    counts = {CLASS: {SOURCE: 40, FINDING: 0}, f"{CLASS} 2": {SOURCE: 0, FINDING: 40}}
    finding = Finding(
        "class_by_source", "Class and source", 1.0, (0.97, 1.0), "do_not_believe",
        f"Each class comes from {SOURCE}.", f"{CLASS} has one", {"counts": counts},
    )  # fmt: skip
    report = AuditReport(
        run.run_id, DATASET, "do_not_believe",
        f"Do not believe this result: each class comes from {SOURCE}.", (finding,), (),
        time.time(), basis_of(store, run),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    report.save(folder)


# What these say of names stands in lists and inputs only.
NAMELESS: list[tuple[str, dict[str, str]]] = [
    ("explore", {"tab": "Import"}),
    ("prepare", {}),
    ("prepare", {"part": "Augmentation"}),
]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("overview", {}),
        ("explore", {}),
        ("explore", {"tab": "Import"}),
        ("explore", {"tab": "Sources"}),
        ("explore", {"film": "first"}),
        ("prepare", {}),
        ("prepare", {"part": "Augmentation"}),
        ("prepare", {"part": "Saved data sets"}),
        ("train", {}),
        ("train", {"dataset": "_n_ [o](p) gone"}),
        ("train", {"run": "run"}),
        ("train", {"run": "failed"}),
        ("train", {"run": "_n_ [o](p)"}),
        ("compare", {}),
        ("compare", {"runs": "_n_ [o](p)"}),
        ("report", {}),
        ("report", {"run": "_n_ [o](p)"}),
        ("audit", {}),
        ("external", {}),
        ("external", {"run": "_n_ [o](p)"}),
        ("classify", {}),
    ],
)
def test_a_page_shows_names_as_text(hostile: Store, page: str, query: Any) -> None:
    if query.get("run") == "run":
        query = {"run": hostile.runs.all(["done"])[0].run_id}
    elif query.get("run") == "failed":
        query = {"run": next(one.run_id for one in hostile.runs.all(["failed"]))}
    elif "film" in query:
        query = {"film": _ids(hostile)[0]}
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page(f"{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    if page == "classify":
        app.segmented_control("classify_where").set_value("Sample films").run()
    texts = list(_texts(app))
    shown = any("\\[" in one or "&lt;" in one for _, one in texts)
    assert shown != ((page, query) in NAMELESS), "is any such name on this page?"
    for where, text in texts:
        for raw in PARTS.get(where, RAW):
            assert raw not in text, f"{where} takes {raw} for Markdown: {text[:300]}"


def _texts(app: AppTest) -> Iterator[tuple[str, str]]:
    """Where, and each text that the browser may take for Markdown, HTML or a chart's own."""
    todo: list[Any] = [app._tree]
    while todo:
        node = todo.pop()
        todo += getattr(node, "children", {}).values()
        proto = getattr(node, "proto", None)
        kind = str(getattr(node, "type", ""))
        if not isinstance(proto, Message):
            continue
        if kind == "plotly_chart":
            yield from ((kind, one) for one in _strings(json.loads(proto.spec)))
        elif kind == "arrow_table" or kind == "table":
            frame = node.value
            yield from ((kind, str(one)) for one in [*frame.index, *frame.columns])
            yield from ((kind, str(one)) for one in frame.to_numpy().ravel())
        else:
            yield from ((f"{kind}.{name}", text) for name, text in _fields(proto))


def _fields(message: Message) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        if field.name in PLAIN:
            continue
        values = value if field.is_repeated else [value]
        for one in values:
            if isinstance(one, str) and field.name == "columns":
                # Of a table: heads are plain, what they say on a touch is Markdown.
                helps = (column.get("help") or "" for column in json.loads(one or "{}").values())
                yield from (("help", text) for text in helps)
            elif isinstance(one, str):
                yield field.name, one
            elif isinstance(one, Message):
                yield from ((f"{field.name}.{name}", text) for name, text in _fields(one))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)
