"""Starting, killing and watching the Telegram door; reading what it left in the database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row, select

from bots import telegram
from hotline.errors import Unavailable
from hotline.store import views
from hotline.store.db import Database
from hotline.store.tables import contacts
from hotline.store.views import Entry
from hotline.system import System
from tests.bots.bot_api import TOKEN, BotApi
from tests.servers import free_port

SECRET = "a-secret_of-these-tests-only"


async def until(condition: Callable[[], Any], seconds: float = 25) -> None:
    """Wait for something the world will bring about; fail when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


@dataclass
class Door:
    """The bot's process, as far as it can be one inside a test: killed, nothing of its memory remains."""

    system: System
    api: BotApi
    task: "asyncio.Task[None] | None" = field(default=None)

    async def open(self, webhook: bool = False, /, **settings: Any) -> None:
        """Start; with `webhook`, return once it listens and has told Telegram where."""
        chosen = {"telegram_token": TOKEN, "telegram_api": self.api.url, **settings}
        if webhook:
            chosen |= {"telegram_secret": SECRET, "telegram_port": free_port()}
        self.system.settings = replace(self.system.settings, **chosen)
        self.task = asyncio.get_running_loop().create_task(telegram.run(self.system))
        if webhook:
            await until(lambda: self.api.webhook)

    async def kill(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
            self.task = None

    async def say(self, chat: int, text: str) -> None:
        """A message, by polling, until it is confirmed."""
        await self.bring(self.api.message(chat, text))

    async def press(self, chat: int, data: str) -> None:
        await self.bring(self.api.press(chat, data))

    async def bring(self, update: dict[str, Any]) -> None:
        await self.api.put(update)
        await until(lambda: not self.api.unconfirmed())


async def contact_rows(system: System) -> list[Row[Any]]:
    """All contacts, oldest first."""
    async with system.read() as tx:
        return list((await tx.connection.execute(select(contacts).order_by(contacts.c.id))).all())


async def entries(system: System, contact_id: str) -> list[Entry]:
    async with system.read() as tx:
        return await views.entries_after(tx, contact_id, 0, "staff")


async def words(system: System, contact_id: str) -> list[str | None]:
    """What the caller wrote, in order."""
    found = await entries(system, contact_id)
    return [each.text for each in found if each.kind == "message" and each.author == "caller"]


@asynccontextmanager
async def database_away(system: System, how: str = "fails") -> AsyncIterator[list[int]]:
    """Every write fails or hangs; reads go on. Yields a list that grows by one with each attempt."""
    attempts: list[int] = []
    back = asyncio.Event()

    @asynccontextmanager
    async def broken(*_: Any) -> AsyncIterator[Any]:
        attempts.append(1)
        if how == "hangs":
            await back.wait()
        if attempts:
            raise Unavailable
        yield  # never; it makes this a generator

    databases: list[Database] = [system.db, system.keys]
    for each in databases:
        each.write = broken  # type: ignore[method-assign]
    try:
        yield attempts
    finally:
        for each in databases:
            del each.write
        back.set()
