"""How fast this bot may speak: so many words a second in all, about one a second in each chat, and silence when told.

Telegram does not say whom its "retry after" concerns. It is taken to concern the chat; when a second chat is
told so while the first still waits, all wait.
"""

import asyncio
import time
from collections.abc import Callable

from hotline.channels import Later

EVERY, BURST = 1 / 28, 5  # seconds between any two words; Telegram's limit is about thirty a second
CHAT_EVERY, CHAT_BURST = 1.0, 6  # an introduction is six messages, which may come at once
LONGEST = 3.0  # seconds to wait here; for more, whoever speaks should come back later
REMEMBERED = 10_000


class Pace:
    """One per bot. Keeps chat ids in memory only, and only as long as they matter; None stands for all chats."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # When what was said so far would be paid off, were it all said in single file; and silence until then.
        self._paid: dict[int | None, float] = {}
        self._held: dict[int | None, float] = {}

    async def turn(self, chat: int | None) -> None:
        """Return when this chat's next word may go; None is a call that belongs to no chat. Raises Later."""
        if chat is not None:
            await asyncio.sleep(self.reserve(chat))
        await asyncio.sleep(self.reserve(None))

    def reserve(self, chat: int | None) -> float:
        """Seconds until the next word may go, which is then taken. Raises Later, and takes nothing, if that is long."""
        now = self._clock()
        every, burst = (EVERY, BURST) if chat is None else (CHAT_EVERY, CHAT_BURST)
        paid = max(self._paid.get(chat, now), now)
        at = max(now, paid - (burst - 1) * every, self._held.get(chat, now), self._held.get(None, now))
        if at - now > LONGEST:
            raise Later(at - now)
        self._paid[chat] = max(paid, at) + every
        self._forget(now)
        return at - now

    def hold(self, chat: int | None, seconds: float) -> None:
        """Telegram asks to wait."""
        until = self._clock() + seconds
        if any(others > self._clock() for held, others in self._held.items() if held != chat):
            self._held[None] = max(self._held.get(None, until), until)
        self._held[chat] = max(self._held.get(chat, until), until)

    def _forget(self, now: float) -> None:
        if len(self._paid) > REMEMBERED:
            self._paid = {chat: until for chat, until in self._paid.items() if until > now}
            self._held = {chat: until for chat, until in self._held.items() if until > now}
