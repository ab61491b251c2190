"""Names that are Markdown, HTML and formulas stand on every page as what they are: text."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from core.errors import InputError
from core.prediction.client import FilmResult
from core.store import RunState, Store, open_store
from core.store.catalogue import Catalogue
from core.workspace import Workspace
from pages.components.classify import asking
from pages.components.run_links import TABS
from tests.pages.hostile import CLASS, FINDING, SOURCE, ids, make_hostile
from tests.pages.opening import APP, PATIENCE

pytestmark = pytest.mark.usefixtures("fresh_caches")

RAW = (
    "**b**", "![x](", "<b>i", "$y$", "_f_", "[l](", "$x$", "`c`", ":red[r", "_k_", "[m](", "$z$",
    "`d`", "_n_", "[o](", "$q$", "`e`",
)  # fmt: skip
# Neither knows Markdown; Plotly fills something in where a template says so.
PARTS = {"html.body": ("<b>i",), "plotly_chart": ("<b>i", "%{f}")}
# What a browser shows as it is: the choices of a list, what somebody types, descriptions for
# readers of the screen, addresses, names of files, and how elements are told apart.
PLAIN = {
    "column_order",
    "options", "raw_values", "raw_value", "default", "default_value", "placeholder",
    "alt", "id", "key", "url",
    "value", "query_string", "file_name", "accessible_text", "data", "block_id", "formatted_value",
    "element_id", "widget_id", "form_id", "deferred_file_id", "page_script_hash", "user_key",
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile_root(phantom_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hostile-workspace")
    make_hostile(root, phantom_folder, tmp_path_factory.mktemp("hostile") / "collection")
    return root


@pytest.fixture
def hostile(hostile_root: Path, workspace: Workspace) -> Store:
    shutil.copytree(hostile_root, workspace.root, dirs_exist_ok=True)
    return open_store(workspace)


# What these say of names stands in lists and inputs only.
NAMELESS: list[tuple[str, dict[str, str]]] = [
    ("explore", {"tab": "Import"}),
    ("prepare", {"part": "Augmentation"}),
]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("home", {}),
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
        ("run", {}),
        ("run", {"run": "_n_ [o](p)"}),
        *(("run", {"tab": tab}) for tab in TABS),
        ("classify", {}),
    ],
)
def test_a_page_shows_names_as_text(hostile: Store, page: str, query: Any) -> None:
    if query.get("run") == "run":
        query = {"run": hostile.runs.all([RunState.DONE])[0].run_id}
    elif query.get("run") == "failed":
        query = {"run": next(one.run_id for one in hostile.runs.all([RunState.FAILED]))}
    elif "film" in query:
        query = {"film": ids(hostile)[0]}
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    app.switch_page(f"{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    shown = _all_text(app)
    assert shown != ((page, query) in NAMELESS), "is any such name on this page?"


def _all_text(app: AppTest) -> bool:
    """Fail where a name is taken for more than text; whether there is any such name."""
    texts = list(_texts(app))
    for where, text in texts:
        for raw in PARTS.get(where, RAW):
            assert raw not in text, f"{where} takes {raw} for Markdown: {text[:300]}"
    return any("\\[" in one or "&lt;" in one for _, one in texts)


class Client:
    """In place of the worker: one film is named a class, one is refused, one has an error."""

    def make_ready(self) -> None: ...

    def classify(
        self, runs: Sequence[str], films: Sequence[tuple[str, bytes]], **_: Any
    ) -> list[FilmResult]:
        heat = np.ones((7, 7), np.float32)
        known = {f"{CLASS} 2": 0.75, CLASS: 0.25}
        answers: tuple[dict[str, Any], ...] = (
            {"probabilities": known, "label": CLASS, "heat": heat, "heat_class": CLASS},
            {"answer": "refused", "gate": "not_a_chest_xray", "reason": f"{FINDING} {SOURCE}"},
            {"error": f"{films[0][0]} is damaged. {SOURCE}"},
        )
        empty: dict[str, Any] = {"label": None, "probabilities": {}, "heat": None, "error": None}
        return [  # the number with which its name begins says which
            FilmResult(file=name, run_id=runs[0], **{**empty, **answers[int(name[0])]})
            for name, _ in films
        ]


def test_answers_show_names_as_text(hostile: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "get_client", Client)
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    app.switch_page("classify.py")
    app.run()
    film = Path(hostile.catalogue.films(ids(hostile)[:1])[0].path).read_bytes()
    files = [(f"{number} {FINDING} {SOURCE}.png", film, "") for number in range(3)]
    app.file_uploader[0].set_value(files).run()
    worklist = app.session_state["classify_worklist"].worklist
    while worklist.state.working:
        time.sleep(0.01)
    for place in range(3):
        tiles = [one for one in app.run().button if str(one.key).startswith("classify_film_")]
        tiles[place].click().run()
        assert not app.exception
        assert len(app.dataframe) == 1, "there are answers"
        assert _all_text(app)


def test_an_error_is_text(hostile: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Catalogue) -> int:
        raise InputError(f"{FINDING} in {SOURCE} is damaged.")

    monkeypatch.setattr(Catalogue, "count", fail)
    app = AppTest.from_file(APP, default_timeout=PATIENCE).run()
    assert len(app.error) == 1
    assert _all_text(app)


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
