"""Whatever changes something asks who wants it: functions, jobs, and all that pages call.

Read from the source, so that one which is new and forgets to ask is found before anybody has
pressed its button.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from core.errors import NotAllowedError
from core.people.asking import Somebody, acting_as
from core.people.roles import Deed, Role
from core.store import Store
from core.workspace import PROJECT_ROOT

VIEWER = Somebody("ben@hospital.example", Role.VIEWER, signed_in=True)
STRANGER = Somebody("", Role.STRANGER, "Sign in first.")
# Calls that change a disk.
TO_DISK = frozenset(
    (
        *("write_text", "write_bytes", "unlink", "rmtree", "mkdir", "touch", "symlink_to"),
        *("savez", "savez_compressed", "copyfile", "copytree", "written_whole", "makedirs"),
    )
)
VIEWS = frozenset(Store.__dataclass_fields__)
# What pages call that writes without asking, and why nobody is asked.
HOUSEKEEPING = {
    "core.datasets.uploads.clean_up": "removes what killed imports left, at the start of a server",
    "core.example.plan_example": "what a server does of its own accord at its first start",
    "core.example.prepare_example": "likewise",
    "core.starter.plan_starters": "likewise",
    "core.showcase.brought.bring": "likewise",
    "core.showcase.kept.kept": "forgets pictures of a run that is gone",
    "core.showcase.renewing.renew": "likewise, for Home, in a thread of the server",
    "core.store.keep_records": "likewise, so that a store that gets lost can be filled again",
    "core.workspace.open_workspace": "makes the data folder",
    "core.show.show_of": "a public show's copy of the data folder, in memory",
    "core.runs.upkeep.refresh": "looks after what was asked for already",
    "core.cluster.seen.seen_cluster": "notes that somebody looks, so that a cluster is watched",
    "core.lent.lent_folder": "a folder for a film while it is classified, gone with it",
    "core.card.answers_pdf.answers_pdf": "letters drawn in a temporary folder",
    "core.card.pdf.to_pdf": "likewise",
    "core.datasets.table_choice.tables_in_zip": "tables of an upload, in a temporary folder",
}


@dataclass
class _Function:
    name: str
    asks: bool = False
    writes: bool = False
    calls: set[str] = field(default_factory=set)


def _modules(room: str) -> dict[str, ast.Module]:
    found = {}
    for file in sorted((PROJECT_ROOT / room).rglob("*.py")):
        name = ".".join(file.relative_to(PROJECT_ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = ast.parse(file.read_text(encoding="utf-8"))
    return found


@cache
def _writers() -> frozenset[str]:
    """Methods of the store's views that write."""
    found = set()
    for tree in _modules("core/store").values():
        for one in ast.walk(tree):
            if not isinstance(one, ast.ClassDef) or one.name == "Database":
                continue
            methods = {each.name: each for each in one.body if isinstance(each, ast.FunctionDef)}
            own = {name for name, each in methods.items() if "write=True" in ast.unparse(each)}
            before = -1
            while before != len(own):  # and those that call them
                before = len(own)
                own |= {
                    name
                    for name, each in methods.items()
                    if any(f"self.{other}(" in ast.unparse(each) for other in own)
                }
            found |= own
    return frozenset(found)


def _imports(tree: ast.AST) -> dict[str, str]:
    """Name here → dotted name there, of what comes from core."""
    found = {}
    for one in ast.walk(tree):
        if isinstance(one, ast.ImportFrom) and (one.module or "").startswith("core"):
            for each in one.names:
                found[each.asname or each.name] = f"{one.module}.{each.name}"
    return found


def _asks(node: ast.FunctionDef) -> bool:
    marks = [ast.unparse(one) for one in node.decorator_list]
    return any(one.startswith("asks(Deed.") for one in marks)


def _writes(call: ast.Call) -> bool:
    text = ast.unparse(call.func)
    parts = text.split(".")
    if len(parts) > 2 and parts[-2] in VIEWS:
        return parts[-1] in _writers()
    if parts[-1] == "open" and any(
        isinstance(one, ast.Constant) and str(one.value)[:1] in ("w", "a", "x") for one in call.args
    ):
        return True
    if parts[-1] == "save":  # a document, or an array; a picture goes into a buffer
        return len(call.args) == 1 and parts[0] not in ("picture", "square")
    if parts[-1] == "rename":  # a file; pandas renames by keywords, or to a word
        named = call.keywords or isinstance(call.args[0], ast.Constant)
        return len(call.args) == 1 and not named
    return parts[-1] in TO_DISK


def _read(name: str, module: str, node: ast.AST, names: dict[str, str], own: set[str]) -> _Function:
    found = _Function(name, isinstance(node, ast.FunctionDef) and _asks(node))
    # What asks before it writes, in the middle of a function, is seen to by ``Job``’s own test.
    guarded = [
        inner
        for one in ast.walk(node)
        if isinstance(one, ast.With) and "doing(" in ast.unparse(one.items[0])
        for inner in ast.walk(one)
    ]
    for one in ast.walk(node):
        if one in guarded:
            continue
        if isinstance(one, ast.Call):
            found.writes |= _writes(one)
        for text in _named(one):
            head, _, rest = text.partition(".")
            if head in names:
                found.calls.add(f"{names[head]}.{rest}" if rest else names[head])
            elif text in own:
                found.calls.add(f"{module}.{text}")
            elif head == "self" and rest:
                found.calls.add(f"{name.rpartition('.')[0]}.{rest}")
    return found


