"""A cable between a process and its server, which a test may freeze: nothing passes, and nobody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.servers import HOST, free_port


class Cable:
    """Leads from its port to the server's."""

    def __init__(self, server: int) -> None:
        self.port = free_port()
        self._server = server
        self._passes = asyncio.Event()
        self._passes.set()
        self._left: int | None = None  # so many pieces may still pass
        self._ways: set[asyncio.Task[None]] = set()

    def freeze(self, *, after: int = 0) -> None:
        """What is sent from now on is kept back, or after so many pieces; connections seem to be as they were."""
        self._left = after
        self._count()

    def _count(self) -> None:
        if self._left == 0:
            self._passes.clear()
        elif self._left is not None:
            self._left -= 1

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near, far = (reader, writer), await asyncio.open_connection(HOST, self._server)
        for one, other in ((near, far), (far, near)):
            self._ways.add(asyncio.get_running_loop().create_task(self._pass(one[0], other[1])))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError):
                while data := await reader.read(65536):
                    await self._passes.wait()
                    self._count()
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.close()

    async def cut(self) -> None:
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)


@asynccontextmanager
async def cable_to(server: int) -> AsyncIterator[Cable]:
    cable = Cable(server)
    async with await asyncio.start_server(cable.connected, HOST, cable.port):
        try:
            yield cable
        finally:
            await cable.cut()
