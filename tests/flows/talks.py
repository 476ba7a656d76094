"""Conversations that go on while something fails.

Whoever writes repeats a message, with its id, until it is acknowledged; whose page loses its connection comes
back. Afterwards every acknowledged message must be there exactly once, for everybody and in the same order.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from aiohttp import ClientError

from hotline.store import views
from tests.flows.people import Answer, WebCaller, new_id
from tests.flows.processes import Process, Street
from tests.flows.staff import Counsellor

PATIENCE = 60.0  # seconds for one message, outage included
PAUSE = 0.05  # seconds between one's messages, and between tries


def in_seconds(took: list[float]) -> str:
    return f"in {median(took):.2f} s (median), {max(took):.2f} s (slowest)"


@dataclass(eq=False)
class Pen:
    """One side of a conversation, writing."""

    name: str
    send: Callable[[str, str], Awaitable[Answer]]
    pause: float
    acknowledged: list[str] = field(default_factory=list)
    refused: "Counter[tuple[int, str]]" = field(default_factory=Counter)
    unanswered: int = 0
    took: list[float] = field(default_factory=list)  # seconds from a try to its acknowledgement

    @property
    def failures(self) -> int:
        return self.unanswered + self.refused.total()

    async def writes(self, stop: asyncio.Event) -> None:
        """One message after another, each until it is acknowledged."""
        while not stop.is_set():
            text, message = f"{self.name} {len(self.acknowledged)}.", new_id()
            async with asyncio.timeout(PATIENCE):
                while not await self._tries(text, message):  # noqa: ASYNC110  it is the trying that counts
                    await asyncio.sleep(PAUSE)
            self.acknowledged.append(text)
            await asyncio.sleep(self.pause)

    async def _tries(self, text: str, message: str) -> bool:
        began = time.monotonic()
        try:
            answer = await self.send(text, message)
        except (ClientError, TimeoutError):
            self.unanswered += 1
            return False
        if answer.status != 200:
            self.refused[answer.refusal()] += 1  # which looks for a whole sentence
            return False
        self.took.append(time.monotonic() - began)
        return True


@dataclass
class Talk:
    """A caller, a counsellor and what they write to each other."""

    caller: WebCaller
    counsellor: Counsellor
    contact: str
    pens: list[Pen]

    async def comes_back(self) -> None:
        await self.counsellor.opens_console()
        await self.counsellor.opens(self.contact)


class Talks:
    """All that are under way."""

    def __init__(self, street: Street, talks: list[Talk]) -> None:
        self._street, self.talks = street, talks
        self.pens = [pen for talk in talks for pen in talk.pens]

    @property
    def acknowledged(self) -> int:
        return sum(len(pen.acknowledged) for pen in self.pens)

    @property
    def refused(self) -> "Counter[tuple[int, str]]":
        return sum((pen.refused for pen in self.pens), Counter())

    @property
    def unanswered(self) -> int:
        return sum(pen.unanswered for pen in self.pens)

    @property
    def took(self) -> list[float]:
        return [each for pen in self.pens for each in pen.took]

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Everybody writes for as long as the block runs; after it everything is there once, everywhere."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as all_at_once:
            pages = []
            for talk in self.talks:
                pages.append(all_at_once.create_task(talk.caller.stays(talk.caller.resumes)))
                pages.append(all_at_once.create_task(talk.counsellor.stays(talk.comes_back)))
            writing = [all_at_once.create_task(pen.writes(stop)) for pen in self.pens]
            yield
            stop.set()
            await asyncio.wait(writing)
            for talk in self.talks:
                await self._are_complete(talk)
            for page in pages:
                page.cancel()

    async def more(self, count: int) -> None:
        """Until every pen has had so many messages more acknowledged."""
        wanted = {pen: len(pen.acknowledged) + count for pen in self.pens}
        async with asyncio.timeout(PATIENCE):
            while any(len(pen.acknowledged) < wanted[pen] for pen in self.pens):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def trouble(self) -> None:
        """Until every pen has had a message that was not taken."""
        before = {pen: pen.failures for pen in self.pens}
        async with asyncio.timeout(PATIENCE):
            while any(pen.failures == before[pen] for pen in self.pens):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _are_complete(self, talk: Talk) -> None:
        for pen in talk.pens:
            await talk.caller.reads(pen.acknowledged[-1])
            await talk.counsellor.reads(talk.contact, pen.acknowledged[-1])
        async with self._street.system.read() as tx:
            entries = await views.entries_after(tx, talk.contact, 0, "staff", 100_000)
        stored = [entry.text for entry in entries if entry.kind == "message"]
        assert talk.caller.words() == talk.counsellor.words(talk.contact) == stored
        for pen in talk.pens:
            assert [text for text in stored if text and text.startswith(f"{pen.name} ")] == pen.acknowledged
        talk.caller.saw_each_entry_once_in_order()
        talk.counsellor.saw_each_entry_once_in_order(talk.contact)


async def talks_of(
    street: Street, count: int, *webs: Process, names: str = "Anna", pause: float = PAUSE
) -> Talks:
    """So many conversations, each with a counsellor of its own, over these web processes."""
    made = []
    for number in range(count):
        counsellor = await street.counsellor(f"{names}{number}", *webs, talks=1)
        caller = street.caller(*webs)
        await caller.writes_first("Dzień dobry.")
        contact = await counsellor.answers_next()
        pens = [
            Pen(f"Słowo{number}", caller.send, pause),
            Pen(f"Odpowiedź{number}", partial(counsellor.send, contact), pause),
        ]
        made.append(Talk(caller, counsellor, contact, pens))
    return Talks(street, made)
