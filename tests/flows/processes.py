"""The house as several processes of this machine, on one PostgreSQL and one Redis, with the clock of the day.

Each process is started as an operator starts it, and writes its log to a file of its own.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from hotline import app
from hotline.actions import contacts, staff
from hotline.config import Settings
from hotline.rules.access import OPERATOR
from hotline.system import System
from tests import factories
from tests.bots.bot_api import TOKEN, BotApi
from tests.factories import TRUST, VICTIMS, Person
from tests.flows.nursery import Nursery
from tests.flows.people import WebCaller, eventually
from tests.flows.staff import Counsellor
from tests.servers import free_port

STUCK = 10.0  # seconds for which nobody may wait who could be offered
START_SECONDS = 60.0  # four interpreters at once on a busy machine


def environment(settings: Settings) -> dict[str, str]:
    """What a process of this installation is given, and no setting of ours besides."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
    where = (
        "data",
        "centre",
        "centre_overlay",
        "port",
        "public_url",
        "database_url",
        "keys_url",
        "redis_url",
        "metrics_port",
        "proxies",
    )
    names = (
        *where,
        "telegram_api",
        "telegram_token",
        "staff_telegram_token",
        "telegram_secret",
        "telegram_port",
    )
    return clean | {f"HOTLINE_{name.upper()}": str(getattr(settings, name)) for name in names}


def figures(text: str) -> None:
    """What was measured, for whoever runs the story with -s."""
    print(f"\n{text}")  # noqa: T201


class Process:
    """`hotline web`, `hotline engine` or another, running."""

    def __init__(self, number: int, settings: Settings, log: Path, ended: "asyncio.Future[int]") -> None:
        self.settings = settings
        self._number, self._log, self._ended = number, log, ended

    @classmethod
    async def start(
        cls, nursery: Nursery, part: str, settings: Settings, log: Path, clock: Path | None = None
    ) -> "Process":
        """Start it with the clock of a story, or with its own; it is not ready yet."""
        number = await nursery.bear([part], environment(settings), log, clock)
        return cls(number, settings, log, nursery.ended(number))

    @property
    def number(self) -> int:
        """The kernel's name for it."""
        return self._number

    @property
    def alive(self) -> bool:
        return not self._ended.done()

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    async def says(self, words: str, at_most: float = START_SECONDS, times: int = 1) -> float:
        """Wait until the log holds these words (so many times); how long that took, in seconds."""
        began = time.monotonic()
        while self.log().count(words) < times:
            assert self.alive, self.log()[-2000:]
            assert time.monotonic() - began < at_most, f"{words!r} is not in: {self.log()[-2000:]}"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    def tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # of its death we hear a moment later
            if self.alive:
                os.kill(self._number, number)

    async def ends(self, number: signal.Signals) -> int:
        """Send the signal and wait; the exit status. Thirty seconds are what a supervisor would give it."""
        self.tell(number)
        async with asyncio.timeout(30):
            return await asyncio.shield(self._ended)

    def end(self) -> None:
        """Whatever it is doing, it is over."""
        self.tell(signal.SIGKILL)


def origins(webs: Sequence[Process]) -> tuple[str, ...]:
    return tuple(web.settings.origin for web in webs)


class Street:
    """The processes, the people before them, and a look at the database they share."""

    def __init__(self, settings: Settings, system: System, nursery: Nursery, logs: Path) -> None:
        self.settings, self.system, self._nursery, self._logs = settings, system, nursery, logs
        self._processes: list[Process] = []
        self._numbers = count()
        self._people: list[WebCaller | Counsellor] = []
        self.ways_of_callers: Mapping[
            str, str
        ] = {}  # to the origins of web processes, where they are not straight
        self.ways_of_staff: Mapping[str, str] = {}

    async def start(self, part: str, **more: Any) -> Process:
        """Start a process; it is not ready yet."""
        settings = replace(self.settings, **{"port": free_port(), **more})
        log = self._logs / f"{next(self._numbers)}-{part}.log"  # two may start at once
        process = await Process.start(self._nursery, part, settings, log)
        self._processes.append(process)
        return process

    async def runs(self, *command: str) -> None:
        """A command that ends by itself, in order."""
        log = self._logs / f"{command[0]}.log"
        number = await self._nursery.bear(list(command), environment(self.settings), log, None)
        status = await self._nursery.ended(number)
        assert status == 0, log.read_text()

    async def opens(self) -> tuple[Process, Process, Process, Process]:
        """Two web processes, the engine that leads, and one that stands by."""
        one, other, engine = [await self.start(part) for part in ("web", "web", "engine")]
        await engine.says("engine leads")
        standby = await self.start("engine")
        for web in (one, other):
            await web.says("Listening on")
        await standby.says("Running: engine")
        return one, other, engine, standby

    async def hires(self, name: str, lines: Collection[str] = (VICTIMS, TRUST), talks: int = 2) -> Person:
        return await factories.add_person(self.system, name, lines, present=False, text_limit=talks)

    async def counsellor(self, name: str, *webs: Process, talks: int = 2) -> Counsellor:
        """Somebody new on the staff, whose console is open at these web processes."""
        return await self.at_console(await self.hires(name, talks=talks), name, *webs)

    async def at_console(self, person: Person, name: str, *webs: Process) -> Counsellor:
        counsellor = Counsellor(origins(webs), person.id, name)
        counsellor.ways = self.ways_of_staff
        self._people.append(counsellor)
        secret = await staff.issue_link(self.system, OPERATOR, person.id)
        assert await counsellor.signs_in(f"/sign-in/once/{secret}") == "/console"
        await counsellor.opens_console()
        return counsellor

    def caller(self, *webs: Process, before: WebCaller | None = None) -> WebCaller:
        """Somebody's page at these web processes; or the page they had `before`, as the browser kept it."""
        caller = WebCaller(origins(webs), VICTIMS)
        caller.ways = self.ways_of_callers
        if before is not None:
            caller.token, caller.cursor = before.token, before.cursor
            caller.state, caller.seen = before.state, list(before.seen)
        self._people.append(caller)
        return caller

    async def goes(self, person: WebCaller) -> None:
        """Their page is closed, and nobody waits for them."""
        self._people.remove(person)
        await person.close()

    async def contact_of(self, caller: WebCaller) -> str:
        return (await contacts.caller_of(self.system, caller.token)).id

    async def bot(self, api: BotApi) -> Process:
        bot = await self.start("telegram", telegram_api=api.url, telegram_token=TOKEN)
        await bot.says("Running: telegram")
        return bot

    async def offered(self, contact: str, at_most: float = STUCK) -> float:
        """Wait until the database has a pending offer for this contact; how long that took, in seconds."""

        async def found() -> bool:
            return contact in [each.contact_id for each in await factories.pending(self.system)]

        began = time.monotonic()
        await eventually(found, "an offer")
        took = time.monotonic() - began
        assert took < at_most
        return took

    async def closes(self) -> None:
        for person in self._people:
            await person.close()
        for process in self._processes:
            process.end()


@asynccontextmanager
async def street_of(settings: Settings, nursery: Nursery, logs: Path) -> AsyncIterator[Street]:
    """An installation whose databases are ready and whose processes are not started yet."""
    async with app.open_system(settings) as system:
        street = Street(settings, system, nursery, logs)
        try:
            yield street
        finally:
            await street.closes()
