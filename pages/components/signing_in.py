"""Who sits at a browser: by OpenID Connect, where it is set up, and by the list of people.

Streamlit speaks with the provider (``st.login``), and keeps what it said in a signed cookie. What
that means here is decided in ``core.people``; this module only looks where a claim can be found, in
a session or in the cookies of a request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.auth_util import (
    get_cookie_with_chunks,
    get_origin_from_redirect_uri,
    validate_auth_credentials,
)
from streamlit.config import get_option
from streamlit.errors import StreamlitAuthError
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.errors import ThoraxLensError
from core.people.asking import Somebody
from core.people.register import person_signed_in
from core.people.roles import Role
from core.public import is_public
from pages.components.session import people_file

AUTH = "auth"  # the part of Streamlit's secrets that names providers
DEFAULT = "default"
SHORTEST_SECRET = 16  # letters
ANYBODY = Somebody("", Role.EDITOR)  # without sign-in
VISITOR = Somebody("", Role.VISITOR)
ADMINISTRATOR = "Whoever runs this ThoraxLens finds how to set it up in docs/people.md."


@dataclass(frozen=True)
class SignIn:
    """``providers``: as ``st.login`` names them. ``problem``: what is wrong with how sign-in is set
    up, so that nobody can; a sentence, empty when nothing is."""

    providers: tuple[str, ...] = ()
    problem: str = ""


def sign_in() -> SignIn | None:
    """How one signs in here; None where nobody has to."""
    if is_public():
        return None
    if not secrets_singleton.load_if_toml_exists():
        # There, and it cannot be read: nobody knows whether it asks for sign-in.
        if any(Path(one).exists() for one in get_option("secrets.files")):
            return SignIn(problem=f"Streamlit's secrets cannot be read. {ADMINISTRATOR}")
        return None
    section = secrets_singleton.get(AUTH)
    if section is None:
        return None
    if not isinstance(section, Mapping):
        return SignIn(
            problem=f"The part “auth” of Streamlit's secrets is no table. {ADMINISTRATOR}"
        )
    named = [name for name, value in section.items() if _is_provider(value)]
    providers = tuple(named or [DEFAULT])
    try:
        for one in providers:
            validate_auth_credentials(one)
    except StreamlitAuthError as error:
        return SignIn(problem=f"Sign-in is not set up whole: {error} {ADMINISTRATOR}")
    if len(str(section.get("cookie_secret", ""))) < SHORTEST_SECRET:
        short = (
            f"its cookie_secret is shorter than {SHORTEST_SECRET} letters, and could be guessed."
        )
        return SignIn(problem=f"Sign-in is not set up whole: {short} {ADMINISTRATOR}")
    return SignIn(providers)


def _is_provider(value: object) -> bool:
    return isinstance(value, Mapping) and "client_id" in value


def person_asking() -> Somebody | None:
    """Whose click is carried out in this thread; None where the server works by itself."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return who_is(st.user.to_dict())


def who_is(claims: Mapping[str, Any]) -> Somebody:
    """Who somebody is of whom the provider says so."""
    if is_public():
        return VISITOR
    asked = sign_in()
    if asked is None:
        return ANYBODY
    if asked.problem:
        return Somebody("", Role.STRANGER, asked.problem)
    try:
        return person_signed_in(people_file(), claims)
    except ThoraxLensError as error:  # the data folder cannot be used
        return Somebody("", Role.STRANGER, str(error))


def who_sends(cookies: Mapping[str, str]) -> Somebody:
    """Who asks for a file, by the cookies of the request; outside of a session."""
    asked = sign_in()
    return who_is(_claims(cookies) if asked is not None and not asked.problem else {})


def _claims(cookies: Mapping[str, str]) -> dict[str, Any]:
    """What Streamlit has signed; empty for what nobody has."""
    secret = str((secrets_singleton.get(AUTH) or {}).get("cookie_secret", ""))
    if not secret:
        return {}

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        # As the header has it: cookies are Latin-1.
        plain = value.encode("latin-1", errors="replace") if value else b""
        return decode_signed_value(secret, name, plain) if plain else None

    try:
        found = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    if not isinstance(found, dict) or found.get("origin") != get_origin_from_redirect_uri():
        return {}
    return found
