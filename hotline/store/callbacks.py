"""Call-backs as actions and the clock read them, and which waiting contacts are in the queue at all."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select

from hotline.rules.callback import SafeTime
from hotline.store.db import Tx
from hotline.store.tables import callbacks, contacts


def in_queue(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """It waits, and not for a later time: whoever is to be called back is in nobody's way until due."""
    return and_(contacts.c.state == "waiting", or_(contacts.c.due_at.is_(None), contacts.c.due_at <= now))


async def open_one(tx: Tx, contact_id: str) -> Row[Any] | None:
    """The call-back of this contact that has no outcome yet."""
    query = select(callbacks).where(callbacks.c.contact_id == contact_id, callbacks.c.outcome.is_(None))
    return (await tx.connection.execute(query)).one_or_none()


async def to_look_after(tx: Tx, ends_before: datetime) -> list[Row[Any]]:
    """Open ones nobody is busy with that are due, or that expire before then; with the contact's `due_at`."""
    query = (
        select(callbacks, contacts.c.due_at)
        .join(contacts, contacts.c.id == callbacks.c.contact_id)
        .where(
            callbacks.c.outcome.is_(None),
            contacts.c.state == "waiting",
            or_(callbacks.c.expires_at <= ends_before, contacts.c.due_at <= tx.now),
        )
        .order_by(callbacks.c.expires_at, callbacks.c.id)
    )
    return list(await tx.connection.execute(query))


def safe_time(row: Row[Any]) -> SafeTime:
    return SafeTime(row.safe_first, row.safe_start, row.safe_end)
