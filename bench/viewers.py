"""Viewers without a browser: what Streamlit's page in the browser says to the server, and no more.

A browser draws for as long as the server works, and twenty of them take two cores for themselves.
So here each is a WebSocket that asks for pages as a click in the navigation does, and for the parts
of a page that renew themselves (a training's curves) as often as the page says. What is drawn is
not seen.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

PATIENCE = 120.0  # seconds


def load() -> None:
    """Load what the messages are read with: it takes seconds, which nobody is to wait for."""
    import streamlit.proto.BackMsg_pb2
    import streamlit.proto.ForwardMsg_pb2  # noqa: F401
    import websockets.asyncio.client  # noqa: F401


class Viewer:
    """One session of the server at ``address``, as an asynchronous context. ``wrong``: what it
    was shown that should not be, in words; it is added to."""

    def __init__(self, address: str, wrong: list[str], unforeseen: str) -> None:
        self._address = address.replace("http", "ws", 1)
        self._wrong = wrong
        self._unforeseen = unforeseen
        self._ended = asyncio.Event()
        self._page = ""
        self._renewing: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        from websockets.asyncio.client import connect

        self._socket = await connect(
            f"{self._address}/_stcore/stream", subprotocols=["streamlit"], max_size=None,  # type: ignore[list-item]
            open_timeout=PATIENCE, ping_timeout=PATIENCE,
        )  # fmt: skip
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in (*self._renewing, self._listening):
            task.cancel()
        with suppress(Exception):
            await self._socket.close()

    async def turn_to(self, page: str) -> float | None:
        """Ask for a page (the last part of its address); seconds until its script has run through,
        None when it never does."""
        for task in self._renewing:
            task.cancel()
        self._renewing.clear()
        self._page = page
        self._ended.clear()
        began = time.monotonic()
        await self._ask()
        try:
            await asyncio.wait_for(self._ended.wait(), PATIENCE)
        except TimeoutError:
            return None
        return time.monotonic() - began

    async def _ask(self, fragment: str = "") -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.page_name = self._page
        message.rerun_script.query_string = ""
        message.rerun_script.context_info.timezone = "UTC"
        message.rerun_script.context_info.locale = "en"
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        await self._socket.send(message.SerializeToString())

    async def _listen(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        async for data in self._socket:
            message: Any = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    self._ended.set()
            elif kind == "auto_rerun":
                again = message.auto_rerun
                self._renewing.append(
                    asyncio.create_task(self._renew(again.fragment_id, again.interval))
                )
            elif kind == "page_not_found":
                self._wrong.append(f"there is no page {self._page}")
            elif kind == "delta":
                element = message.delta.new_element
                if (
                    element.WhichOneof("type") == "exception"
                    or self._unforeseen in str(element)[:2000]
                ):
                    self._wrong.append(f"an error box on {self._page or 'home'}")

    async def _renew(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._ask(fragment)
