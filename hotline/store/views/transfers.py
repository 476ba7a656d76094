"""Who is asked to take a conversation, and who may read it besides its holder."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from hotline.rules.presence import LOOK_LIFE
from hotline.rules.transfer import LIVE
from hotline.store.db import Tx, only
from hotline.store.tables import audit, contacts, staff, transfers
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """What a colleague asks this person to take."""

    id: str
    contact_id: str
    ref: str
    line: str
    channel: str
    priority: str
    language: str
    arrived_at: datetime
    from_name: str
    way: str
    state: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom the holder of a conversation asks to take it."""

    id: str
    to_id: str
    to_name: str
    way: str
    state: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read a conversation that is not theirs; until then, if they looked for a reason."""

    staff_id: str
    name: str
    until: datetime | None


_ASKED = only(
    select(transfers, contacts.c.ref, contacts.c.line, contacts.c.channel, contacts.c.priority,
           contacts.c.language, contacts.c.arrived_at, staff.c.name.label("from_name"))
    .join(contacts, contacts.c.id == transfers.c.contact_id)
    .join(staff, staff.c.id == transfers.c.from_id)
    .where(transfers.c.state.in_(LIVE)),
    transfers.c.to_id, "people",
)  # fmt: skip


async def asked_of(tx: Tx, staff_ids: Collection[str]) -> dict[str, Asked]:
    """What each of these people is asked to take. One at most: nobody is asked twice at once."""
    rows = await tx.connection.execute(tx.made(_ASKED), {"people": list(staff_ids)})
    return {row.to_id: Asked(**{name: getattr(row, name) for name in Asked.__slots__}) for row in rows}


async def asking(tx: Tx, contact_id: str) -> Asking | None:
    """The live transfer of a conversation."""
    query = (
        select(transfers, staff.c.name.label("to_name"))
        .join(staff, staff.c.id == transfers.c.to_id)
        .where(transfers.c.contact_id == contact_id, transfers.c.state.in_(LIVE))
    )
    row = (await tx.connection.execute(query)).one_or_none()
    return None if row is None else Asking(**{name: getattr(row, name) for name in Asking.__slots__})


async def readers(tx: Tx, contact_id: str, holder_id: str | None) -> list[Reader]:
    """Everybody but the holder who may read it now: whoever reads along, and whoever looked within the hour."""
    found = []
    guest = await asking(tx, contact_id)
    if guest is not None and guest.state == "joined":
        found.append(Reader(guest.to_id, guest.to_name, None))
    looks = (
        select(audit.c.actor_id, staff.c.name, func.max(audit.c.at).label("at"))
        .join(staff, staff.c.id == audit.c.actor_id)
        .where(
            audit.c.thing_kind == "contact",
            audit.c.thing_id == contact_id,
            audit.c.verb == "contacts.look",
            audit.c.at > tx.now - LOOK_LIFE,
        )
        .group_by(audit.c.actor_id, staff.c.name)
        .order_by(staff.c.name)
    )
    for row in (await tx.connection.execute(looks)).all():
        if row.actor_id not in (holder_id, *(each.staff_id for each in found)):
            found.append(Reader(row.actor_id, row.name, row.at + LOOK_LIFE))
    return found
