"""A viewer, an editor and a stranger, signed in at a provider on this computer; and a public show,
which leaves the data folder as it was to the last byte."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, expect

from core.datasets.phantom import draw
from core.public import VARIABLE
from core.store import Store, open_store
from core.workspace import Workspace
from tests.browser.running import WIDE, Server, Watched, until

pytestmark = [pytest.mark.browser, pytest.mark.large, pytest.mark.timeout(600)]

ANA, BEN, EVE, ZOE = (
    "ana@hospital.example", "ben@hospital.example", "eve@elsewhere.example", "zoe@hospital.example",
)  # fmt: skip
PEOPLE = f"""
editors = ["{ANA.title()}"]
viewers = ["*@hospital.example"]
"""
PAGES = ("", "explore", "prepare", "train", "results", "compare", "run", "classify", "history")
PROVIDERS_OWN = r"cdn\.jsdelivr\.net/npm/@picocss|/favicon\.ico"
SOME = ("explore", "run")  # the others: tests/pages/test_people.py


class Provider:
    """An OpenID Connect provider that knows four people; ``stop`` takes it down."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
        for name in (ANA, BEN, EVE, ZOE):
            claims = {"sub": name.partition("@")[0], "email": name, "email_verified": name != ZOE}
            command += ["--user-claims", json.dumps(claims)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until("the provider answers", self._answers)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/.well-known/openid-configuration", timeout=2).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    one = Provider()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def office(
    stocked: Path, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server where people sign in."""
    root = tmp_path_factory.mktemp("office") / "data"
    shutil.copytree(stocked, root)
    (root / "people.toml").write_text(PEOPLE, encoding="utf-8")
    one = Server(root)
    secrets = root.parent / "secrets.toml"
    secrets.write_text(
        f"""
[auth]
redirect_uri = "{one.url}/oauth2callback"
cookie_secret = "only for this test, and long enough"
client_id = "thoraxlens"
client_secret = "known to both"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"
""",
        encoding="utf-8",
    )
    one.options = ["--secrets.files", str(secrets)]
    one.start()
    yield one
    one.end()


def store_of(server: Server) -> Store:
    return open_store(Workspace(server.data))


def signed_in(watched: Watched, server: Server, name: str, page: str = "") -> None:
    """Sign in as a person does who has followed a link to ``page``."""
    watched.open(f"{server.url}/{page}")
    watched.page.get_by_role("button", name="Sign in").click()
    watched.page.get_by_role("button", name=name.partition("@")[0], exact=True).click()
    watched.page.wait_for_url(f"{server.url}/**")
    watched.settle()
    forget_provider(watched)


def forget_provider(watched: Watched) -> None:
    """Its page asks for an icon that it has not, and for a style sheet on the internet."""
    watched.problems = [one for one in watched.problems if not re.search(PROVIDERS_OWN, one)]


def test_who_has_not_signed_in_sees_no_page_and_gets_no_film(
    watched: Watched, office: Server
) -> None:
    film = next(iter(store_of(office).catalogue.known()))
    for page in SOME:
        watched.open(f"{office.url}/{page}")
        expect(watched.page.get_by_role("button", name="Sign in")).to_be_visible()
        assert watched.page.get_by_test_id("stHeading").all_inner_texts() == ["ThoraxLens"]
        assert watched.page.locator("img[src*=thumbnail], img[src*=media]").count() == 0
        watched.check()
    watched.check_access()
    asked = requests.get(f"{office.url}/thumbnail/{film}.jpg", timeout=60)
    assert (asked.status_code, asked.text) == (403, "Sign in to ThoraxLens first.\n")


def test_a_stranger_reads_why_and_gets_no_film(watched: Watched, office: Server) -> None:
    film = next(iter(store_of(office).catalogue.known()))
    signed_in(watched, office, EVE)
    expect(watched.page.get_by_text("has no role here. Ask whoever runs")).to_be_visible()
    for page in SOME:
        watched.open(f"{office.url}/{page}")
        expect(watched.page.get_by_text("has no role here")).to_be_visible()
    watched.check()
    answer = watched.page.context.request.get(f"{office.url}/thumbnail/{film}.jpg")
    assert answer.status == 403


def test_an_address_that_nobody_has_verified_is_a_strangers(
    watched: Watched, office: Server
) -> None:
    signed_in(watched, office, ZOE)
    expect(watched.page.get_by_text("has not been verified")).to_be_visible()


def test_a_viewer_looks_everywhere_and_changes_nothing(watched: Watched, office: Server) -> None:
    store = store_of(office)
    film = next(iter(store.catalogue.known()))
    before = store.deeds.count()
    signed_in(watched, office, BEN)
    sidebar = watched.page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("@hospital.example (viewer)")).to_be_visible()
    for page in PAGES:
        watched.open(f"{office.url}/{page}")
        watched.check()
    watched.open(f"{office.url}/train")
    acting = re.compile("^(Delete|Stop|Resume|Duplicate)")
    expect(watched.page.get_by_role("button", name=acting)).to_have_count(0)
    watched.open(f"{office.url}/explore?tab=Import")
    expect(watched.page.get_by_text("only an editor may bring in or remove films")).to_be_visible()
    answer = watched.page.context.request.get(f"{office.url}/thumbnail/{film}.jpg")
    assert answer.status == 200
    assert store.deeds.count() == before
    # The way out, by the provider's own page.
    watched.open(office.url)
    watched.page.get_by_role("button", name="Sign out").click()
    watched.page.get_by_role("button", name="End session").click()
    watched.page.wait_for_url(f"{office.url}/**")
    expect(watched.page.get_by_role("button", name="Sign in")).to_be_visible()
    forget_provider(watched)
    assert watched.page.get_by_text("did not work").count() == 0
    answer = watched.page.context.request.get(f"{office.url}/thumbnail/{film}.jpg")
    assert answer.status == 403


def test_an_editors_deeds_are_kept_with_their_address(watched: Watched, office: Server) -> None:
    store = store_of(office)
    run = store.runs.all()[0]
    signed_in(watched, office, ANA, f"run?run={run.run_id}&tab=audit")
    assert watched.page.url == f"{office.url}/run?run={run.run_id}&tab=audit"
    expect(watched.page.get_by_role("tab", name="Audit")).to_have_attribute("aria-selected", "true")
    watched.page.get_by_role("button", name="Star", exact=True).click()
    until("the star is kept", lambda: store.runs.get(run.run_id).remarks.star)
    assert store.deeds.latest(1)[0].who == ANA
    watched.open(f"{office.url}/history")
    expect(watched.page.get_by_role("heading", name="History")).to_be_visible()
    watched.settle()
    watched.check()
    # Who is taken out of the list is out with the next click.
    people = office.data / "people.toml"
    people.write_text('viewers = ["*@hospital.example"]', encoding="utf-8")
    watched.open(f"{office.url}/run?run={run.run_id}")
    expect(watched.page.locator(".st-key-run_star")).to_have_count(0)
    people.write_text(PEOPLE, encoding="utf-8")


def test_a_provider_that_is_down_is_said_in_a_sentence(
    watched: Watched, office: Server, provider: Provider
) -> None:
    provider.stop()
    watched.open(office.url)
    watched.page.get_by_role("button", name="Sign in").click()
    expect(watched.page.get_by_text("The sign-in did not work")).to_be_visible()
    watched.settle()
    watched.check()


def all_of(folder: Path) -> dict[str, str]:
    """Every file below a folder: what is in it, how large, and when it was changed."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place) / name
            state = file.stat()
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            found[str(file)] = f"{content} {state.st_size} {state.st_mtime_ns}"
    return found


@pytest.fixture
def show(_first_start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A public show of a data folder with the starter networks."""
    root = tmp_path / "data"
    shutil.copytree(_first_start, root)
    one = Server(root)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    one.environment |= {VARIABLE: "1", "TMPDIR": str(temporary)}
    one.start()
    yield one
    one.shut_down()


@pytest.fixture(scope="module")
def _first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start leaves it: films, starters; nobody works in it any more."""
    from core.datasets.phantom import ensure_phantoms
    from core.starter import install_starters

    root = tmp_path_factory.mktemp("first") / "data"
    store = open_store(Workspace(root).create())
    ensure_phantoms(store)
    install_starters(store)
    return root


def test_a_public_show_leaves_nothing_on_the_disk(
    browser: Browser, show: Server, tmp_path: Path
) -> None:
    before = all_of(show.data)
    context = browser.new_context(viewport=WIDE, color_scheme="dark")
    watched = Watched(context.new_page())
    for page in PAGES:
        watched.open(f"{show.url}/{page}")
        watched.check()
    expect(watched.page.get_by_text("This is a public show: nobody can")).to_be_visible()
    watched.open(f"{show.url}/demonstration")
    expect(watched.page.get_by_text("nobody can run the cheating demo here")).to_be_visible()
    watched.open(f"{show.url}/classify")
    picture = io.BytesIO()
    # More than a megabyte, which servers put into a temporary file while it comes.
    noise = np.random.default_rng(0).integers(0, 96, (1100, 1100)).astype(np.uint8)
    pixels = draw(8, covid_like=True, size=1100).pixels // 2 + noise
    Image.fromarray(pixels).save(picture, "PNG", compress_level=1)
    assert len(picture.getvalue()) > 1_100_000
    watched.page.locator(".st-key-classify_files input[type=file]").set_input_files(
        [{"name": "mine.png", "mimeType": "image/png", "buffer": picture.getvalue()}]
    )
    expect(watched.page.locator(".st-key-classify_answer h2").first).to_be_visible(timeout=120_000)
    watched.settle()
    expect(watched.page.get_by_role("button", name=re.compile("^Keep"))).to_have_count(0)
    watched.check()
    context.close()
    assert all_of(show.data) == before
    assert list((tmp_path / "tmp").rglob("*")) == []
    digest = hashlib.sha256(picture.getvalue()).digest()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or hashlib.sha256(file.read_bytes()).digest() != digest
    assert not watched.problems
