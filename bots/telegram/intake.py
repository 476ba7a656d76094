"""From an update as it came to "may be confirmed": order within a chat, tries, and what cannot be taken.

`take` returns when the update may be confirmed to Telegram, and only then: what it says is committed, or
answered where there is nothing to commit.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiogram.types import Update
from pydantic import ValidationError

from bots.telegram import prompts
from bots.telegram.api import Away
from bots.telegram.receive import Answer, Outcome, Receives
from bots.telegram.speaker import Speaker
from hotline.actions import parking
from hotline.channels import Later, Refused
from hotline.errors import HotlineError, Unavailable
from hotline.rules.access import CHANNEL
from hotline.system import System
from hotline.values import dataclass

log = structlog.get_logger()
ANSWER_TRIES = 5  # of an update that is only answered
TELL_AFTER = 4  # failures of the database until the person is told
PATIENCE = 25.0  # seconds for one try
AT_ONCE = 8  # updates of different chats worked on side by side; no more than the database has connections
REMEMBERED = 5000
ANSWER_PAUSES = (0.5, 2.0)  # seconds between the tries of one answer
LONGEST_WAIT = 10.0  # seconds that an answer waits because Telegram asks it to


class NotYet(Exception):
    """Not stored: the update must not be confirmed and has to come again."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of Telegram. `update` is None if it cannot be read; `chat_id` is None outside private chats.

    `spoken` is what the phone speaks, `raw` the update as it came.
    """

    id: int
    chat_id: int | None
    spoken: str | None
    raw: dict[str, Any]
    update: Update | None


def read(raw: Any) -> Incoming | None:
    """The update in this JSON; None if it is none at all."""
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        return None
    try:
        update = Update.model_validate(raw)
    except ValidationError:
        update = None
    return Incoming(raw["update_id"], _chat_of(raw), _spoken_by(raw), raw, update)


def _part_of(raw: dict[str, Any]) -> dict[str, Any]:
    """What the update is about, of the kinds that we ask for."""
    kinds = ("message", "edited_message", "callback_query", "my_chat_member")
    return next((part for kind in kinds if isinstance(part := raw.get(kind), dict)), {})


def _chat_of(raw: dict[str, Any]) -> int | None:
    part = _part_of(raw)
    message = part.get("message", part) if "callback_query" in raw else part
    chat = message.get("chat") if isinstance(message, dict) else None
    if isinstance(chat, dict) and chat.get("type") == "private" and isinstance(chat.get("id"), int):
        return int(chat["id"])
    return None


def _spoken_by(raw: dict[str, Any]) -> str | None:
    user = _part_of(raw).get("from")
    code = user.get("language_code") if isinstance(user, dict) else None
    return code if isinstance(code, str) else None


class Intake:
    """Takes updates, from polling or from the webhook alike. Answers run in `tasks`."""

    def __init__(
        self, system: System, receiver: Receives, speaker: Speaker, tasks: asyncio.TaskGroup
    ) -> None:
        self._system, self._receiver, self._speaker, self._tasks = system, receiver, speaker, tasks
        self._turns, self._speaking = Turns(), Turns()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._done: OrderedDict[int, None] = OrderedDict()
        self._failed: OrderedDict[int, int] = OrderedDict()
        self._puzzled: set[int] = set()
        self._trying: dict[int, asyncio.Task[Outcome | Exception]] = {}

    def is_done(self, update_id: int) -> bool:
        """Was this update taken, as far as this process remembers?"""
        return update_id in self._done

    @asynccontextmanager
    async def turn(self, incoming: Incoming) -> AsyncIterator[None]:
        """Alone with this chat, in the order of asking."""
        async with self._turns.of(incoming.chat_id or -incoming.id):
            yield

    async def take(self, incoming: Incoming) -> None:
        """Store and answer one update, inside its turn. Raises NotYet."""
        if self.is_done(incoming.id):
            return
        if incoming.update is None:
            await self._give_up(incoming, "unreadable")
            return
        result = await self._received(incoming.id, incoming.update)
        if isinstance(result, Outcome):
            await self._recovered(incoming)
            await self._settle(incoming, result)
        elif result is None or isinstance(result, Unavailable):
            await self._wait(incoming)
            raise NotYet
        else:
            log.error("update failed", channel="telegram", exc_info=result)
            await self._puzzle(incoming)

    async def _received(self, update_id: int, update: Update) -> Outcome | Exception | None:
        """What became of it; None if that takes too long. Then it goes on, and the next try waits for the same.

        It is not cut short: a transaction is never cancelled in the middle.
        """
        trying = self._trying.get(update_id) or self._tasks.create_task(self._receive(update))
        self._trying[update_id] = trying
        await asyncio.wait([trying], timeout=PATIENCE)
        if not trying.done():
            return None
        self._trying.pop(update_id, None)
        return trying.result()

    async def _receive(self, update: Update) -> Outcome | Exception:
        try:
            async with self._room:
                return await self._receiver.receive(update)
        except Exception as error:  # noqa: BLE001  an edge: one update must not stop the others
            return error

    async def _settle(self, incoming: Incoming, outcome: Outcome) -> None:
        chat = incoming.chat_id or -incoming.id
        if outcome.committed:
            self._confirm(incoming.id)
            self._tasks.create_task(self._say(chat, outcome.answers))
        elif await self._say(chat, outcome.answers) or self._count(incoming.id) >= ANSWER_TRIES:
            self._confirm(incoming.id)
        else:
            raise NotYet

    async def _wait(self, incoming: Incoming) -> None:
        """The database is away; after a while silence would be a lie."""
        failures = self._count(incoming.id)
        log.warning("update waits", channel="telegram", tries=failures)
        if failures == TELL_AFTER:
            await self._tell_trouble(incoming)

    async def _puzzle(self, incoming: Incoming) -> None:
        """It fails for no known reason. The tries are counted in the database: a restart does not begin again."""
        self._puzzled.add(incoming.id)
        try:
            hopeless = await parking.failed(self._system, CHANNEL, self._receiver.key_of(incoming.id))
        except HotlineError:
            hopeless = False
        if not hopeless:
            raise NotYet
        await self._give_up(incoming, "failed")

    async def _give_up(self, incoming: Incoming, reason: str) -> None:
        """Put the update aside, sealed, so that it stops nobody, and tell whoever sent it. Raises NotYet."""
        key, payload = self._receiver.key_of(incoming.id), json.dumps(incoming.raw)
        try:
            news = await parking.park(self._system, CHANNEL, key, reason, payload)
        except HotlineError:
            raise NotYet from None
        if news:
            log.error("update parked", channel="telegram", reason=reason)
            await self._tell_trouble(incoming)
        self._puzzled.discard(incoming.id)
        self._confirm(incoming.id)

    async def _recovered(self, incoming: Incoming) -> None:
        if incoming.id not in self._puzzled:
            return
        try:
            await parking.recovered(self._system, CHANNEL, self._receiver.key_of(incoming.id))
        except HotlineError as error:
            log.warning("tries not forgotten", code=error.code)
        self._puzzled.discard(incoming.id)

    async def _tell_trouble(self, incoming: Incoming) -> None:
        if incoming.chat_id is not None:
            language = await self._receiver.language(incoming.chat_id, incoming.spoken)
            text = prompts.trouble(self._system.centre, self._receiver.line, language)
            await self._say(incoming.chat_id, (prompts.send(incoming.chat_id, text),))

    async def _say(self, chat: int, answers: Sequence[Answer]) -> bool:
        """Call these one after the other; False if one could not be said now. Never raises."""
        async with self._speaking.of(chat):
            for answer in answers:
                if not await self._try(answer):
                    log.warning("answer lost", channel="telegram", kind=type(answer).__name__)
                    return False
        return True

    async def _try(self, answer: Answer) -> bool:
        for pause in (*ANSWER_PAUSES, None):
            wait = pause
            try:
                await self._speaker.say(answer)
            except Refused:
                return True  # blocked, or a button too old to take away: nothing is owed any more
            except Later as later:
                wait = None if later.seconds > LONGEST_WAIT else later.seconds
            except Away:
                pass
            except Exception as error:  # an edge: an answer must not end the process
                log.error("answer failed", channel="telegram", exc_info=error)
                return True
            else:
                return True
            if wait is None or pause is None:
                return False
            await asyncio.sleep(wait)
        return False

    def _confirm(self, update_id: int) -> None:
        self._failed.pop(update_id, None)
        self._done[update_id] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def _count(self, update_id: int) -> int:
        self._failed[update_id] = self._failed.get(update_id, 0) + 1
        while len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)
        return self._failed[update_id]


class Turns:
    """A fair lock per chat that exists only while somebody needs it."""

    def __init__(self) -> None:
        self._locks: dict[int, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, chat: int) -> AsyncIterator[None]:
        lock, users = self._locks.get(chat, (asyncio.Lock(), 0))
        self._locks[chat] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(chat)
            if users > 1:
                self._locks[chat] = (lock, users - 1)
