"""Pictures, uploads and thumbnails are for those who have a role; what a failed sign-in says."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit.config import get_option, set_option
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette import starlette_routes
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from core.people.asking import Somebody
from core.people.roles import Role
from core.public import VARIABLE
from core.workspace import ENVIRONMENT_VARIABLE
from pages.components import signing_in
from pages.components.guard import GUARDED, Guard

SECRET = "a secret that nobody else knows"
AUTH = f"""
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "thoraxlens"
client_secret = "known to the provider"
server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"
"""


async def _answer(request: Request) -> Response:
    status = int(request.query_params.get("status", 200))
    if "to" in request.query_params:
        found: Response = RedirectResponse(request.query_params["to"], 302)
        if "cookie" in request.query_params:
            found.set_cookie("_streamlit_user", "signed", path="/")
        if "forget" in request.query_params:
            found.delete_cookie("_streamlit_user", path="/")
        return found
    return PlainTextResponse("answered", status)


class Asked:
    """A server behind the guard, and somebody of this role who asks it."""

    def __init__(self, role: Role, base: str = "") -> None:
        def who(cookies: Mapping[str, str]) -> Somebody:
            return Somebody("", role)

        self._app = Starlette(
            routes=[Route("/{rest:path}", _answer, methods=["GET", "PUT"])],
            middleware=[Middleware(Guard, who=who, base=lambda: base)],
        )

    def request(self, method: str, path: str, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(method, path, headers=headers)

        # In a thread: a browser's test in this process may have left a loop in the main one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, ask()).result()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.request("GET", path, **headers)


@pytest.mark.parametrize(
    "path",
    ["/media/abc.png", "/thumbnail/0123.jpg", "/_stcore/upload_file/s/f", "/_stcore/metrics"],
)
def test_a_stranger_gets_no_picture_and_brings_no_film(path: str) -> None:
    for method in ("GET", "PUT"):
        refused = Asked(Role.STRANGER).request(method, path)
        assert (refused.status_code, refused.text) == (403, "Sign in to ThoraxLens first.\n")
        assert Asked(Role.VIEWER).request(method, path).status_code == 200
        assert Asked(Role.VISITOR).request(method, path).status_code == 200
    below = Asked(Role.STRANGER, base="/lens/")
    assert below.get(f"/lens{path}").status_code == 403


def test_a_thumbnail_is_refused_below_any_path() -> None:
    for below in ("/any/where", "/static", "/static/media"):
        asked = Asked(Role.STRANGER).get(f"{below}/thumbnail/0123.jpg")
        assert asked.status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/train", "/_stcore/health", "/static/js/index.js", "/static/media/font.woff2"]
)
def test_the_way_to_the_front_door_is_open(path: str) -> None:
    assert Asked(Role.STRANGER).get(path).status_code == 200


def test_every_address_of_streamlits_is_known_here() -> None:
    """One that a later version adds may hand out films: it is to be named here or in GUARDED."""
    is_open = {
        "_stcore/health", "_stcore/script-health-check", "_stcore/host-config",
        # Files of the browser's part of a component, the same for everybody.
        "_stcore/bidi-components", "app/static",
    }  # fmt: skip
    found = {
        str(value) for name, value in vars(starlette_routes).items() if name.startswith("_ROUTE_")
    }
    assert found
    for route in found:
        start = route.split("/{")[0].rstrip("/")
        known = start in is_open or f"/{route}".startswith(GUARDED) or f"/{start}/" in GUARDED
        assert known, route


def test_a_sign_in_that_fails_comes_back_to_our_page() -> None:
    one = Asked(Role.STRANGER)
    lost = one.get("/auth/login?status=400")
    assert (lost.status_code, lost.headers["location"]) == (303, "/?sign-in-failed=1")
    assert one.get("/auth/login?to=http://provider/").headers["location"] == "http://provider/"
    lost = one.get("/oauth2callback?code=1&to=/")
    assert lost.headers["location"] == "/?sign-in-failed=1"
    lost = one.get("/oauth2callback?error=access_denied&to=/&forget=1")
    assert lost.headers["location"] == "/?sign-in-failed=1"
    done = one.get("/oauth2callback?code=1&to=/&cookie=1")
    assert done.headers["location"] == "/"
    assert one.get("/oauth2callback?to=/").headers["location"] == "/", "the end of a sign-out"
    below = Asked(Role.STRANGER, base="lens").get("/lens/auth/login?status=500")
    assert below.headers["location"] == "/lens/?sign-in-failed=1"


LINK = "run?run=20261126-1&tab=audit"
BACK = "/oauth2callback?code=1&to=/&cookie=1"


def test_after_signing_in_one_lands_where_the_link_led() -> None:
    for base in ("", "/lens"):
        one = Asked(Role.STRANGER, base)
        gone = one.get(f"{base}/auth/login?to=http://provider/", referer=f"http://x{base}/{LINK}")
        assert gone.headers["location"] == "http://provider/"
        kept, *attributes = gone.headers["set-cookie"].split("; ")
        assert {f"Path={base or '/'}", "HttpOnly", "SameSite=Lax"} < set(attributes)
        back = one.get(f"{base}{BACK}", cookie=kept)
        assert back.headers["location"] == f"{base}/{LINK}"
        last = back.headers.get_list("set-cookie")[-1]
        assert last.startswith("thoraxlens_wanted=%2F; Max-Age=0"), "once is enough"


def test_a_sign_in_that_fails_comes_back_to_the_page_that_was_asked_for() -> None:
    one = Asked(Role.STRANGER)
    failed = f"/{LINK}&sign-in-failed=1"
    lost = one.get("/auth/login?status=400", referer=f"http://x/{LINK}")
    assert lost.headers["location"] == failed
    again = one.get("/auth/login?to=http://provider/", referer=f"http://x{failed}")
    back = one.get(BACK, cookie=again.headers["set-cookie"].split(";")[0])
    assert back.headers["location"] == f"/{LINK}"


@pytest.mark.parametrize(
    "page",
    ["//evil.example/", "/\\evil.example", "/a/b", "https://evil.example/run", "/media/x.png",
     "/%2Fevil.example", "/run\r\nLocation: http://evil.example", "/" + 3000 * "r", "run"],
)  # fmt: skip
def test_nobody_is_led_to_where_no_page_of_ours_is(page: str) -> None:
    one = Asked(Role.STRANGER)
    cookie = f"thoraxlens_wanted={quote(page, safe='')}"
    target = urlsplit(one.get(BACK, cookie=cookie).headers["location"])
    assert (target.scheme, target.netloc) == ("", "")
    assert re.fullmatch(r"/(run)?", target.path), target


def test_a_link_that_is_too_long_for_a_cookie_leads_to_its_page() -> None:
    one = Asked(Role.STRANGER)
    gone = one.get("/auth/login?to=http://p/", referer=f"http://x/compare?runs={'r,' * 2000}")
    assert gone.headers["set-cookie"].startswith("thoraxlens_wanted=%2Fcompare; ")


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Streamlit looks for its secrets."""
    before = get_option("secrets.files")
    file = tmp_path / "secrets.toml"
    set_option("secrets.files", [str(file)])
    secrets_singleton._reset()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "data"))
    monkeypatch.delenv(VARIABLE, raising=False)
    yield file
    set_option("secrets.files", before)
    secrets_singleton._reset()


