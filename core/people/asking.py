"""Who asks, and whether they may: the one place that decides.

A function that changes something carries ``@asks(Deed.…)``. Who asks is known without being handed
on: a server says where it looks (``know_people_by``: the session of the browser whose click is
carried out), and every other process works for the user of the system that started it. What a
server does of its own accord, it does ``by_itself``.

Behind that stands a second check: the store refuses what somebody writes who may not change
everything, unless a deed that they may do is under way (``must_be_writing``). So a new function
that forgets to ask changes nothing for them.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from core.errors import NotAllowedError
from core.people.roles import ALLOWED, WORDS, Deed, Role

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Somebody:
    """``name``: an address, or the name of a user of this system; empty where nobody is asked who
    they are. ``reason``: why a stranger is one, a sentence. ``signed_in``: whether a provider says
    that it is them."""

    name: str
    role: Role
    reason: str = ""
    signed_in: bool = False

    def may(self, deed: Deed) -> bool:
        return deed in ALLOWED[self.role]


OURSELVES = Somebody("ThoraxLens", Role.EDITOR)
FORGOTTEN = "Something was to be changed that nobody has been asked about."

_override: ContextVar[Somebody | None] = ContextVar("asker", default=None)
_doing: ContextVar[bool] = ContextVar("doing", default=False)


def _system_user() -> Somebody | None:
    try:
        return Somebody(getpass.getuser(), Role.EDITOR)
    except (OSError, KeyError):  # a user without a name, as in some containers
        return Somebody("", Role.EDITOR)


_known_by: Callable[[], Somebody | None] = _system_user
# Whether a click is refused, too, that writes to the store without having asked, of somebody who
# may do everything. Tests of pages set it: so they find what forgets to ask.
strict = False


def know_people_by(look: Callable[[], Somebody | None] | None) -> None:
    """From now on, ``look`` says who asks, in whatever thread it is called; None: nobody does,
    the server works of its own accord. None in place of ``look``: this system's user again."""
    global _known_by
    _known_by = look or _system_user


def asker() -> Somebody:
    """Who asks now."""
    given = _override.get()
    if given is not None:
        return given
    return _known_by() or OURSELVES


def may(deed: Deed) -> bool:
    """Whether who asks now may do so."""
    return asker().may(deed)


def must(deed: Deed) -> None:
    """Raises NotAllowedError, with a sentence to show, where who asks now may not do so."""
    person = asker()
    if not person.may(deed):
        raise NotAllowedError(refusal_words(person, deed))


def refusal_words(person: Somebody, deed: Deed) -> str:
    """Why they may not, and what they can do about it: a sentence or two."""
    if person.role is Role.VISITOR:
        return f"This is a public show: nobody can {WORDS[deed]} here."
    if person.role is Role.STRANGER:
        return person.reason or "Sign in first."
    return (
        f"{person.name} is a {person.role} here, and only an editor may {WORDS[deed]}. "
        "Ask whoever runs this ThoraxLens to make you one."
    )


def asks(deed: Deed) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: the function raises NotAllowedError, before anything else, for those who may
    not do so."""

    def wrap(work: Callable[P, T]) -> Callable[P, T]:
        @wraps(work)
        def asked(*args: P.args, **how: P.kwargs) -> T:
            with doing(deed):
                return work(*args, **how)

        return asked

    return wrap


@contextmanager
def doing(deed: Deed) -> Iterator[None]:
    """The same for a body, of which only its object says what kind of deed it is."""
    must(deed)
    before = _doing.set(True)
    try:
        yield
    finally:
        _doing.reset(before)


@contextmanager
def by_itself() -> Iterator[None]:
    """The body is what a server does of its own accord, whoever has just opened a page."""
    who, doing = _override.set(OURSELVES), _doing.set(True)
    try:
        yield
    finally:
        _doing.reset(doing)
        _override.reset(who)


@contextmanager
def acting_as(person: Somebody) -> Iterator[None]:
    """The body is what this person asks for."""
    who = _override.set(person)
    try:
        yield
    finally:
        _override.reset(who)


def must_be_writing() -> None:
    """For the store, before it writes. Raises NotAllowedError for somebody who may not change
    everything, unless what they do has been asked for."""
    if _doing.get():
        return
    by_session = _override.get() is not None or _known_by is not _system_user
    if not by_session:
        return
    person = asker()
    if person is OURSELVES:
        return
    if strict or person.role is not Role.EDITOR:
        raise NotAllowedError(FORGOTTEN)
