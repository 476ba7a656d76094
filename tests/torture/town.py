"""One or two houses on one database, their people, and pages whose sockets can be cut and come back elsewhere."""

import asyncio
import socket as sockets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from hotline.actions import signing_in, staff
from hotline.rules.access import OPERATOR
from hotline.system import System
from hotline.web.session import SESSION_COOKIE
from tests.factories import TRUST, Person, Running, add_person
from tests.torture.screens import CallerScreen, ConsoleScreen, Json

Screen = CallerScreen | ConsoleScreen


@dataclass
class Town:
    """Anna and Beata are on duty, Filip leads; `goes` and `returns` are the wire between the houses."""

    houses: Sequence[Running]
    http: aiohttp.ClientSession
    goes: Callable[[], None]
    returns: Callable[[], None]
    people: dict[str, Person] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def system(self, pick: int) -> System:
        return self.houses[pick % len(self.houses)].system

    def url(self, pick: int) -> str:
        return self.houses[pick % len(self.houses)].url

    def cookie(self, name: str) -> dict[str, str]:
        return {"Cookie": f"{SESSION_COOKIE}={self.secrets[name]}"}

    async def employ(self, name: str, roles: tuple[str, ...], lines: tuple[str, ...]) -> None:
        system = self.houses[0].system
        hours = 8 if lines else None
        self.people[name] = await add_person(system, name, lines, roles, hours=hours, text_limit=3)
        link = await staff.issue_link(system, OPERATOR, self.people[name].id)
        self.secrets[name] = await signing_in.sign_in_with_link(system, link)

    async def read(self, pick: int, path: str, headers: dict[str, str]) -> tuple[int, Json]:
        """A plain request, as a page makes it."""
        async with self.http.get(self.url(pick) + path, headers=headers) as response:
            return response.status, await response.json()


@asynccontextmanager
async def town_of(
    houses: Sequence[Running], goes: Callable[[], None], returns: Callable[[], None]
) -> AsyncIterator[Town]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        town = Town(houses, http, goes, returns)
        await town.employ("Anna", ("counsellor",), (TRUST,))
        await town.employ("Beata", ("counsellor",), (TRUST,))
        await town.employ("Filip", ("supervisor",), ())
        yield town


class Page:
    """One page: what it shows, and at most one live socket."""

    def __init__(self, town: Town, path: str, headers: dict[str, str], screen: Screen) -> None:
        self.screen = screen
        self._town, self._path, self._headers = town, path, headers
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()  # one socket at a time
        self.frames = self.again = 0

    @property
    def caller(self) -> CallerScreen:
        assert isinstance(self.screen, CallerScreen)
        return self.screen

    @property
    def live(self) -> bool:
        return self._reading is not None and not self._reading.done()

    async def connects(self, pick: int, hello: Json) -> None:
        """To one of the houses; what was there before is over, as on a page whose network went."""
        async with self._turn:
            await self._cut()
            url = self._town.url(pick)
            headers = {"Origin": url, **self._headers}
            self._socket = await self._town.http.ws_connect(url + self._path, headers=headers)
            await self._socket.send_json(hello)
            self._reading = asyncio.get_running_loop().create_task(self._read(self._socket))

    async def says(self, frame: Json) -> None:
        """Over the open line, which may be cut just then."""
        if self.live and self._socket is not None:
            with suppress(ConnectionError, aiohttp.ClientError):
                await self._socket.send_json(frame)

    async def cut(self) -> None:
        """No good-bye: the network goes."""
        async with self._turn:
            await self._cut()

    async def _cut(self) -> None:
        if self._socket is None or self._reading is None:
            return
        self._reading.cancel()
        await asyncio.wait([self._reading])
        with suppress(OSError, AttributeError):
            self._socket.get_extra_info("socket").shutdown(sockets.SHUT_RDWR)
        await self._socket.close()
        self._socket = self._reading = None

    def hears(self, frame: Json) -> None:
        self.frames += 1
        known = self._known()
        self.again += sum(each["seq"] in known for each in frame.get("entries", ()))
        self.screen.hears(frame)

    def _known(self) -> dict[int, Any]:
        if isinstance(self.screen, CallerScreen):
            return dict(self.screen.lines)
        return dict(self.screen.talk.entries)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.hears(message.json())