def test_without_secrets_nobody_signs_in(secrets: Path) -> None:
    assert signing_in.sign_in() is None
    assert signing_in.who_sends({}).role is Role.EDITOR
    secrets.write_text('[other]\nkey = "x"\n', encoding="utf-8")
    secrets_singleton._reset()
    assert signing_in.sign_in() is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[auth", "cannot be read"),
        ("[auth]\n", "redirect_uri"),
        (AUTH.replace("cookie_secret", "cookie_sign"), "cookie_secret"),
        (AUTH.replace(SECRET, "short"), "could be guessed"),
        (AUTH.replace("client_id", "client"), "client_id"),
        ('auth = "yes"\n', "is no table"),
    ],
)
def test_a_sign_in_that_is_not_set_up_whole_lets_nobody_in(
    secrets: Path, text: str, says: str
) -> None:
    secrets.write_text(text, encoding="utf-8")
    secrets_singleton._reset()
    asked = signing_in.sign_in()
    assert asked is not None
    assert says in asked.problem
    assert signing_in.who_sends({}).role is Role.STRANGER


def test_a_cookie_counts_that_streamlit_has_signed_and_no_other(secrets: Path) -> None:
    secrets.write_text(AUTH, encoding="utf-8")
    secrets_singleton._reset()
    (secrets.parent / "data").mkdir()
    people = secrets.parent / "data" / "people.toml"
    people.write_text('viewers = ["ben@hospital.example"]', encoding="utf-8")
    claims = {
        "email": "Ben@Hospital.example",
        "email_verified": True,
        "iat": time.time(),
        "is_logged_in": True,
        "origin": "http://127.0.0.1:8501",
    }
    name = "_streamlit_user"

    def sent(secret: str = SECRET, salt: str = name, **other: object) -> Role:
        value = create_signed_value(secret, salt, json.dumps({**claims, **other})).decode()
        return signing_in.who_sends({name: value}).role

    assert sent() is Role.VIEWER
    assert sent(secret="another secret altogether") is Role.STRANGER
    assert sent(salt="_streamlit_user_tokens") is Role.STRANGER
    assert sent(origin="http://elsewhere") is Role.STRANGER
    assert sent(email_verified=False) is Role.STRANGER
    assert sent(iat=time.time() - 13 * 3600) is Role.STRANGER
    for value in ("", "x", json.dumps(claims), "é\N{SNOWMAN}"):
        assert signing_in.who_sends({name: value}).role is Role.STRANGER
    assert signing_in.who_sends({}).role is Role.STRANGER


def test_a_public_show_asks_nobody(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.write_text(AUTH, encoding="utf-8")
    secrets_singleton._reset()
    monkeypatch.setenv(VARIABLE, "1")
    assert signing_in.sign_in() is None
    assert signing_in.who_sends({}).role is Role.VISITOR
