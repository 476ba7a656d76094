"""The seam to every channel that is not a browser: what comes in, what goes out, and the delivery loop.

The row of an outgoing message is the outbox. Delivery claims the oldest due entry of each contact, sends it,
and marks it; a channel without idempotency keys may thus repeat a message after a crash, never lose one.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

import structlog

from hotline import metrics
from hotline.actions import reach
from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.bus import Bell
from hotline.rules.access import CHANNEL
from hotline.store import claims, views
from hotline.system import System
from hotline.values import dataclass

log = structlog.get_logger()

TICK_SECONDS = 1.0
SENDING_FOR = timedelta(seconds=60)  # after this a claimed entry is thought lost with its process
PATIENCE = 50.0  # seconds for one entry, so that nobody else takes it for lost
AT_ONCE = 24  # contacts served side by side: so many slow ones hold up nobody else
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=10)
TRIES = 60  # with the longest pause between most of them: about nine hours


@dataclass(frozen=True, slots=True)
class Outbound:
    """One entry to be sent: the channel's own address, and either words or a system text to be said."""

    contact_id: str
    seq: int
    address: str
    language: str
    text: str | None
    data: Mapping[str, Any]
    author_name: str | None


class Refused(Exception):
    """The channel will never take this entry: trying again is pointless.

    `blocked` says that it takes nothing at all for this person, until they let us in again.
    """

    def __init__(self, *, blocked: bool = False) -> None:
        super().__init__()
        self.blocked = blocked


class Later(Exception):
    """The channel asks to wait; `seconds` until the next try."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Sender(Protocol):
    """What a channel provides. Raises Refused, Later, or anything else for "try again"."""

    async def __call__(self, outbound: Outbound) -> None: ...


class Delivery:
    """Sends what is due of one channel: contacts side by side, each one's words in order.

    Until the system closes: then what is being sent is finished first.
    """

    def __init__(self, system: System, channel: str, send: Sender) -> None:
        self._system, self._channel, self._send = system, channel, send
        self._bell = Bell(system.bus, lambda topic: topic == topics.outbox())
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._system.closing.is_set():
                await self._room.acquire()
                row = await self._claim()
                if row is None:
                    self._room.release()
                    await self._bell.rest(TICK_SECONDS)
                else:
                    tasks.create_task(self._deliver(row)).add_done_callback(self._freed)

    async def step(self) -> bool:
        """Send one entry if one is due; False if nothing was."""
        row = await self._claim()
        if row is not None:
            await self._deliver(row)
        return row is not None

    def _freed(self, _task: "asyncio.Task[None]") -> None:
        self._room.release()
        self._bell.ring()  # the contact's next entry may go

    async def _claim(self) -> claims.Claimed | None:
        """The next entry that may go, marked as being sent; None if nothing is due or the database is away."""
        try:
            async with self._system.transaction(CHANNEL) as tx:
                return await claims.claim_delivery(tx, self._channel, tx.now + SENDING_FOR)
        except HotlineError as error:
            log.warning("delivery waits", code=error.code)
        except Exception:  # an edge: the loop must live on
            log.exception("delivery failed")
        return None

    async def _deliver(self, row: claims.Claimed) -> None:
        try:
            await self._send_and_settle(row)
        except HotlineError as error:
            log.warning("delivery waits", code=error.code)
        except Exception:  # an edge: the loop must live on, whatever one entry holds
            log.exception("delivery failed")

    async def _send_and_settle(self, row: claims.Claimed) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._send(await self._outbound(row.contact_id, row.seq))
        except Refused as refused:
            log.warning(
                "delivery refused", channel=self._channel, reason="blocked" if refused.blocked else ""
            )
            if refused.blocked:
                await reach.lost(self._system, CHANNEL, row.contact_id)
                metrics.DELIVERIES.labels(self._channel, "failed").inc()
            else:
                await self._settle(row, "failed", reason="refused")
        except Later as later:
            await self._settle(row, "pending", timedelta(seconds=later.seconds), again=True)
        except Exception as error:  # an edge: the outside world
            log.warning("delivery will be tried again", channel=self._channel, exc_info=error)
            if row.delivery_tries >= TRIES:
                await self._settle(row, "failed", reason="gave_up")
            else:
                pause = min(FIRST_PAUSE * 2 ** min(row.delivery_tries, 10), LONGEST_PAUSE)
                await self._settle(row, "pending", pause)
        else:
            await self._settle(row, "sent")

    async def _outbound(self, contact_id: str, seq: int) -> Outbound:
        """Raises Refused for a caller who is known to take nothing."""
        async with self._system.read() as tx:
            head = await views.contact_head(tx, contact_id)
            (entry,) = await views.entries_after(tx, contact_id, seq - 1, "staff", limit=1)
            address = await views.address(tx, contact_id)
        assert head is not None  # noqa: S101  entries refer to contacts
        if head.unreachable_at is not None:
            raise Refused(blocked=True)
        signature = head.holder_signature if entry.author == "staff" else None
        return Outbound(contact_id, seq, address, head.language, entry.text, entry.data, signature)

    async def _settle(
        self,
        row: claims.Claimed,
        state: str,
        pause: timedelta = timedelta(0),
        *,
        reason: str | None = None,
        again: bool = False,
    ) -> None:
        async with self._system.transaction(CHANNEL) as tx:
            at = tx.now + pause
            await claims.settle_delivery(tx, row.contact_id, row.seq, state, at, reason=reason, again=again)
            if state != "pending":
                tx.topics.add(topics.words(row.contact_id))
        metrics.DELIVERIES.labels(self._channel, "again" if state == "pending" else state).inc()
