"""How long the contacts of a queue waited of late. Read for many callers at once: it changes by the minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select

from hotline.rules import waits as rules
from hotline.rules.contact import P1, WAITING
from hotline.rules.waits import Wait
from hotline.store.db import Tx
from hotline.store.tables import callbacks, contacts

KEPT: Final = timedelta(minutes=1)


class Waits:
    """One per process: what was read of each queue, for a minute."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[datetime, Sequence[Wait]]] = {}

    async def minutes(self, tx: Tx, queue: str, arrived_at: datetime) -> int | None:
        """What to tell a caller who waits in this queue since then; None where no number would be true."""
        read_at, found = self._known.get(queue, (None, ()))
        if read_at is None or not read_at <= tx.now < read_at + KEPT:
            found = await _of_late(tx, queue)
            self._known[queue] = tx.now, found
        return rules.minutes(found, tx.now - arrived_at)


async def _of_late(tx: Tx, queue: str) -> list[Wait]:
    """Those that came within the time and waited in turn: nobody in danger, nobody who was called back or held."""
    asked_back = exists().where(callbacks.c.contact_id == contacts.c.id)
    query = select(
        contacts.c.arrived_at, contacts.c.answered_at, contacts.c.ended_at, contacts.c.state
    ).where(
        contacts.c.queue == queue,
        contacts.c.arrived_at >= tx.now - rules.LATELY,
        contacts.c.priority != P1,
        contacts.c.due_at.is_(None),
        ~asked_back,
    )
    return [
        Wait((row.answered_at or row.ended_at or tx.now) - row.arrived_at, row.answered_at is not None)
        for row in await tx.connection.execute(query)
        if row.answered_at or row.ended_at or row.state == WAITING
    ]
