"""A lean WebSocket client: enough of RFC 6455 to drive a server hard and to take little of the machine from it."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from struct import pack, unpack_from

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
NO_MASK = b"\0\0\0\0"  # a mask of zeros is a mask, and leaves the text as it is
Hear = Callable[[bytes], None]


class Refused(ConnectionError):
    """The server did not take the socket; with the first line of what it said."""


class Wire(asyncio.Protocol):
    """One socket. `hear` is called with the text of each frame as it comes."""

    def __init__(self, address: str, path: str, headers: dict[str, str], hear: Hear) -> None:
        self._hear = hear
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._data = b""
        self._in_frames = False
        self.pings = 0
        given = {
            "Host": address,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
            **headers,
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
        self._request = "\r\n".join(lines).encode()

    @classmethod
    async def open(
        cls, origin: str, path: str, headers: dict[str, str], hear: Hear, source: str = "127.0.0.1"
    ) -> "Wire":
        """Raises Refused. `source` is an address of this machine: each has its own ports."""
        address = origin.removeprefix("http://")
        host, port = address.split(":")
        _, wire = await asyncio.get_running_loop().create_connection(
            lambda: cls(address, path, headers, hear), host, int(port), local_addr=(source, 0)
        )
        await wire._opened
        return wire

    def say(self, text: str) -> None:
        self._send(TEXT, text.encode())

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def leave(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(Refused(str(error)))

    def data_received(self, data: bytes) -> None:
        if self._data:
            data = self._data + data
        if not self._in_frames:
            data = self._head(data)
        self._data = self._frames(data) if self._in_frames else data

    def _head(self, data: bytes) -> bytes:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return data
        status = head.split(b"\r\n", 1)[0].decode()
        if not status.startswith("HTTP/1.1 101"):
            self._opened.set_exception(Refused(status))
            self._transport.abort()
            return b""
        self._in_frames = True
        self._opened.set_result(None)
        return rest

    def _frames(self, data: bytes) -> bytes:
        """Hear all whole frames; what is left begins the next one. Servers neither mask nor split here."""
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126 and end - at >= 4:
                size, start = unpack_from(">H", data, start)[0], at + 4
            elif size == 127 and end - at >= 10:
                size, start = unpack_from(">Q", data, start)[0], at + 10
            elif size >= 126:
                break
            if end < start + size:
                break
            self._frame(data[at] & 0xF, data[start : start + size])
            at = start + size
        return data[at:]

    def _frame(self, kind: int, body: bytes) -> None:
        if kind == TEXT:
            self._hear(body)
        elif kind == PING:
            self.pings += 1
            self._send(PONG, body)
        elif kind == CLOSE:
            self._transport.close()

    def _send(self, kind: int, body: bytes) -> None:
        size = len(body)
        length = bytes((0x80 | size,)) if size < 126 else pack(">BH", 0x80 | 126, size)
        self._transport.write(bytes((0x80 | kind,)) + length + NO_MASK + body)
