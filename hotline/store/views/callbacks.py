"""Call-backs as staff see them: the one in hand with its number, and the list of all that are open without any."""

from datetime import datetime

from sqlalchemy import select

from hotline.rules.access import Actor
from hotline.rules.callback import SafeTime, is_safe
from hotline.rules.centre import Centre
from hotline.store import callbacks as rows
from hotline.store import conflicts
from hotline.store.db import Tx
from hotline.store.tables import callbacks, contacts, staff
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class CallbackCard:
    """What whoever calls must know first. `number` is "" where the channel itself is the way."""

    way: str
    number: str
    says: str
    voicemail: bool
    safe: SafeTime
    safe_now: bool
    tries: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Agreed:
    """A further contact after a talk: how, and when it is safe."""

    way: str
    safe: SafeTime


@dataclass(frozen=True, slots=True)
class OpenCallback:
    """A call-back without an outcome. `holder_name` is who is busy with it now."""

    contact_id: str
    ref: str
    line: str
    way: str
    priority: str
    due_at: datetime | None
    expires_at: datetime
    tries: int
    holder_name: str | None


async def callback_card(tx: Tx, centre: Centre, contact_id: str) -> CallbackCard | None:
    """The open call-back of a contact, with its number opened."""
    row = await rows.open_one(tx, contact_id)
    if row is None:
        return None
    number = ""
    if row.number_sealed is not None:
        number = await tx.unseal(contact_id, "callbacks", row.id, row.number_sealed)
    safe = rows.safe_time(row)
    return CallbackCard(
        row.way, number, row.says, row.voicemail, safe, is_safe(safe, tx.now, centre.zone), row.tries,
        row.expires_at,
    )  # fmt: skip


async def callback_agreed(tx: Tx, contact_id: str) -> Agreed | None:
    """What was agreed on after this talk, the newest; the number stays closed."""
    query = (
        select(callbacks)
        .where(callbacks.c.from_contact_id == contact_id, callbacks.c.outcome.is_(None))
        .order_by(callbacks.c.id.desc())
        .limit(1)
    )
    row = (await tx.connection.execute(query)).one_or_none()
    return None if row is None else Agreed(row.way, rows.safe_time(row))


async def follows_a_talk(tx: Tx, contact_id: str) -> bool:
    """Whether the contact was agreed on in an earlier one."""
    query = select(callbacks.c.id).where(
        callbacks.c.contact_id == contact_id, callbacks.c.from_contact_id.is_not(None)
    )
    return (await tx.connection.execute(query.limit(1))).first() is not None


async def open_callbacks(tx: Tx, centre: Centre, actor: Actor) -> list[OpenCallback]:
    """All that are open, the next to be due first, less what is behind the wall for this person."""
    query = (
        select(callbacks, contacts, staff.c.name.label("holder_name"))
        .join(contacts, contacts.c.id == callbacks.c.contact_id)
        .outerjoin(staff, staff.c.id == contacts.c.holder_id)
        .where(callbacks.c.outcome.is_(None))
        .order_by(contacts.c.due_at, callbacks.c.id)
    )
    found = (await tx.connection.execute(query)).mappings().all()
    apart = await conflicts.with_contacts(tx, [row[contacts.c.id] for row in found])
    return [
        OpenCallback(
            row[contacts.c.id], row[contacts.c.ref], row[contacts.c.line], row[callbacks.c.way],
            row[contacts.c.priority], row[contacts.c.due_at], row[callbacks.c.expires_at],
            row[callbacks.c.tries], row["holder_name"],
        )
        for row in found
        if not actor.lines & centre.barred_lines(row[contacts.c.line], row[contacts.c.queue])
        and actor.id not in apart.get(row[contacts.c.id], ())
    ]  # fmt: skip
