"""The people of the stories, each with a browser of their own: they speak HTTP and WebSocket and nothing else.

Whoever waits, waits for a frame of the socket or asks again until a deadline; nobody sleeps and hopes.
"""

import asyncio
import html
import json
import re
import secrets
import socket as sockets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Any, TypeVar

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    CookieJar,
    WSMsgType,
)

Json = dict[str, Any]
Headers = dict[str, str]
Found = TypeVar("Found")
DEADLINE = 60.0  # seconds; a busy machine is slow, not wrong


async def eventually(ask: Callable[[], Awaitable[Found | None]], what: str) -> Found:
    """Ask until there is an answer. Fails with `what` after the deadline."""
    until = time.monotonic() + DEADLINE
    while not (found := await ask()):
        assert time.monotonic() < until, f"waited in vain: {what}"
        await asyncio.sleep(0.02)
    return found


def new_id() -> str:
    """What a page makes up for each thing it sends."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the house said to one request."""

    status: int
    text: str
    location: str

    def json(self) -> Json:
        body: Json = json.loads(self.text)
        return body

    def ok(self) -> Json:
        """The body of a request that went well."""
        assert self.status in (200, 201), self.text
        return self.json()

    def refusal(self) -> tuple[int, str]:
        """(status, code) of one that did not; the person reads a whole sentence."""
        error = self.json()["error"]
        assert error["sentence"].endswith((".", "0")), error
        return self.status, error["code"]


