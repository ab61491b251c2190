"""What somebody sees who has no role here, and the way in and out."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.errors import StreamlitAuthError, StreamlitMissingAuthlibError

from core.people.asking import Somebody, asker
from core.people.register import SIGN_IN_FIRST
from core.people.roles import Role
from core.public import is_public
from pages.components.run_labels import capital, escaped
from pages.components.signing_in import DEFAULT, sign_in

FAILED = "sign-in-failed"  # in the address, by ``guard``
TROUBLE = "sign_in_trouble"  # session state
SAYS_FAILED = (
    "The sign-in did not work: the provider cannot be reached, or did not let you in. Try again; "
    "if it stays so, tell whoever runs this ThoraxLens."
)
PUBLIC = ":material/public: **A public show.** Nothing can be changed here, and no film is kept."


def front_door(person: Somebody) -> None:
    """In place of every page: why ``person`` sees none, and how to sign in."""
    st.title("ThoraxLens")
    st.markdown("See what a network makes of a chest X-ray. **Not a medical device.**")
    if FAILED in st.query_params:
        st.error(SAYS_FAILED, icon=":material/error:")
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.error(escaped(trouble), icon=":material/error:")
    asked = sign_in()
    providers = asked.providers if asked else ()
    if person.reason and person.reason != SIGN_IN_FIRST:
        st.warning(escaped(person.reason), icon=":material/lock:")
    elif providers:
        st.markdown("Sign in to go on.")
    with st.container(horizontal=True):
        for one in providers:
            st.button(
                "Sign in" if one == DEFAULT else f"Sign in with {escaped(capital(one))}",
                type="primary",
                icon=":material/login:",
                key=f"sign_in_{one}",
                on_click=partial(_sign_in, one),
            )
        if person.name:
            _sign_out_button()


def who_and_out() -> None:
    """In the sidebar: who is signed in, as what, and the way out; or that this is a public show.
    Nothing where nobody is asked who they are."""
    person = asker()
    if is_public():
        st.caption(PUBLIC)
    elif person.signed_in:
        st.caption(f":material/person: {escaped(person.name)} ({person.role})")
        _sign_out_button()


def _sign_in(provider: str) -> None:
    """A button's callback."""
    st.query_params.pop(FAILED, None)
    try:
        st.login(None if provider == DEFAULT else provider)
    except (StreamlitAuthError, StreamlitMissingAuthlibError) as error:
        st.session_state[TROUBLE] = f"Nobody can sign in here: {error}"


def _sign_out_button() -> None:
    st.button(
        "Sign out",
        key="sign_out",
        type="tertiary",
        icon=":material/logout:",
        on_click=st.logout,
    )


def is_let_in(person: Somebody) -> bool:
    """Whether pages may be shown to them."""
    return person.role is not Role.STRANGER
