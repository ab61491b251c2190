"""Films that somebody has chosen: to look at, to correct, to tag, to leave out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.datasets.correcting import (
    LONGEST_TAG,
    correct_finding,
    go_back_to,
    leave_out,
    tag_films,
    take_back,
    untag_films,
    use_films_again,
)
from core.errors import InputError
from core.people.asking import may
from core.people.roles import Deed
from core.store import Store
from core.text import capital, count
from pages.components.films.correct_film import WHO, finding_asked, who_asked
from pages.components.films.gallery import gallery, mixed
from pages.components.run_labels import escaped
from pages.components.session import artificial_sources

CHOSEN = "map_chosen"  # ids of films, in the session
_LAST = "map_last"  # what was done last, in the session
_OPENED = ("map_correcting", "map_tagging", "map_leaving_out")


@dataclass(frozen=True)
class _Done:
    """What was done last. ``said``: a sentence. ``before``: film id → the finding it went by, of
    films whose finding was changed; ``used``: ids of films that were left out."""

    said: str
    before: tuple[tuple[str, str], ...] = ()
    used: tuple[str, ...] = ()


def choose(film_ids: Sequence[str]) -> None:
    """Have these films chosen (a button's callback)."""
    st.session_state[CHOSEN] = list(film_ids)


def chosen_films(frame: pd.DataFrame, store: Store) -> None:
    """The chosen ones of a catalogue's frame, and what can be done with them."""
    if may(Deed.CORRECT):
        _last(store)
    wanted = st.session_state.get(CHOSEN, [])
    films = frame[frame["film_id"].isin(wanted)]
    if films.empty:
        st.markdown("**No films are chosen.** Draw a line round some on the map, or use a button.")
        return
    st.markdown(f"**{capital(count(len(films), 'film'))} chosen**")
    if may(Deed.CORRECT):
        _actions(films, store)
    order = {film_id: place for place, film_id in enumerate(wanted)}
    if len(order) == len(films):  # as they were chosen: the oddest first
        films = films.iloc[films["film_id"].map(order).argsort()]
    else:
        films = mixed(films, artificial_sources())
    gallery(films, store, artificial=artificial_sources(), key="map_films")


def _actions(films: pd.DataFrame, store: Store) -> None:
    ids = films["film_id"].astype(str).tolist()
    who = who_asked("map_who")
    with st.container(horizontal=True, key="map_actions"):
        with _opened("Correct …", "edit", "map_correcting"):
            _correction(films, ids, who, store)
        with _opened("Tag …", "sell", "map_tagging"):
            _tagging(ids, store)
        with _opened("Leave out …", "block", "map_leaving_out"):
            st.markdown(
                f"{capital(count(len(ids), 'film'))} will be in no data set made from now on. "
                "They stand below the films of Explore, to be used again."
            )
            _button("Leave them out", "map_leave_out", lambda: _left_out(store, ids, who))


def _opened(label: str, icon: str, key: str) -> AbstractContextManager[object]:
    """What a click opens, and what closes by itself once something was done."""
    if st.session_state.pop(f"{key}_close", False):
        st.session_state[key] = False
    return st.popover(label, icon=f":material/{icon}:", key=key, on_change="rerun")


def _correction(films: pd.DataFrame, ids: list[str], who: str, store: Store) -> None:
    finding = finding_asked("map_finding")
    st.caption("What the source says stays beside it, and you can take this back.")
    _button(
        f"Correct {count(len(ids), 'film')}",
        "map_correct",
        lambda: _corrected(films, ids, finding, who, store),
    )
    by_hand = films.loc[films["source_finding"] != "", "film_id"].astype(str).tolist()
    if by_hand:
        _button(
            f"Take {count(len(by_hand), 'correction')} back",
            "map_take_back",
            lambda: _taken_back(films, by_hand, who, store),
        )


def _tagging(ids: list[str], store: Store) -> None:
    there = store.tags.all()
    tag = st.selectbox(
        "Tag", list(there), index=None, accept_new_options=True, key="map_tag",
        placeholder="Choose a tag, or type one",
        help=f"A word to find them by again, at most {LONGEST_TAG} letters.",
    )  # fmt: skip
    _button("Put it on", "map_tag_on", lambda: _tagged(store, ids, tag or ""))
    if tag in there and there[tag] & set(ids):
        _button("Take it off", "map_tag_off", lambda: _untagged(store, ids, tag))


def _button(label: str, key: str, do: Callable[[], _Done]) -> None:
    if not st.button(label, key=key):
        return
    try:
        st.session_state[_LAST] = do()
    except InputError as error:
        st.error(escaped(str(error)))
        return
    for opened in _OPENED:
        st.session_state[f"{opened}_close"] = True
    st.rerun()


def _corrected(films: pd.DataFrame, ids: list[str], finding: str, who: str, store: Store) -> _Done:
    before = _findings(films, ids)
    changed = correct_finding(store, ids, finding, who)
    now = store.catalogue.film(ids[0]).finding
    verb = "goes" if changed == 1 else "go"
    return _Done(f"{capital(count(changed, 'film'))} {verb} by “{now}” now.", before)


def _taken_back(films: pd.DataFrame, ids: list[str], who: str, store: Store) -> _Done:
    before = _findings(films, ids)
    changed = take_back(store, ids, who)
    verb = "goes by what its source says" if changed == 1 else "go by what their sources say"
    return _Done(f"{capital(count(changed, 'film'))} {verb} again.", before)


def _left_out(store: Store, ids: list[str], who: str) -> _Done:
    leave_out(store, ids, who)
    verb = "is" if len(ids) == 1 else "are"
    return _Done(f"{capital(count(len(ids), 'film'))} {verb} left out.", used=tuple(ids))


def _tagged(store: Store, ids: list[str], tag: str) -> _Done:
    return _Done(f"{capital(count(tag_films(store, ids, tag), 'film'))} got the tag “{tag}”.")


def _untagged(store: Store, ids: list[str], tag: str) -> _Done:
    return _Done(f"{capital(count(untag_films(store, ids, tag), 'film'))} lost the tag “{tag}”.")


def _findings(films: pd.DataFrame, ids: list[str]) -> tuple[tuple[str, str], ...]:
    known = dict(zip(films["film_id"].astype(str), films["finding"].astype(str), strict=True))
    return tuple((one, known[one]) for one in ids)


def _last(store: Store) -> None:
    """What was done last, with a way back."""
    done: _Done | None = st.session_state.get(_LAST)
    if done is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(escaped(done.said))
        if (done.before or done.used) and st.button("Undo", key="map_undo"):
            _undo(store, done)
            del st.session_state[_LAST]
            st.rerun()


def _undo(store: Store, done: _Done) -> None:
    who = st.session_state.get(WHO) or "undone at once"
    for finding in dict.fromkeys(one for _, one in done.before):
        ids = [film_id for film_id, one in done.before if one == finding]
        go_back_to(store, ids, finding, who)
    if done.used:
        use_films_again(store, done.used)
