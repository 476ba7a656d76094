"""Personal conflicts that hold: those marked at a contact or case, opened; those of a person, without the reason."""

from datetime import datetime

from sqlalchemy import func, select

from hotline.store.db import Tx
from hotline.store.tables import cases, conflicts, contacts, staff
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class ConflictHere:
    """Who is kept away, how far it reaches, why, and on whose word."""

    staff_id: str
    name: str
    kind: str
    reason: str
    marked_at: datetime
    marked_by: str


@dataclass(frozen=True, slots=True)
class ConflictOf:
    """What somebody is kept away from: the reference of a contact or case."""

    id: str
    kind: str
    thing_id: str
    ref: str
    marked_at: datetime
    marked_by: str


async def conflicts_at(tx: Tx, thing_id: str) -> list[ConflictHere]:
    """What was marked at this contact or case, for whoever may open it."""
    by = staff.alias("by")
    query = (
        select(conflicts, staff.c.name, by.c.name.label("by_name"))
        .join(staff, staff.c.id == conflicts.c.staff_id)
        .join(by, by.c.id == conflicts.c.marked_by)
        .where(conflicts.c.thing_id == thing_id, conflicts.c.ended_at.is_(None))
        .order_by(conflicts.c.marked_at, conflicts.c.id)
    )
    return [
        ConflictHere(
            row.staff_id, row.name, row.kind,
            await tx.unseal(thing_id, "conflicts", row.id, row.reason_sealed), row.marked_at, row.by_name,
        )
        for row in (await tx.connection.execute(query)).all()
    ]  # fmt: skip


async def conflicts_of(tx: Tx, staff_id: str) -> list[ConflictOf]:
    """What this person is kept away from, newest first."""
    by = staff.alias("by")
    query = (
        select(
            conflicts,
            by.c.name.label("by_name"),
            func.coalesce(contacts.c.ref, cases.c.ref).label("ref"),
        )
        .join(by, by.c.id == conflicts.c.marked_by)
        .outerjoin(contacts, contacts.c.id == conflicts.c.thing_id)
        .outerjoin(cases, cases.c.id == conflicts.c.thing_id)
        .where(conflicts.c.staff_id == staff_id, conflicts.c.ended_at.is_(None))
        .order_by(conflicts.c.marked_at.desc(), conflicts.c.id)
    )
    return [
        ConflictOf(row.id, row.kind, row.thing_id, row.ref, row.marked_at, row.by_name)
        for row in await tx.connection.execute(query)
    ]
