"""The seam to every channel that is not a browser: what comes in, what goes out, and the delivery loop.

The row of an outgoing message is the outbox. Delivery claims the oldest due entry of each contact, sends it,
and marks it; a channel without idempotency keys may thus repeat a message after a crash, never lose one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog

from hotline import metrics
from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.bus import Bell
from hotline.rules.access import Actor
from hotline.store import claims, views
from hotline.system import System

log = structlog.get_logger()

CHANNEL = Actor("channel", "channel")
TICK_SECONDS = 1.0
SENDING_FOR = timedelta(seconds=60)  # after this a claimed entry is thought lost with its process
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
    """The channel will never take this entry (blocked, chat gone): trying again is pointless."""


class Later(Exception):
    """The channel asks to wait; `seconds` until the next try."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Sender(Protocol):
    """What a channel provides. Raises Refused, Later, or anything else for "try again"."""

    async def __call__(self, outbound: Outbound) -> None: ...


class Delivery:
    """Sends what is due of one channel, until the system closes: then what is being sent is finished first."""

    def __init__(self, system: System, channel: str, send: Sender) -> None:
        self._system, self._channel, self._send = system, channel, send
        self._bell = Bell(system.bus, lambda topic: topic == topics.outbox())

    async def run(self) -> None:
        closing = self._system.closing
        while not closing.is_set():
            try:
                while not closing.is_set() and await self.step():
                    pass
            except HotlineError as error:
                log.warning("delivery waits", code=error.code)
            except Exception:  # an edge: the loop must live on, whatever one entry holds
                log.exception("delivery failed")
            await self._bell.rest(TICK_SECONDS)

    async def step(self) -> bool:
        """Send one entry if one is due; False if nothing was."""
        async with self._system.transaction(CHANNEL) as tx:
            row = await claims.claim_delivery(tx, self._channel, tx.now + SENDING_FOR)
        if row is None:
            return False
        outbound = await self._outbound(row.contact_id, row.seq)
        state, pause = "sent", timedelta(0)
        try:
            await self._send(outbound)
        except Refused:
            state = "failed"
            log.warning("delivery refused", channel=self._channel)
        except Later as later:
            state, pause = "pending", timedelta(seconds=later.seconds)
        except Exception as error:  # an edge: the outside world
            state, pause = "pending", min(FIRST_PAUSE * 2 ** min(row.delivery_tries, 10), LONGEST_PAUSE)
            if row.delivery_tries >= TRIES:
                state = "failed"
            log.warning("delivery will be tried again", channel=self._channel, exc_info=error)
        await self._settle(row.contact_id, row.seq, state, pause)
        metrics.DELIVERIES.labels(self._channel, "again" if state == "pending" else state).inc()
        return True

    async def _outbound(self, contact_id: str, seq: int) -> Outbound:
        async with self._system.read() as tx:
            head = await views.contact_head(tx, contact_id)
            (entry,) = await views.entries_after(tx, contact_id, seq - 1, "staff", limit=1)
            address = await views.address(tx, contact_id)
        assert head is not None  # noqa: S101  entries refer to contacts
        signature = head.holder_signature if entry.author == "staff" else None
        return Outbound(contact_id, seq, address, head.language, entry.text, entry.data, signature)

    async def _settle(self, contact_id: str, seq: int, state: str, pause: timedelta) -> None:
        async with self._system.transaction(CHANNEL) as tx:
            await claims.settle_delivery(tx, contact_id, seq, state, tx.now + pause)
            if state != "pending":
                tx.topics.add(topics.contact(contact_id))
