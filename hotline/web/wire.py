"""One open socket: what is sent over it waits for its reader, and whoever takes nothing is dropped.

Ten thousand of these are open and quiet; what each keeps is counted.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic_core import to_json

from hotline.web.keys import SOCKETS, SYSTEM

ALIVE: Final = to_json({"alive": True})  # a page cannot see pings; this it can, and it costs no reading
SEND_SECONDS = 10  # a reader slower than this is dropped; it resumes after its cursor
CLOSE_SECONDS = 5  # for the other end's good-bye
FRAME_LIMIT: Final = 32 * 1024  # the longest message in the longest writing


class Wire:
    """`watched`: the page counts on hearing something with each ping, and takes silence for a dead line."""

    __slots__ = ("request", "socket", "watched")

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, *, watched: bool) -> None:
        self.request, self.socket, self.watched = request, socket, watched

    @classmethod
    async def open(cls, request: web.Request, *, watched: bool = False) -> "Wire":
        """Once the page has it; one that comes while the house closes is sent away."""
        # Compression is off: it would tell lengths of secrets apart, and costs memory per socket.
        # What is sent is written at once: those who send wait for room themselves, before they make a frame.
        socket = web.WebSocketResponse(
            autoping=False,
            compress=False,
            max_msg_size=FRAME_LIMIT,
            timeout=CLOSE_SECONDS,
            writer_limit=sys.maxsize,
        )
        await socket.prepare(request)
        socket.headers.clear()  # they are sent, and ten thousand lines would keep two kilobytes of them each
        if request.transport is not None:
            request.transport.set_write_buffer_limits(0)  # one frame is on its way, and none behind it
        request.app[SOCKETS].add(socket)
        if request.app[SYSTEM].closing.is_set():  # those that are open have been told already
            await _go_away(socket)
        return cls(request, socket, watched=watched)

    async def room(self) -> None:
        """Until the reader has taken what was sent before. Raises TimeoutError for one who takes nothing.

        Whoever is waited for here costs no frame: what it would hold is read after that.
        """
        if not self._has_room():  # else there is nothing to wait for, and a limit costs more than the sending
            async with asyncio.timeout(SEND_SECONDS):
                await self.request.writer.drain()

    async def send(self, frame: dict[str, Any]) -> None:
        """As soon as there is room. Raises TimeoutError as that does, and ConnectionError once the page is gone."""
        await self.room()
        await self.socket.send_frame(to_json(frame), WSMsgType.TEXT)

    def send_now(self, frame: dict[str, Any]) -> bool:
        """Without waiting; False where that cannot be, and nothing is sent."""
        return self._has_room() and self._write(to_json(frame), WSMsgType.TEXT)

    def ping(self) -> None:
        """Who has not taken yet what was sent before is not asked as well."""
        if self._has_room() and self._write(b"", WSMsgType.PING) and self.watched:
            self._write(ALIVE, WSMsgType.TEXT)

    def drop(self) -> None:
        """A good-bye would wait behind all that this reader does not take."""
        if self.request.transport is not None:
            self.request.transport.abort()

    def _write(self, data: bytes, kind: WSMsgType) -> bool:
        """Where there is room; False where the line is closed."""
        if self.socket.closed:
            return False
        sending = self.socket.send_frame(data, kind)
        try:
            sending.send(None)
        except StopIteration:
            return True
        except ConnectionError:  # its page is gone, which the reading end is about to find out
            return False
        sending.close()  # it is written, and nothing is waited for
        return True

    def _has_room(self) -> bool:
        transport = self.request.transport
        return transport is not None and not transport.get_write_buffer_size()


async def close_all(app: web.Application) -> None:
    """Tell every page that we go, so that it reconnects instead of wondering; all at once, waiting for none long."""
    sockets = app[SOCKETS]
    async with asyncio.TaskGroup() as group:
        for socket in tuple(sockets):
            group.create_task(_go_away(socket))


async def _go_away(socket: web.WebSocketResponse) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close(code=WSCloseCode.GOING_AWAY, drain=False)
