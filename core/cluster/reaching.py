"""Whether anything listens at a cluster's address. Ray itself asks for ten minutes before it says
that nothing does."""

from __future__ import annotations

import socket

CONNECT_SECONDS = 5.0
AUTO = "auto"


def why_unreachable(address: str, patience: float = CONNECT_SECONDS) -> str:
    """A sentence, empty when something listens there. ``address``: as
    ``core.workspace.ray_address`` has it; ``auto`` is Ray's to find, which it does at once.
    ``patience``: in seconds."""
    if address == AUTO:
        return ""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        return f"“{address}” is no address of a cluster. Write auto, or HOST:PORT."
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=patience).close()
    except OSError as error:
        return f"Nothing answers at {address} ({error.strerror or error})."
    return ""