def _named(node: ast.AST) -> list[str]:
    """A name or ``module.name``, called or handed on (a button’s callback)."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return [f"{node.value.id}.{node.attr}"]
    return []


@cache
def _core() -> dict[str, _Function]:
    found = {}
    for module, tree in _modules("core").items():
        names = _imports(tree)
        own = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)}
        for one in tree.body:
            if isinstance(one, ast.FunctionDef):
                name = f"{module}.{one.name}"
                found[name] = _read(name, module, one, names, own)
            elif isinstance(one, ast.ClassDef):
                for each in one.body:
                    if isinstance(each, ast.FunctionDef):
                        name = f"{module}.{one.name}.{each.name}"
                        found[name] = _read(name, module, each, names, own)
    # A name that a room’s __init__ hands on.
    for module, tree in _modules("core").items():
        for here, there in _imports(tree).items():
            if there in found:
                found.setdefault(f"{module}.{here}", found[there])
    return found


def _changes(name: str, seen: set[str]) -> bool:
    """Whether it writes, or calls what does, without anybody being asked on the way."""
    one = _core().get(name)
    if one is None or one.asks or name in HOUSEKEEPING or name in seen:
        return False
    seen.add(name)
    return one.writes or any(_changes(each, seen) for each in one.calls)


def unasked(tree: ast.AST) -> list[str]:
    """What a page's module calls in core, or does, that changes something and asks nobody."""
    names = _imports(tree)
    page = _read("page", "page", tree, names, set())
    direct = [
        ast.unparse(one) for one in ast.walk(tree) if isinstance(one, ast.Call) and _writes(one)
    ]
    return direct + sorted(name for name in page.calls if _changes(name, set()))


def _pages() -> list[Path]:
    return sorted((PROJECT_ROOT / "pages").rglob("*.py"))


@pytest.mark.parametrize("file", _pages(), ids=lambda file: str(file.relative_to(PROJECT_ROOT)))
def test_nothing_that_a_page_calls_changes_something_without_asking(file: Path) -> None:
    found = unasked(ast.parse(file.read_text(encoding="utf-8")))
    assert not found, (
        f"{file.name}: {found} changes something. Put @asks(Deed.…) on the function of core, or "
        "name it above with the reason why nobody needs to be asked."
    )


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("store.tags.add(ids, tag)", True),
        ("store.tags.all()", False),
        ("get_store().catalogue.remove_source(name)", True),
        ("file.unlink(missing_ok=True)", True),
        ("point.save(file)", True),
        ("picture.save(buffer, 'PNG')", False),
        ("place.open('wb')", True),
        ("place.open('rb')", False),
        ("from core.store.records import keep_record\nkeep_record(store, run)", True),
        ("from core.runs import pace\npace.keep_pace(workspace, one)", True),
        ("from core.audit import status\nst.button('x', on_click=status.start_audit)", False),
        ("from core.runs import launcher\nlauncher.delete(store, run)", False),
        ("from core.runs.remarks import remark\nremark(store, runs, star=True)", False),
        (
            "from core.store.records import keep_remarks\nst.button(on_click=keep_remarks)",
            True,
        ),
    ],
)
def test_it_tells_them_apart(line: str, found: bool) -> None:
    assert bool(unasked(ast.parse(line))) == found


def test_what_is_let_through_is_still_there_and_still_writes() -> None:
    for name in HOUSEKEEPING:
        assert name in _core(), name


def _asking() -> list[tuple[str, Deed]]:
    """“module:function” or “module:Class.method”, and what it asks for."""
    found = []
    for module, tree in _modules("core").items():
        places = [("", tree.body)]
        places += [(f"{one.name}.", one.body) for one in tree.body if isinstance(one, ast.ClassDef)]
        for owner, body in places:
            for one in body:
                if isinstance(one, ast.FunctionDef) and _asks(one):
                    marks = [ast.unparse(each) for each in one.decorator_list]
                    mark = next(each for each in marks if each.startswith("asks("))
                    deed = Deed[mark.removeprefix("asks(Deed.").removesuffix(")")]
                    found.append((f"{module}:{owner}{one.name}", deed))
    return found


def test_each_kind_of_deed_that_changes_something_is_asked_about() -> None:
    asked = {deed for _, deed in _asking()}
    assert asked == set(Deed) - {Deed.LOOK, Deed.CLASSIFY}
    assert len(_asking()) > 35


@pytest.mark.parametrize(("name", "deed"), _asking(), ids=lambda one: str(one))
def test_each_refuses_who_may_not_before_it_does_anything(name: str, deed: Deed) -> None:
    module, _, inside = name.partition(":")
    work = importlib.import_module(module)
    for part in inside.split("."):
        work = getattr(work, part)
    refused = [one for one in (VIEWER, STRANGER) if not one.may(deed)]
    assert refused
    for one in refused:
        # Without what it works on: it must not come so far as to miss it.
        with acting_as(one), pytest.raises(NotAllowedError):
            work()
