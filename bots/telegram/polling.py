"""Long polling with a loop of our own: the offset moves past an update only when that update is taken.

Updates of different chats are worked on side by side. While one cannot be stored, polling goes on from it, so
everybody else's words still come in.
"""

import asyncio
from typing import Any

import structlog
from aiogram import Bot
from aiogram.methods import DeleteWebhook

from bots.telegram.api import Away, RawUpdates, call, pauses
from bots.telegram.intake import Incoming, Intake, NotYet, read
from bots.telegram.watch import Watch
from hotline.channels import Later, Refused
from hotline.errors import HotlineError

log = structlog.get_logger()
LONG_POLL = 25  # seconds
WHILE_OPEN = 1.0  # seconds between polls while something is not taken yet
LONGEST_AT_HOME = 2.0  # between tries to store an update: once our own database is back, somebody waits


class Polling:
    """Runs until cancelled. `offset` is the first update that is not confirmed."""

    def __init__(self, bot: Bot, intake: Intake, watch: Watch, tasks: asyncio.TaskGroup) -> None:
        self._bot, self._intake, self._watch, self._tasks = bot, intake, watch, tasks
        self._open: set[int] = set()
        self._settled = asyncio.Event()
        self._next: int | None = None

    @property
    def offset(self) -> int | None:
        return min(self._open, default=self._next)

    async def run(self) -> None:
        waits = pauses()
        deleted = False
        while True:
            try:
                if not deleted:
                    await call(self._bot, DeleteWebhook(drop_pending_updates=False))
                    deleted = True
                await self._round()
            except (Away, Later, Refused) as error:
                log.warning("telegram is away", code=getattr(error, "code", type(error).__name__))
                if deleted and getattr(error, "code", "") == "TelegramConflictError":
                    deleted = not await self._conflict()
                await asyncio.sleep(max(next(waits), getattr(error, "seconds", 0.0)))
            else:
                waits = pauses()
                self._watch.peace()

    async def _conflict(self) -> bool:
        """Somebody else reads our updates. True if that may be by a webhook, which is to be taken off again."""
        try:
            return not await self._watch.conflict()
        except (Away, Later, Refused, HotlineError):
            return True

    async def _round(self) -> None:
        request = RawUpdates(offset=self.offset, timeout=LONG_POLL)
        batch = [each for each in await call(self._bot, request, LONG_POLL + 10) if _id(each) is not None]
        for raw in batch:
            self._admit(raw)
        if batch:
            # Not the highest ever seen: after a quiet week Telegram starts from another number.
            self._next = max(raw["update_id"] for raw in batch) + 1
        await self._some_settled()

    async def confirm(self) -> None:
        """Once `run` is cancelled: what has been taken need not come again to the next bot."""
        await self._some_settled()
        try:
            await call(self._bot, RawUpdates(offset=self.offset, timeout=0))
        except (Away, Later, Refused) as error:  # then it comes again, and changes nothing
            log.warning("telegram is away", code=getattr(error, "code", type(error).__name__))

    def _admit(self, raw: dict[str, Any]) -> None:
        update_id = raw["update_id"]
        if update_id in self._open or self._intake.is_done(update_id):
            return
        incoming = read(raw)
        if incoming is not None:
            self._open.add(update_id)
            self._tasks.create_task(self._until_taken(incoming))

    async def _until_taken(self, incoming: Incoming) -> None:
        # The turn is kept between tries: later words of this chat must not overtake.
        async with self._intake.turn(incoming):
            for pause in pauses(LONGEST_AT_HOME):
                try:
                    await self._intake.take(incoming)
                except NotYet:
                    await asyncio.sleep(pause)
                else:
                    break
        self._open.discard(incoming.id)
        self._settled.set()

    async def _some_settled(self) -> None:
        """Until all is taken, or for a moment."""
        try:
            async with asyncio.timeout(WHILE_OPEN):
                while self._open:
                    self._settled.clear()
                    await self._settled.wait()
        except TimeoutError:
            return


def _id(raw: Any) -> int | None:
    found = raw.get("update_id")
    return found if isinstance(found, int) else None
