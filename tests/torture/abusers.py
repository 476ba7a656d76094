"""Those who would drown a hotline, in a process of their own: chats that write as fast as they can, from many networks,
sign-ins without end, pages that are opened and never read, and frames and bodies that are far too large.

`fairness` starts it and says on its input, a line each, when they begin, pause and end; it answers with a line each.
"""

import asyncio
import gc
import json
import socket as sockets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from random import uniform
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType

from hotline.ids import new_secret
from tests.bench.login import sign_in
from tests.factories import TRUST
from tests.flows.people import new_id

FILLED = 50  # long messages in the conversation that the slow readers open: more than a connection holds
AT_ONCE = 20  # who arrive
LONGEST = "ż" * 4000
HUGE_BODY, HUGE_FRAME = 300_000, 100_000  # bytes
PATIENCE = 14.0  # seconds that a slow reader does not read: more than it is given
CATCH_UP = 8.0  # seconds for what was on its way
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Crowd:
    """How many of each kind."""

    chats: int
    sign_ins: int
    slow: int
    oversized: int
    ramp: float  # seconds within which all of them have begun


class Abusers:
    """All of them, before one web process. `sent` counts by kind, `answers` by kind and status."""

    def __init__(self, origin: str, crowd: Crowd) -> None:
        self._origin, self._crowd = origin, crowd
        self._tokens: list[str] = []
        self._networks, self._numbers = count(1), count(1)
        self._slow: list[SlowReader] = []
        self._opened_at = 0.0
        self.sent: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()

    async def arrive(self, http: ClientSession) -> None:
        """Each begins a contact, from a network of its own; the first one's is then filled with long words."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def begins() -> None:
            token = new_secret()
            body = {"token": token, "id": new_id(), "text": "Halo?", "language": "pl"}
            async with turns:
                await self._post(http, "contacts", body)
            self._tokens.append(token)

        await asyncio.gather(*(begins() for _ in range(self._crowd.chats)))
        for _ in range(FILLED if self._crowd.slow else 0):
            await self._post(http, "messages", {"id": new_id(), "text": LONGEST}, self._tokens[0])

    @asynccontextmanager
    async def at_it(self, http: ClientSession) -> AsyncIterator[None]:
        """For as long as the block runs, one after the other from its begin."""
        crowd, tokens = self._crowd, self._tokens
        self._opened_at = time.monotonic()
        self._slow += [SlowReader(self._origin, tokens[0]) for _ in range(crowd.slow)]
        what: list[Coroutine[Any, Any, None]] = [
            *(self._again(self._writes, http, token) for token in tokens),
            *(self._again(self._listens, http, token) for token in tokens),
            *(self._again(self._babbles, http, token) for token in tokens[::10]),
            *(self._again(self._signs_in, http, number) for number in range(crowd.sign_ins)),
            *(self._again(self._says_too_much, http, token) for token in tokens[: crowd.oversized]),
        ]
        tasks = [asyncio.get_running_loop().create_task(each) for each in what]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def leave(self) -> None:
        """At last. The slow readers read what was on its way, and whether the house has ended it after that."""
        await asyncio.sleep(max(0.0, self._opened_at + PATIENCE - time.monotonic()) if self._slow else 0)
        async with asyncio.timeout(PATIENCE):
            ended = await asyncio.gather(*(each.ended() for each in self._slow))
        self.sent["slow reader"] = len(ended)
        self.answers["slow reader dropped"] = sum(ended)

    async def _again(self, what: Callable[..., Awaitable[None]], *given: Any) -> None:
        await asyncio.sleep(uniform(0, self._crowd.ramp))
        while True:
            with suppress(ClientError, ConnectionError, TimeoutError):
                await what(*given)
            await asyncio.sleep(0)

    async def _writes(self, http: ClientSession, token: str) -> None:
        """The next as soon as the last is answered."""
        address = self._address()
        while True:
            body = {"id": new_id(), "text": self._words()}
            await self._post(http, "messages", body, token, address)

    async def _listens(self, http: ClientSession, token: str) -> None:
        """The page of who writes."""
        async with self._page(http, token) as page:
            await self._hears(page)

    async def _babbles(self, http: ClientSession, token: str) -> None:
        """Words over the socket, the next as soon as the last is answered."""
        async with self._page(http, token) as page:
            while True:
                await page.send_json({"id": new_id(), "text": self._words()})
                self.sent["frame"] += 1
                answer: dict[str, Any] = {}
                while not answer.keys() & {"ack", "refused"}:
                    heard = await page.receive()
                    if heard.type is not WSMsgType.TEXT:
                        return
                    answer = heard.json()
                self.answers[f"frame {'stored' if 'ack' in answer else 'refused'}"] += 1

    async def _hears(self, page: ClientWebSocketResponse) -> None:
        async for _ in page:
            self.answers["frame heard"] += 1

    async def _signs_in(self, http: ClientSession, number: int) -> None:
        async for status in sign_in(http, number):
            self.sent["sign-in"] += 1
            self.answers[f"sign-in {status}"] += 1

    async def _says_too_much(self, http: ClientSession, token: str) -> None:
        """A body and a frame, each far beyond what is read."""
        body = {"id": new_id(), "text": "x" * HUGE_BODY}
        with suppress(ClientError):
            await self._post(http, "messages", body, token, kind="huge body")
        async with self._page(http, token) as page:
            self.sent["huge frame"] += 1
            await page.send_str("x" * HUGE_FRAME)
            async for _ in page:
                pass
            self.answers[f"huge frame {page.close_code}"] += 1

    async def _post(
        self,
        http: ClientSession,
        what: str,
        body: dict[str, str],
        token: str = "",
        address: str = "",
        kind: str = "",
    ) -> None:
        headers = {"X-Forwarded-For": address or self._address(), "Authorization": f"Bearer {token}"}
        self.sent[kind or what] += 1
        async with http.post(f"/chat/{TRUST}/{what}", json=body, headers=headers) as response:
            await response.read()
            self.answers[f"{kind or what} {response.status}"] += 1

    @asynccontextmanager
    async def _page(self, http: ClientSession, token: str) -> AsyncIterator[ClientWebSocketResponse]:
        headers = {"X-Forwarded-For": self._address()}
        async with http.ws_connect(f"/chat/{TRUST}/socket", headers=headers) as page:
            await page.send_json({"token": token, "after": 0})
            yield page

    def _words(self) -> str:
        """Every tenth as long as may be."""
        return LONGEST if next(self._numbers) % 10 == 0 else "Halo? " * 50

    def _address(self) -> str:
        number = next(self._networks)
        return f"10.{number >> 8 & 255}.{number & 255}.7"


class SlowReader:
    """A page on a bad connection that asks for a whole conversation and never reads a byte of it."""

    def __init__(self, origin: str, token: str) -> None:
        place = urlsplit(origin)
        self._connection = sockets.socket()
        self._connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        self._connection.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_MAXSEG, 536)  # buffers follow from it
        self._connection.connect((place.hostname, place.port))
        words = json.dumps({"token": token, "after": 0}).encode()
        head = (
            f"GET /chat/{TRUST}/socket HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        # one text frame, masked with zeros as a client must
        masked = bytes([0x81, 0x80 | len(words), 0, 0, 0, 0]) + words
        self._connection.sendall(head.encode() + masked)

    async def ended(self) -> bool:
        """Read at last: does it come to an end? To one who is still served, the house would send on."""
        loop = asyncio.get_running_loop()
        self._connection.setblocking(False)
        with self._connection, suppress(ConnectionError):
            try:
                async with asyncio.timeout(CATCH_UP):
                    while await loop.sock_recv(self._connection, 65536):
                        pass
            except TimeoutError:
                return False
        return True


async def obey(origin: str, crowd: Crowd, tell: Tell) -> None:
    """Arrive; then do what each line says, until the input ends."""
    gc.disable()  # they stand for many machines, which do not all hold their breath and then go on at the same instant
    abusers = Abusers(origin, crowd)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    connector = TCPConnector(limit=0)
    async with ClientSession(origin, headers={"Origin": origin}, connector=connector) as http:
        await abusers.arrive(http)
        tell("arrived")
        while (await lines.readline()).strip() == b"begin":
            async with abusers.at_it(http):
                tell("begun")
                await lines.readline()
            tell("paused")
        await abusers.leave()
    tell(json.dumps([abusers.sent, abusers.answers]))
