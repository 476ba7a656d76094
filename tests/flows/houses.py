"""The house of a story, in two ways: all in one process on SQLite, or apart, as real processes on PostgreSQL.

Both are opened on their data and shut like an operator does it, and both follow the story's clock.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from hotline import app
from hotline.config import Settings
from hotline.engine import Engine
from hotline.live import topics
from hotline.live.redis_bus import RedisBus
from hotline.store import tables
from hotline.system import System
from tests import factories
from tests.bots.bot_api import TOKEN, BotApi
from tests.bots.doors import Door
from tests.factories import MovableClock, Running
from tests.flows.clock import StoryClock
from tests.flows.nursery import Nursery
from tests.flows.processes import Process
from tests.servers import free_port

PROCESSES = (tables.notices,)  # what they keep, not what happened in a story


class Embedded:
    """One process, this one."""

    def __init__(self, settings: Settings) -> None:
        self.clock = MovableClock(frozen=True)
        self.origins: Sequence[str] = (settings.origin,)
        self._settings = settings
        self._running: Running | None = None
        self._stack = AsyncExitStack()

    @property
    def system(self) -> System:
        assert self._running is not None
        return self._running.system

    async def opens(self, *, engine: bool) -> None:
        running = factories.running_house(self._settings, self.clock, engine=engine)
        self._running = await self._stack.enter_async_context(running)

    async def shuts(self) -> None:
        self._running = None
        await self._stack.aclose()

    async def ends(self) -> None:
        """The story is over."""
        await self.shuts()

    @asynccontextmanager
    async def engine_running(self) -> AsyncIterator[None]:
        """For as long as the block runs, in a house that was opened without one."""
        task = asyncio.get_running_loop().create_task(Engine(self.system).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    @asynccontextmanager
    async def bot_running(self, api: BotApi, *, staffs: bool = False) -> AsyncIterator[None]:
        door = Door(self.system, api)
        await door.open(telegram_token="" if staffs else TOKEN, staff_telegram_token=TOKEN if staffs else "")
        try:
            yield
        finally:
            await door.kill()


class Apart:
    """Two web processes, an engine and a bot. The next story finds empty databases and new web processes.

    The engine stays; web processes remember how many contacts a network began, at times that are not yet.
    """

    def __init__(self, system: System, nursery: Nursery, logs: Path) -> None:
        assert isinstance(system.clock, StoryClock)
        self.system, self.clock = system, system.clock
        self._nursery, self._logs = nursery, logs
        self._moves()
        self._webs: list[Process] = []
        self._engines: list[Process] = []
        self._read: dict[Process, int] = {}

    def _moves(self) -> None:
        """To ports that are free now: between two stories somebody else may have taken the former ones."""
        self._settings = [replace(self.system.settings, port=free_port()) for _ in range(2)]
        self.origins: Sequence[str] = tuple(settings.origin for settings in self._settings)

    async def opens(self, *, engine: bool) -> None:
        if not self._webs:
            self._webs = [await self._start("web", settings) for settings in self._settings]
            for web in self._webs:
                await web.says("Listening on")
        if engine and not self._engines:
            await self._start_engine()
        elif not engine:
            await self._stop(self._engines)

    async def shuts(self) -> None:
        await self._stop(self._webs, self._engines)

    async def ends(self) -> None:
        """The story is over: nothing of it stays behind, and nobody may have met with a mistake of ours."""
        dead = [each for each in (*self._webs, *self._engines) if not each.alive]
        await asyncio.gather(*(web.ends(signal.SIGKILL) for web in self._webs))
        # an engine at work would write of people who are being deleted; an orderly end gives its lease up
        living = [each for each in self._engines if each.alive]
        await asyncio.gather(*(engine.ends(signal.SIGTERM) for engine in living))
        self._webs, self._engines = [], []
        self._moves()
        await self._empty()
        for process in self._read:
            log = process.log()
            new, self._read[process] = log[self._read[process] :], len(log)
            assert '"level": "error"' not in new, new
            assert "Traceback" not in new, new
        assert not dead

    async def _empty(self) -> None:
        for db, metadata in (
            (self.system.db, tables.metadata),
            (self.system.keys, tables.key_metadata),
        ):
            async with db.write() as connection:
                for table in reversed(metadata.sorted_tables):
                    if table not in PROCESSES:
                        await connection.execute(table.delete())
        self.system.bus.publish([topics.centre()])

    @asynccontextmanager
    async def engine_running(self) -> AsyncIterator[None]:
        await self._start_engine()
        try:
            yield
        finally:
            await self._stop(self._engines)

    @asynccontextmanager
    async def bot_running(self, api: BotApi, *, staffs: bool = False) -> AsyncIterator[None]:
        settings = replace(
            self.system.settings,
            telegram_api=api.url,
            telegram_token="" if staffs else TOKEN,
            staff_telegram_token=TOKEN if staffs else "",
        )
        bots = [await self._start("telegram", settings)]
        try:
            yield
        finally:
            await self._stop(bots)

    async def closes(self) -> None:
        for process in self._read:
            process.end()

    async def _start_engine(self) -> None:
        engine = await self._start("engine", self.system.settings)
        self._engines.append(engine)
        await engine.says("engine leads")

    async def _start(self, part: str, settings: Settings) -> Process:
        log = self._logs / f"{len(self._read)}-{part}.log"
        process = await Process.start(self._nursery, part, settings, log, self.clock.file)
        self._read[process] = 0
        return process

    async def _stop(self, *groups: list[Process]) -> None:
        """In order, and all of a group at once."""
        for group in groups:
            assert await asyncio.gather(*(each.ends(signal.SIGTERM) for each in group)) == [0] * len(group)
            group.clear()


House = Embedded | Apart


@asynccontextmanager
async def apart_of(settings: Settings, nursery: Nursery, folder: Path) -> AsyncIterator[Apart]:
    """A house whose databases are ready; its processes start with the first story."""
    async with app.open_system(settings, StoryClock(folder / "clock")) as system:
        assert isinstance(system.bus, RedisBus)
        bus = asyncio.get_running_loop().create_task(system.bus.run())
        apart = Apart(system, nursery, folder)
        try:
            yield apart
        finally:
            await apart.closes()
            bus.cancel()
            await asyncio.wait([bus])
