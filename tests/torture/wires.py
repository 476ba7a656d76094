"""A wire between two ends that fails as networks do: slow, cut, silent, in crumbs, or torn after some bytes.

Each connection has an ear, which understands what is said on it and may have it cut at that very moment.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from random import Random
from typing import Protocol

from tests.servers import HOST, free_port

CHUNK = 65536
CRUMBS = 500  # bytes of each piece that go one by one; the rest follows whole, or a page would take for ever
TORN_WITHIN = 2000  # bytes
RESET = struct.pack("ii", 1, 0)  # close with a reset, and forget what was not sent
FAULTS = ("delay", "reset", "half-open", "slices", "cut after")


class Ear(Protocol):
    """What listens to one connection."""

    def sent(self, data: bytes) -> bool:
        """These bytes go to the server: is the connection to be cut right behind them?"""

    def answered(self, data: bytes) -> bool:
        """These bytes came back: is the connection to be cut in front of them?"""


class Deaf:
    """Understands nothing."""

    def sent(self, data: bytes) -> bool:
        return False

    def answered(self, data: bytes) -> bool:
        return False


class _Line:
    """One connection: both of its ends."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter, ear: Ear) -> None:
        self.near, self.far, self.ear = near, far, ear
        self.left: int | None = None  # bytes until it is torn

    def reset(self) -> None:
        """The near end hears of it; the far end too, but works on what it was sent."""
        self.far.close()
        if self.near.transport.is_closing():
            return
        self.near.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.near.transport.abort()


class Wire:
    """Leads from its port to the server's, in whatever state it is."""

    def __init__(self, server: int, ear: Callable[[], Ear] = Deaf) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._server, self._ear = server, ear
        self._passes = asyncio.Event()
        self._passes.set()
        self._delay = 0.0
        self._in_crumbs = False
        self._tears: Random | None = None
        self._lines: set[_Line] = set()
        self._ways: set[asyncio.Task[None]] = set()
        self._felt = asyncio.Event()

    def ears(self) -> list[Ear]:
        """Of the connections that are there now."""
        return [line.ear for line in self._lines]

    async def suffers(self, fault: str, seconds: float, at_most: float, chance: Random) -> bool:
        """For so long, and until somebody felt it, but not for ever; did anybody?"""
        self._felt.clear()
        self._begin(fault, chance)
        try:
            await asyncio.sleep(seconds)
            with suppress(TimeoutError):
                async with asyncio.timeout(at_most):
                    await self._felt.wait()
        finally:
            self._heal()
        if (
            fault == "half-open" and chance.random() < 0.5
        ):  # some come back late, of some nothing is heard again
            self._reset_all()
        return self._felt.is_set()

    def _begin(self, fault: str, chance: Random) -> None:
        match fault:
            case "delay":
                self._delay = 0.05 + 0.2 * chance.random()
            case "reset":
                self._reset_all()
            case "half-open":
                self._passes.clear()
            case "slices":
                self._in_crumbs = True
            case "cut after":
                self._tears = chance
                for line in self._lines:
                    line.left = chance.randrange(TORN_WITHIN)
            case _:
                raise ValueError(fault)

    def _heal(self) -> None:
        self._delay, self._in_crumbs, self._tears = 0.0, False, None
        self._passes.set()
        for line in self._lines:
            line.left = None

    def _reset_all(self) -> None:
        for line in tuple(self._lines):
            self._felt.set()
            line.reset()

    # -- what passes ---------------------------------------------------------------------------------------

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection(HOST, self._server)
        except OSError:
            writer.close()
            return
        line = _Line(writer, far, self._ear())
        if self._tears is not None:
            line.left = self._tears.randrange(TORN_WITHIN)
        self._lines.add(line)
        for way in (self._there(line, reader), self._back(line, far_reader)):
            task = asyncio.get_running_loop().create_task(way)
            self._ways.add(task)
            task.add_done_callback(self._ways.discard)

    async def _there(self, line: _Line, reader: asyncio.StreamReader) -> None:
        with self._until_over(line):
            while data := await reader.read(CHUNK):
                cut = line.ear.sent(data)
                if not await self._pass(line, data, line.far) or cut:
                    line.reset()
                    break

    async def _back(self, line: _Line, reader: asyncio.StreamReader) -> None:
        with self._until_over(line):
            while data := await reader.read(CHUNK):
                if line.ear.answered(data) or not await self._pass(line, data, line.near):
                    line.reset()
                    break

    @contextmanager
    def _until_over(self, line: _Line) -> Iterator[None]:
        """When one direction is over, so is the other."""
        try:
            with suppress(ConnectionError):
                yield
        finally:
            self._lines.discard(line)
            line.near.close()
            line.far.close()

    async def _pass(self, line: _Line, data: bytes, writer: asyncio.StreamWriter) -> bool:
        """In the state that the wire has; False if the connection is torn in the middle."""
        if not self._passes.is_set():
            self._felt.set()
            await self._passes.wait()
        if self._delay:
            self._felt.set()
            await asyncio.sleep(self._delay)
        if line.left is not None:
            line.left -= len(data)
            if line.left <= 0:
                self._felt.set()
                writer.write(data[: len(data) + line.left])
                return False
        if self._in_crumbs:
            self._felt.set()
            for place in range(min(len(data), CRUMBS)):
                writer.write(data[place : place + 1])
                await asyncio.sleep(0)
            data = data[CRUMBS:]
        writer.write(data)
        await writer.drain()
        return True

    async def pulled(self) -> None:
        """Out of the wall."""
        for way in tuple(self._ways):
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)


@asynccontextmanager
async def wire_to(server: int, ear: Callable[[], Ear] = Deaf) -> AsyncIterator[Wire]:
    wire = Wire(server, ear)
    async with await asyncio.start_server(wire.connected, HOST, wire.port):
        try:
            yield wire
        finally:
            await wire.pulled()
