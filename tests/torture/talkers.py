"""Who writes all the time: people on the web, people with Telegram, counsellors; and newcomers who come and go.

Each repeats what was not acknowledged with its id, and comes back when the connection goes, as the real pages do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from aiohttp import ClientError

from hotline.errors import HotlineError
from tests.bots.bot_api import BotApi, Json
from tests.flows.people import Answer, Browser, WebCaller, new_id
from tests.flows.processes import Process, Street
from tests.flows.staff import CARD, Counsellor
from tests.flows.talks import PAUSE, Pen, Talk, talks_of
from tests.torture.fleet import Fleet
from tests.torture.history import History, Said, Send

TRY_SECONDS = 15.0  # for one try, like a page
OF_CALLERS = 0.45  # seconds between one's messages: whoever writes 120 in a minute is slowed
OF_STAFF = 0.02
TO_PHONES = 1.2  # Telegram lets one a second pass
FIRST_CHAT = (1 << 52) + 1
COPIES = 4  # more of an update, at most
WINDOW = 1.0  # seconds within which they come, meanwhile the chat's next ones and others'
COMES_EVERY = 1.0
ON_LINE = 0.7  # of the words of a page whose line is open
Try = Callable[[], Awaitable[Answer]]


async def answered(attempt: Try) -> Answer | None:
    """None if nobody answered in time."""
    try:
        async with asyncio.timeout(TRY_SECONDS):
            return await attempt()
    except (ClientError, TimeoutError):
        return None


def _by_either(page: Browser, on_line: Send, by_request: Send, chance: Random) -> Send:
    """Over the open line, as pages do; and some by a request, as when there is none."""

    async def send(text: str, message: str) -> Answer:
        way = on_line if page.live and chance.random() < ON_LINE else by_request
        async with asyncio.timeout(TRY_SECONDS):
            return await way(text, message)

    return send


async def talks(fleet: Fleet, history: History, count: int) -> list[Talk]:
    """On the web, each with a counsellor of its own."""
    made = (await talks_of(fleet.street, count, *fleet.webs)).talks
    for talk in made:
        for pen, pause in zip(talk.pens, (OF_CALLERS, OF_STAFF), strict=True):
            pen.pause = pause
        his, hers = talk.pens
        ways = {
            his: _by_either(talk.caller, talk.caller.send_on_line, his.send, fleet.chance),
            hers: _by_either(
                talk.counsellor, partial(talk.counsellor.send_on_line, talk.contact), hers.send, fleet.chance
            ),
        }
        for pen, send in ways.items():
            pen.send = history.noted(pen.name, talk.contact, send)
    return made


@dataclass(eq=False)
class Chat:
    """Somebody with Telegram, and the counsellor who answers."""

    api: BotApi
    number: int
    history: History
    chance: Random
    counsellor: Counsellor
    contact: str = ""
    confirmed: int = 0
    delivered: int = 0  # copies and repetitions included
    pen: Pen = field(init=False)  # the counsellor's

    async def begins(self) -> None:
        await self._tells("zaczyna")
        self.contact = await self.counsellor.answers_next()
        name = f"Na{self.number}"
        desk = self.counsellor
        ways = partial(desk.send_on_line, self.contact), partial(desk.send, self.contact)
        send = _by_either(desk, *ways, self.chance)
        self.pen = Pen(name, self.history.noted(name, self.contact, send), TO_PHONES)

    async def writes(self, stop: asyncio.Event, copies: asyncio.TaskGroup, pause: float) -> None:
        """One update after another, each until it is confirmed; some come again later."""
        while not stop.is_set():
            text, update = await self._tells(str(self.confirmed))
            self.confirmed += 1
            self.history.heard(Said(self.name, self.contact, f"tg:{update['update_id']}", text))
            for _ in range(self.chance.randint(0, COPIES)):
                copies.create_task(self._brings_late(update))
            await asyncio.sleep(pause)

    async def _tells(self, what: str) -> tuple[str, Json]:
        """The bot, until that is confirmed; the words and their update."""
        text = f"{self.name} {what}."
        update = self.api.message(self.number, text)
        while not await self._brings(update):  # noqa: ASYNC110  it is the trying that counts
            await asyncio.sleep(PAUSE)
        return text, update

    async def _brings(self, update: Json) -> bool:
        """Was it confirmed?"""
        self.delivered += 1
        try:
            async with asyncio.timeout(TRY_SECONDS):
                return await self.api.deliver(update) == 200
        except (ClientError, TimeoutError):
            return False

    async def _brings_late(self, update: Json) -> None:
        await asyncio.sleep(WINDOW * self.chance.random())
        await self._brings(update)

    @property
    def name(self) -> str:
        return f"Telefon{self.number}"

    async def comes_back(self) -> None:
        await self.counsellor.opens_console()
        await self.counsellor.opens(self.contact)


async def chats(
    street: Street, webs: list[Process], api: BotApi, history: History, chance: Random, count: int
) -> list[Chat]:
    """On Telegram, each with a counsellor of its own."""
    made: list[Chat] = []
    for place in range(count):
        counsellor = await street.counsellor(f"Dana{place}", *webs, talks=1)
        chat = Chat(api, FIRST_CHAT + place, history, chance, counsellor)
        await chat.begins()
        made.append(chat)
    return made


@dataclass(eq=False)
class Reception:
    """Newcomers write a first word each, and Beata takes them one after the other: answers, ends, sums up."""

    street: Street
    history: History
    beata: Counsellor
    came: dict[str, str] = field(default_factory=dict)  # contact -> first words
    replied: set[str] = field(default_factory=set)
    summed_up: set[str] = field(default_factory=set)

    async def fills(self, fleet: Fleet, stop: asyncio.Event) -> None:
        """They come, unless two are waiting already."""
        while not stop.is_set():
            if len(self.came) - len(self.summed_up) < 3:
                await self._comes(fleet)
            await asyncio.sleep(COMES_EVERY)

    async def _comes(self, fleet: Fleet) -> None:
        caller, first, text = self.street.caller(*fleet.webs), new_id(), f"Gość {len(self.came)}."
        while (
            answer := await answered(lambda: caller.begin(text, id=first))
        ) is None or answer.status != 201:
            assert answer is None or answer.status == 503, answer.text
            await asyncio.sleep(PAUSE)
        contact = await self._contact_of(caller)
        self.came[contact] = text
        self.history.heard(Said(f"Gość {contact}", contact, first, text))

    async def _contact_of(self, caller: WebCaller) -> str:
        while True:
            try:
                return await self.street.contact_of(caller)
            except HotlineError:  # the database is away
                await asyncio.sleep(PAUSE)

    async def serves(self, stop: asyncio.Event) -> None:
        """Look at the desk and do what is next, until nobody is left."""
        while not stop.is_set() or len(self.summed_up) < len(self.came):
            pane = await answered(lambda: self.beata.ask("GET", "/console/state"))
            if pane is not None and pane.status == 200:
                await self._does_next(pane.json())
            await asyncio.sleep(0.1)

    async def _does_next(self, pane: Json) -> None:
        if pane["me"]["held"]:  # it rang while the network was away
            await answered(lambda: self.beata.ask("POST", "/console/availability", {"intent": "available"}))
        if (offer := pane["offer"]) is not None:
            await answered(lambda: self.beata.tries_to_accept(offer))
        for row in pane["mine"]:
            contact = row["contact_id"]
            if row["state"] == "wrap_up":
                saved = await answered(partial(self._sums_up, contact))
                if saved is not None and saved.status == 200:
                    self.summed_up.add(contact)
            elif contact in self.replied:
                path = f"/console/contacts/{contact}/end"
                await answered(partial(self.beata.ask, "POST", path, {"reason": "completed"}))
            else:
                await self._replies(contact)
        gone = self.replied - {row["contact_id"] for row in pane["mine"]}
        self.summed_up |= gone  # the answer to the summary was lost

    async def _sums_up(self, contact: str) -> Answer:
        return await self.beata.sums_up(contact, **CARD)

    async def _replies(self, contact: str) -> None:
        text, message = f"Do {contact}.", f"do-{contact}"
        sent = await answered(lambda: self.beata.send(contact, text, message))
        if sent is not None and sent.status == 200:
            self.replied.add(contact)
            self.history.heard(Said("Beata", contact, message, text))


def pages(talks: list[Talk], chats: list[Chat], beata: Counsellor) -> list[Coroutine[Any, Any, None]]:
    """Every open page, which comes back whenever its connection goes."""
    stay = [talk.caller.stays(talk.caller.resumes) for talk in talks]
    stay += [talk.counsellor.stays(talk.comes_back) for talk in talks]
    stay += [chat.counsellor.stays(chat.comes_back) for chat in chats]
    return [*stay, beata.stays(beata.opens_console)]


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Has it come about by then?"""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    return condition()
