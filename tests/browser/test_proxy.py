"""Through nginx as docs/deployment.md sets it up: TLS, WebSockets, uploads, a path of its own."""

from __future__ import annotations

import http.client
import io
import ssl
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from core.store import Store
from pages.components.hosts import HOSTS_VARIABLE, MISDIRECTED
from tests.browser.proxying import NAME, configured, nginx_path, proxy, two_free_ports
from tests.browser.running import PATIENCE, QUIET, UNFORESEEN, WIDE, Server
from tests.browser.test_film_map import FILM, first, with_a_map
from tests.core.datasets.conftest import film_bytes

UNDER = "lens"
# More than nginx takes where nobody has told it to take more.
LITTER = bytes(range(256)) * 8192


class _ServerUnder(Server):
    """One that serves its pages under a path."""

    @property
    def url(self) -> str:
        return f"{super().url}/{UNDER}"


@dataclass
class Proxied:
    """What browsers go to, and the ports of nginx."""

    address: str
    secure: int
    plain: int
    store: Store


@pytest.fixture(scope="module")
def proxied(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    nginx_path()
    folder = tmp_path_factory.mktemp("proxied")
    store = with_a_map(stocked, folder / "data")
    server = _ServerUnder(folder / "data")
    server.environment |= {HOSTS_VARIABLE: NAME, "STREAMLIT_SERVER_BASE_URL_PATH": UNDER}
    secure, plain = two_free_ports()
    whole = configured(folder / "nginx", server.port, secure=secure, plain=plain, under=UNDER)
    server.start()
    try:
        with proxy(whole, secure):
            yield Proxied(f"https://{NAME}:{secure}/{UNDER}", secure, plain, store)
    finally:
        server.kill()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window that takes the test's own certificate; fails on what breaks in it."""
    context = browser.new_context(viewport=WIDE, color_scheme="dark", ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("request", lambda one: None if _is_ours(one.url) else broken.append(one.url))
    yield page
    assert page.get_by_text(UNFORESEEN).count() == 0
    assert page.get_by_test_id("stException").count() == 0
    context.close()
    assert broken == []


def _is_ours(address: str) -> bool:
    return address.startswith((f"https://{NAME}:", f"wss://{NAME}:", "data:", "blob:"))


def test_nginx_takes_the_documented_configuration(tmp_path: Path) -> None:
    whole = configured(tmp_path / "nginx", 8501, secure=8443, plain=8080)
    done = subprocess.run(
        [nginx_path(), "-t", "-c", str(whole)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_a_film_on_the_map_and_an_upload_come_through(proxied: Proxied, page: Page) -> None:
    page.goto(f"{proxied.address}/explore?tab=Map")
    page.wait_for_function(QUIET)
    at = first(page)
    page.mouse.move(at["x"] + 60, at["y"] - 90)
    page.mouse.move(at["x"] + at["width"] / 2 + 1, at["y"] + at["height"] / 2)
    picture = page.locator(FILM)
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())

    page.get_by_role("tab", name="Import").click()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(4):
            finding = ("COVID-19", "No finding")[number % 2]
            archive.writestr(f"films/{finding}/{number}.png", film_bytes(number))
        archive.writestr("films/notes.bin", LITTER)
    page.locator("input[type=file][accept*=zip]").first.set_input_files(
        [{"name": "more.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}]
    )
    expect(page.get_by_text("more.zip")).to_be_visible()
    page.get_by_role("button", name="Import zip file").click()
    expect(page.get_by_role("heading", name="Import of “more”")).to_be_visible()
    assert proxied.store.catalogue.count() == 44

    link = page.get_by_test_id("stSidebar").get_by_role("link", name="Results")
    link.click()
    expect(page.get_by_role("heading", name="Results", exact=True)).to_be_visible()
    assert page.url.startswith(f"{proxied.address}/results")


def test_plain_http_is_sent_on_and_a_strange_name_is_refused(proxied: Proxied) -> None:
    sent = requests.get(
        f"http://127.0.0.1:{proxied.plain}/lens/",
        headers={"Host": NAME},
        allow_redirects=False,
        timeout=30,
    )
    assert (sent.status_code, sent.headers["location"]) == (301, f"https://{NAME}/lens/")
    for name, code in ((NAME, 200), ("evil.example", MISDIRECTED)):
        trusting = ssl.create_default_context(cafile=None)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        asked = http.client.HTTPSConnection("127.0.0.1", proxied.secure, context=trusting)
        asked.request("GET", "/lens/", headers={"Host": name, "Accept": "text/html"})
        answer = asked.getresponse()
        assert answer.status == code
        assert (b"ThoraxLens" in answer.read()) or code != 200
        asked.close()
