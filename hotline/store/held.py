"""Conversations and who holds them: since when, and when that console last gave a sign of life."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select

from hotline.rules.contact import ACTIVE, P1, VOICE
from hotline.store.db import Tx
from hotline.store.tables import assignments, callbacks, contacts, staff
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """One conversation."""

    contact_id: str
    priority: str
    holder_id: str
    since: datetime
    seen_at: datetime | None


def needs_person_alone() -> ColumnElement[bool]:
    """Danger, a call, or a call-back by telephone: its person takes nothing else beside it."""
    by_phone = (callbacks.c.outcome.is_(None), callbacks.c.way == "phone")
    called_back = exists().where(callbacks.c.contact_id == contacts.c.id, *by_phone)
    return or_(contacts.c.priority == P1, contacts.c.channel.in_(VOICE), called_back)


async def held(tx: Tx, contact_id: str | None = None) -> list[Held]:
    """Every conversation that somebody holds now; or just the one."""
    live = and_(assignments.c.contact_id == contacts.c.id, assignments.c.until_at.is_(None))
    query = (
        select(
            contacts.c.id, contacts.c.priority, contacts.c.holder_id, assignments.c.from_at, staff.c.seen_at
        )
        .join(assignments, live)
        .join(staff, staff.c.id == contacts.c.holder_id)
        .where(contacts.c.state == ACTIVE)
        .order_by(contacts.c.id)
    )
    if contact_id is not None:
        query = query.where(contacts.c.id == contact_id)
    return [Held(*row) for row in await tx.connection.execute(query)]
