"""Under which names the server answers, and where a viewer sits.

A web page from elsewhere can let its own name point to this computer and so read, through a
viewer's browser, what only this computer should see (DNS rebinding). The name that the browser
asked for gives it away: it stands in the Host header.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS_VARIABLE = "THORAXLENS_HOSTS"
EVERYWHERE = ("", "0.0.0.0", "::")  # addresses of a server that listens on all networks
REFUSAL = (
    "ThoraxLens does not answer under this address. Use the one that it was started with, or "
    f"name this one in {HOSTS_VARIABLE} before you start it.\n"
)
MISDIRECTED = 421
NOT_WELCOME = 1008  # a WebSocket's close code; before it is accepted, the browser sees 403
READS = ("GET", "HEAD", "OPTIONS")
# What a reverse proxy adds: then the connection's own address is the proxy's.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def host_of(text: str) -> str:
    """The name or address in a Host header or an origin, in small letters, without a port or
    a final dot; empty when there is none."""
    try:
        name = urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        return ""
    return (name or "").rstrip(".")


def is_loopback(name: str) -> bool:
    """Whether this name or address can only mean the computer itself."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def own_hosts(bound: str) -> set[str]:
    """The names and addresses of a server that listens at ``bound``, and those that
    ``THORAXLENS_HOSTS`` adds. Names of this computer itself are not among them."""
    hosts = {host_of(one.strip()) for one in os.environ.get(HOSTS_VARIABLE, "").split(",")}
    if bound not in EVERYWHERE:
        return {host_of(_bracketed(bound)), *hosts} - {""}
    # Only now: a server on all networks is the exception, and this asks the system.
    import psutil

    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    hosts |= {name, short, f"{short}.local"}
    for addresses in psutil.net_if_addrs().values():
        hosts |= {one.address.partition("%")[0].lower() for one in addresses}
    return hosts - {""}


def is_here(bound: str, headers: Mapping[str, str]) -> bool:
    """Whether a viewer sits at the computer itself: the server listens there only, and what
    was asked came under its name and not through a proxy."""
    known = {name.lower(): value for name, value in headers.items()}
    if bound in EVERYWHERE or not is_loopback(host_of(_bracketed(bound))):
        return False
    if any(name in known for name in FORWARDED):
        return False
    return "host" not in known or is_loopback(host_of(known["host"]))


class KnownHosts:
    """ASGI middleware: refuses what was asked under a name that is not the server's."""

    def __init__(self, app: ASGIApp, bound: Callable[[], str]) -> None:
        """``bound``: where the server listens; asked at the first request, when it is known."""
        self._app = app
        self._bound = bound
        self._hosts: Collection[str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_welcome(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(REFUSAL, MISDIRECTED)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": NOT_WELCOME})

    def _is_welcome(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if not hosts or not all(self._is_known(host) for host in hosts):
            return False
        if scope["type"] == "http" and scope["method"] in READS:
            return True  # other origins cannot read what comes, and nothing changes by it
        return all(self._is_known(origin) for origin in headers.getlist("origin"))

    def _is_known(self, text: str) -> bool:
        name = host_of(text)
        if self._hosts is None:
            self._hosts = own_hosts(self._bound())
        return is_loopback(name) or name in self._hosts


def _bracketed(address: str) -> str:
    """As it stands in a URL."""
    return f"[{address}]" if ":" in address else address