class Browser:
    """One person's browser: a cookie jar and at most one live page.

    Where the house has several web processes, its requests and sockets go to one after the other.
    """

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = cycle(origins)
        headers = {"Accept-Language": "pl"}
        self._session = ClientSession(headers=headers, cookie_jar=CookieJar(unsafe=True))
        self._socket: ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._unanswered: dict[str, asyncio.Future[Json]] = {}  # id -> what the line says of these words
        self.ways: Mapping[str, str] = {}  # origin -> where the way to it begins, if not at itself

    async def ask(
        self, method: str, path: str, body: Json | None = None, *, headers: Headers | None = None, **more: Any
    ) -> Answer:
        origin = next(self._origins)
        more |= {"headers": {"Origin": origin, **(headers or {})}, "allow_redirects": False}
        async with self._session.request(method, self._way(origin) + path, json=body, **more) as response:
            return Answer(response.status, await response.text(), response.headers.get("Location", ""))

    async def until(self, condition: Callable[[], Found | None], what: str) -> Found:
        """Look again at every frame until the condition holds; what it found."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not (found := condition()):
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain: {what}; on the screen: {self.screen()}") from None
        return found

    def screen(self) -> object:
        """What to show when a test fails."""
        return None

    def hears(self, frame: Json) -> None:
        """One frame of the socket, of those who have one."""
        raise AssertionError(f"a page without a socket was sent {frame}")

    @property
    def live(self) -> bool:
        """Is the page connected?"""
        return self._reading is not None and not self._reading.done()

    async def connect(self, path: str, hello: Json | None = None) -> None:
        origin = next(self._origins)
        self._socket = await self._session.ws_connect(self._way(origin) + path, headers={"Origin": origin})
        if hello is not None:
            await self._socket.send_json(hello)
        self._reading = asyncio.get_running_loop().create_task(self._read(self._socket))

    async def say(self, frame: Json) -> None:
        assert self._socket is not None
        await self._socket.send_json(frame)

    async def says(self, frame: Json, message: str) -> Answer:
        """Words over the open line, and what comes back once they are stored. Raises ClientError if the line breaks."""
        if self._reading is None or self._reading.done():
            raise ClientConnectionError
        answer = self._unanswered[message] = asyncio.get_running_loop().create_future()
        try:
            await self.say(frame)
            await asyncio.wait([answer, self._reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._unanswered.pop(message, None)
        if not answer.done():
            raise ClientConnectionError
        told = answer.result()
        if "ack" in told:
            return Answer(200, json.dumps(told["ack"]), "")
        return Answer(told["refused"]["status"], json.dumps({"error": told["refused"]}), "")

    async def pong(self) -> None:
        """An unasked sign of life; the server's own pings are answered by themselves."""
        assert self._socket is not None
        await self._socket.pong()

    async def cut(self) -> None:
        """The network goes, in the middle of whatever is under way: no goodbye, no close frame."""
        assert self._socket is not None
        self._socket.get_extra_info("socket").shutdown(sockets.SHUT_RDWR)
        await self.gone()

    async def gone(self) -> int | None:
        """Wait until the socket has ended; its close code."""
        assert self._socket is not None
        assert self._reading is not None
        async with asyncio.timeout(DEADLINE):
            await self._reading
        return self._socket.close_code

    async def stays(self, come_back: Callable[[], Awaitable[None]]) -> None:
        """Come back whenever the connection goes, until cancelled, as a page does by itself."""
        while True:
            if self._reading is not None:
                await asyncio.wait([self._reading])
            with suppress(ClientError, AssertionError, TimeoutError):
                await come_back()
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Close page and browser."""
        if self._socket is not None:
            await self._socket.close()
            await self.gone()
        await self._session.close()

    def _way(self, origin: str) -> str:
        return self.ways.get(origin, origin)

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            frame = json.loads(message.data)
            told = frame.get("ack") or frame.get("refused")
            if told is None:
                self.hears(frame)
            elif (answer := self._unanswered.get(told["id"])) is not None and not answer.done():
                answer.set_result(frame)
            self._moved.set()


class WebCaller(Browser):
    """Somebody who writes in the chat of a line."""

    def __init__(self, origins: Sequence[str], line: str) -> None:
        super().__init__(origins)
        self.line = line
        self.token = secrets.token_urlsafe(32)
        self.state: Json = {}
        self.seen: list[Json] = []  # every entry in the order it came, repeats included
        self.own: set[int] = (
            set()
        )  # numbers of those that are here because they were acknowledged on the line
        self.cursor = 0

    async def page(self) -> str:
        """The page of the line as a person reads it, before any script."""
        answer = await self.ask("GET", f"/chat/{self.line}")
        assert answer.status == 200
        return " ".join(html.unescape(re.sub(r"<[^>]+>", "", answer.text)).split())

    async def begin(self, text: str | None, **answers: Any) -> Answer:
        """A first message with the answers given before it."""
        words = {} if text is None else {"text": text}
        body = {"token": self.token, "id": new_id(), "language": "pl", **words, **answers}
        return await self.ask("POST", f"/chat/{self.line}/contacts", body)

    async def writes_first(self, text: str | None, **answers: Any) -> None:
        """The first message is taken, and the page stays open."""
        self.hears((await self.begin(text, **answers)).ok())
        await self.resumes()

    async def send(self, text: str, message_id: str | None = None) -> Answer:
        body = {"id": message_id or new_id(), "text": text}
        return await self.ask("POST", f"/chat/{self.line}/messages", body, headers=self._secret)

    async def send_on_line(self, text: str, message_id: str) -> Answer:
        """As the page sends where its line is open: what is acknowledged on it stands on the page by that."""
        answer = await self.says({"id": message_id, "text": text}, message_id)
        if answer.status == 200 and (seq := answer.json()["seq"]) not in [each["seq"] for each in self.seen]:
            self.own.add(seq)
            self.seen.append({"seq": seq, "kind": "message", "text": text})
            self.seen.sort(key=_number)
        return answer

    async def writes(self, text: str) -> Json:
        return (await self.send(text)).ok()

    async def answers(self, question: str, value: str) -> None:
        body = {"question": question, "value": value}
        (await self.ask("POST", f"/chat/{self.line}/answers", body, headers=self._secret)).ok()

    async def resumes(self) -> None:
        """Open the socket after what has been seen."""
        await self.connect(f"/chat/{self.line}/socket", {"token": self.token, "after": self.cursor})

    async def is_there(self) -> None:
        """The page shows that it is alive."""
        answer = await self.ask(
            "GET", f"/chat/{self.line}/contact", params={"after": str(self.cursor)}, headers=self._secret
        )
        answer.ok()

    async def reads(self, text: str) -> Json:
        """Wait until these words are on the page; their entry."""
        return await self.until(
            lambda: next((each for each in self.seen if text in each["text"]), None), f"the words {text!r}"
        )

    async def sees(self, **state: object) -> Json:
        """Wait until the state shows all this; a sentence needs only begin so."""

        def shown() -> Json | None:
            same = all(
                str(self.state[key]).startswith(wanted)
                if isinstance(wanted, str)
                else self.state[key] == wanted
                for key, wanted in state.items()
            )
            return self.state if same else None

        return await self.until(shown, f"the state {state}")

    def words(self) -> list[str]:
        """What was said by people, in order."""
        return [each["text"] for each in self.seen if each["kind"] == "message"]

    def saw_each_entry_once_in_order(self) -> None:
        numbers = [each["seq"] for each in self.seen]
        assert numbers == sorted(set(numbers)), numbers

    def hears(self, frame: Json) -> None:
        self.state = frame.get("state", self.state)
        self.seen += [each for each in frame["entries"] if each["seq"] not in self.own]
        if self.own:  # an answer may overtake what was said before
            self.seen.sort(key=_number)
        self.cursor = max(self.cursor, frame["cursor"])

    def screen(self) -> object:
        return {"state": self.state, "texts": [each["text"] for each in self.seen][-8:]}

    @property
    def _secret(self) -> Headers:
        return {"Authorization": f"Bearer {self.token}"}


def _number(entry: Json) -> int:
    number: int = entry["seq"]
    return number
