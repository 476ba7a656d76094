"""The outbox: which entry a sender may send now, and what became of it.

What became of a counsellor's words is an entry of its own, so that whoever reads on after a number hears of it. No
messenger's bot is told whether somebody has read: what was sent has been taken by the channel, and no more is claimed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, exists, or_, select, update

from hotline.store.claims.locks import lock_thread
from hotline.store.db import Tx
from hotline.store.journal import Line, append
from hotline.store.tables import contacts, entries

Claimed = Row[Any]  # an entry, or a notice, that a sender may send now
_OLDER = entries.alias("older")
_BLOCKED = exists().where(
    _OLDER.c.contact_id == entries.c.contact_id,
    _OLDER.c.seq < entries.c.seq,
    _OLDER.c.delivery.in_(("pending", "sending")),
)


async def claim_delivery(tx: Tx, channel: str, until: datetime) -> Claimed | None:
    """The oldest due entry of a contact of this channel, marked as being sent until then; None if none is due.

    Only the oldest undelivered entry of each contact may go, so that a person reads words in order.
    """
    due = (
        select(entries.c.contact_id, entries.c.seq)
        .join(contacts, contacts.c.id == entries.c.contact_id)
        .where(
            contacts.c.channel == channel,
            entries.c.delivery.in_(("pending", "sending")),
            or_(entries.c.delivery_at.is_(None), entries.c.delivery_at <= tx.now),
            ~_BLOCKED,
        )
        .order_by(contacts.c.queue_class, entries.c.delivery_at, entries.c.contact_id)  # danger first
        .limit(1)
        .with_for_update(of=entries, key_share=True, skip_locked=True)
    )
    found = (await tx.connection.execute(due)).one_or_none()
    if found is None:
        return None
    here = and_(entries.c.contact_id == found.contact_id, entries.c.seq == found.seq)
    statement = (
        update(entries)
        .where(here)
        .values(delivery="sending", delivery_tries=entries.c.delivery_tries + 1, delivery_at=until)
        .returning(entries)
    )
    claimed: Row[Any] | None = (await tx.connection.execute(statement)).one_or_none()
    return claimed


async def settle_delivery(
    tx: Tx,
    contact_id: str,
    seq: int,
    delivery: str,
    at: datetime,
    *,
    reason: str | None = None,
    again: bool = False,
) -> None:
    """Sent, failed for a reason, or pending until `at`; `again` says that this try does not count."""
    here = and_(entries.c.contact_id == contact_id, entries.c.seq == seq, entries.c.delivery == "sending")
    values = {"delivery": delivery, "delivery_at": at, "delivery_reason": reason}
    statement = update(entries).where(here).values(**values)
    if again:
        statement = statement.values(delivery_tries=entries.c.delivery_tries - 1)
    if delivery == "pending":
        await tx.connection.execute(statement)
        return
    await lock_thread(tx, contact_id)
    settled = await tx.connection.execute(statement.returning(entries.c.seq, entries.c.author))
    await _tell(tx, contact_id, settled.all(), delivery, reason)


async def give_up_delivery(tx: Tx, contact_id: str, reason: str) -> None:
    """Nothing that waits for this contact, which is locked, will be sent."""
    waiting = and_(entries.c.contact_id == contact_id, entries.c.delivery.in_(("pending", "sending")))
    failed = {"delivery": "failed", "delivery_at": tx.now, "delivery_reason": reason}
    statement = update(entries).where(waiting).values(**failed)
    given_up = await tx.connection.execute(statement.returning(entries.c.seq, entries.c.author))
    await _tell(tx, contact_id, given_up.all(), "failed", reason)


async def _tell(tx: Tx, contact_id: str, settled: Sequence[Row[Any]], state: str, reason: str | None) -> None:
    """Each of a counsellor's messages is settled once, so that its id says which one it is about."""
    data = {"state": state, "reason": reason}
    lines = [
        Line(contact_id, f"delivery/{row.seq}", "delivery", "system", data=data, ref_seq=row.seq)
        for row in sorted(settled, key=lambda row: row.seq)
        if row.author == "staff"
    ]
    if lines:
        await append(tx.connection, tx.now, lines)
