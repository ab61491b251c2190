"""Whoever may not do something is refused where it is done, whatever page or command asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import NotAllowedError
from core.people import asking
from core.people.asking import (
    Somebody,
    acting_as,
    asker,
    asks,
    by_itself,
    doing,
    know_people_by,
    may,
)
from core.people.roles import ALLOWED, WORDS, Deed, Role
from core.store import Store, open_store
from core.workspace import open_workspace

VIEWER = Somebody("ben@hospital.example", Role.VIEWER, signed_in=True)
EDITOR = Somebody("ana@hospital.example", Role.EDITOR, signed_in=True)
VISITOR = Somebody("", Role.VISITOR)
STRANGER = Somebody(
    "eve@elsewhere.example", Role.STRANGER, "eve@elsewhere.example has no role here."
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(open_workspace(tmp_path / "data"))


@pytest.fixture
def server() -> Iterator[None]:
    """As in a server: nobody asks unless somebody clicks."""
    know_people_by(lambda: None)
    yield
    know_people_by(None)


def test_each_role_may_what_it_may() -> None:
    assert ALLOWED[Role.EDITOR] == set(Deed)
    assert {one for one in Deed if VIEWER.may(one)} == {
        Deed.LOOK, Deed.CLASSIFY, Deed.DEMONSTRATE, Deed.EXPORT,
    }  # fmt: skip
    assert {one for one in Deed if VISITOR.may(one)} == {Deed.LOOK, Deed.CLASSIFY}
    assert not any(STRANGER.may(one) for one in Deed)
    assert set(ALLOWED) == set(Role)
    assert set(WORDS) == set(Deed)


@pytest.mark.parametrize("deed", list(Deed))
@pytest.mark.parametrize("person", [VIEWER, EDITOR, VISITOR, STRANGER])
def test_a_function_that_asks_does_nothing_for_who_may_not(person: Somebody, deed: Deed) -> None:
    done = []
    work = asks(deed)(lambda: done.append(1))
    with acting_as(person):
        assert may(deed) == person.may(deed)
        if person.may(deed):
            work()
        else:
            with pytest.raises(NotAllowedError):
                work()
    assert bool(done) == person.may(deed)


def test_the_refusal_says_who_may() -> None:
    with acting_as(VIEWER), pytest.raises(NotAllowedError) as refused, doing(Deed.TRAIN):
        pass
    assert str(refused.value) == (
        "ben@hospital.example is a viewer here, and only an editor may train networks, or stop and "
        "resume them. Ask whoever runs this ThoraxLens to make you one."
    )
    with acting_as(VISITOR), pytest.raises(NotAllowedError, match="This is a public show: nobody"):
        asks(Deed.DELETE)(lambda: None)()
    with acting_as(STRANGER), pytest.raises(NotAllowedError, match="has no role here"):
        asks(Deed.LOOK)(lambda: None)()


def test_the_command_line_is_the_user_of_this_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "radiographer")
    assert asker() == Somebody("radiographer", Role.EDITOR)

    def unknown() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", unknown)
    assert asker() == Somebody("", Role.EDITOR)


@pytest.mark.usefixtures("server")
def test_the_store_refuses_what_nobody_asked_about(store: Store) -> None:
    films = ["f1"]
    with acting_as(VIEWER):
        with pytest.raises(NotAllowedError):
            store.tags.add(films, "teaching")
        with doing(Deed.DEMONSTRATE):  # what is allowed may write what it needs to
            assert store.tags.add(films, "teaching") == 1
        with pytest.raises(NotAllowedError):
            store.tags.remove(films, "teaching")
        with by_itself():
            assert store.tags.remove(films, "teaching") == 1
        assert store.runs.all() == []  # looking is no writing
    with acting_as(EDITOR):
        assert store.tags.add(films, "teaching") == 1
    assert store.tags.remove(films, "teaching") == 1  # a thread of the server's own


@pytest.mark.usefixtures("server")
def test_pages_under_test_find_even_an_editors_click_that_forgets(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "strict", True)
    with acting_as(EDITOR), pytest.raises(NotAllowedError):
        store.tags.add(["f1"], "teaching")
    with acting_as(EDITOR), doing(Deed.CORRECT):
        assert store.tags.add(["f1"], "teaching") == 1


def test_a_deed_is_over_when_its_function_is(store: Store) -> None:
    with acting_as(VIEWER):
        with pytest.raises(ZeroDivisionError), doing(Deed.DEMONSTRATE):
            1 / 0  # noqa: B018
        with pytest.raises(NotAllowedError):
            store.tags.add(["f1"], "teaching")


def test_who_did_what_is_kept(store: Store) -> None:
    with acting_as(EDITOR), doing(Deed.DELETE):
        store.deeds.note("deleted run r1")
    with acting_as(Somebody("", Role.EDITOR)):
        store.deeds.note("corrected 2 films to “Fracture”", "A. R.")
    with by_itself():
        store.deeds.note("started run r2")
    assert [(one.who, one.what) for one in store.deeds.latest(2)] == [
        ("ThoraxLens", "started run r2"),
        ("A. R.", "corrected 2 films to “Fracture”"),
    ]
    assert store.deeds.count() == 3
    assert store.deeds.latest(3)[2].who == EDITOR.name
    assert [one.at for one in store.deeds.latest(3)] == sorted(
        (one.at for one in store.deeds.latest(3)), reverse=True
    )
