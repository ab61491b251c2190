"""nginx, with the configuration that docs/deployment has, before a server of a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.workspace import PROJECT_ROOT

DOCUMENTED = PROJECT_ROOT / "docs" / "deployment" / "nginx.conf"
NAME = "thoraxlens.localhost"  # browsers look for it here, and ThoraxLens must be told of it
# What Debian's own nginx.conf gives, in a folder of the test's: nobody else's nginx is touched.
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def nginx_path() -> str:
    """Debian's nginx; skips, and says so, where it is not installed."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not found or not shutil.which("openssl"):
        pytest.skip("no nginx or openssl here: apt-get install nginx-light openssl")
    return found


def replaced(text: str, changes: dict[str, str]) -> str:
    """Each of ``changes`` made; fails for one that the documented text no longer has."""
    for before, after in changes.items():
        assert before in text, f"{DOCUMENTED} no longer has {before!r}"
        text = text.replace(before, after)
    return text


def configured(folder: Path, port: int, *, secure: int, plain: int, under: str = "") -> Path:
    """The documented configuration in ``folder``, with a self-signed certificate, for a server at
    ``port``: HTTPS at the port ``secure``, HTTP at ``plain``. ``under``: the path to serve at."""
    folder.mkdir()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    site = replaced(
        DOCUMENTED.read_text(),
        {
            "thoraxlens.example.org": NAME,
            "/etc/ssl/certs/thoraxlens.pem": str(certificate),
            "/etc/ssl/private/thoraxlens.key": str(key),
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ": f"listen 127.0.0.1:{secure} ",
            "http://127.0.0.1:8501": f"http://127.0.0.1:{port}",
            "location / {": f"location /{under}{'/' if under else ''} {{",
        },
    )
    (folder / "site.conf").write_text(site)
    whole = folder / "nginx.conf"
    whole.write_text(AROUND.format(folder=folder))
    return whole


@contextmanager
def proxy(configuration: Path, secure: int) -> Iterator[None]:
    """nginx with this configuration, once it listens at the port ``secure``."""
    process = subprocess.Popen(
        [nginx_path(), "-c", str(configuration), "-p", str(configuration.parent)],
        stderr=subprocess.PIPE,
    )
    try:
        until = time.monotonic() + 120
        while True:
            assert process.poll() is None, process.communicate()[1].decode()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", secure)) == 0:
                    break
            assert time.monotonic() < until
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.communicate()


def two_free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])
