"""Who is on the staff, and the shifts around an instant."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from hotline.rules.duty import Shift
from hotline.rules.presence import RECOVERY_WAITS, SESSION_LIFE
from hotline.rules.signals import Signals, signals
from hotline.store import plans, queries, reachable
from hotline.store.db import Tx
from hotline.store.tables import contacts, recoveries, rosters, sessions, staff
from hotline.store.tables import shifts as shift_rows
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A person on the staff."""

    id: str
    login: str
    name: str
    signature: str
    roles: list[str]
    lines: list[str]
    active: bool
    flags: list[str]
    languages: list[str]
    text_limit: int
    seen_at: datetime | None
    left_at: datetime | None
    has_password: bool
    has_second_step: bool
    signals: Signals


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One sign-in that is still open."""

    id: str
    how: str
    device: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """Somebody asked that a person may set password and codes anew; another must confirm."""

    staff_id: str
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A summary somebody still owes."""

    contact_id: str
    ref: str
    line: str
    staff_id: str
    ended_at: datetime | None


async def people(tx: Tx) -> list[StaffRow]:
    """The whole staff by name."""
    rows = await tx.connection.execute(select(staff).order_by(staff.c.name, staff.c.id))
    return [_person(row) for row in rows]


async def person(tx: Tx, staff_id: str) -> StaffRow | None:
    """One of them."""
    row = await queries.staff_row(tx, staff_id)
    return None if row is None else _person(row)


def _person(row: Row[Any]) -> StaffRow:
    return StaffRow(
        id=row.id,
        login=row.login,
        name=row.name,
        signature=row.signature,
        roles=row.roles,
        lines=row.lines,
        active=row.active,
        flags=row.flags,
        languages=row.languages,
        text_limit=row.text_limit,
        seen_at=row.seen_at,
        left_at=row.left_at,
        has_password=row.password_hash is not None,
        has_second_step=row.totp_sealed is not None,
        signals=signals(row.signals),
    )


async def sessions_of(tx: Tx, staff_id: str) -> list[SessionRow]:
    """A person's sessions that were not ended and are not too old, the newest sign of life first."""
    mine = (sessions.c.staff_id == staff_id, sessions.c.revoked_at.is_(None), sessions.c.id.is_not(None))
    query = select(sessions).where(*mine, sessions.c.seen_at > tx.now - SESSION_LIFE)
    rows = await tx.connection.execute(query.order_by(sessions.c.seen_at.desc(), sessions.c.id))
    return [SessionRow(row.id, row.how, row.device or "other", row.created_at, row.seen_at) for row in rows]


async def recoveries_open(tx: Tx) -> dict[str, RecoveryRow]:
    """Requests that wait for a second person, by whom they are about."""
    fresh = (recoveries.c.ended_at.is_(None), recoveries.c.asked_at > tx.now - RECOVERY_WAITS)
    rows = await tx.connection.execute(select(recoveries).where(*fresh))
    return {row.staff_id: RecoveryRow(row.staff_id, row.asked_by, row.asked_at) for row in rows}


async def owed_by_the_gone(tx: Tx) -> list[OwedRow]:
    """Summaries owed by people who left, oldest first."""
    query = (
        select(contacts.c.id, contacts.c.ref, contacts.c.line, contacts.c.holder_id, contacts.c.ended_at)
        .join(staff, staff.c.id == contacts.c.holder_id)
        .where(contacts.c.state == "wrap_up", ~staff.c.active)
        .order_by(contacts.c.ended_at, contacts.c.ref)
    )
    return [OwedRow(*row) for row in await tx.connection.execute(query)]


async def vacant_shifts(tx: Tx) -> list[Shift]:
    """Shifts planned for somebody who will not come, from now on, in order."""
    stands = rosters.c.status.is_(None) | (rosters.c.status == "published")
    query = (
        select(shift_rows)
        .outerjoin(rosters, rosters.c.id == shift_rows.c.roster_id)
        .where(shift_rows.c.vacant_at.is_not(None), shift_rows.c.ends_at > tx.now, stands)
    )
    rows = await tx.connection.execute(query.order_by(shift_rows.c.starts_at, shift_rows.c.id).limit(200))
    return plans.shifts_of(rows)


async def at_leaving(tx: Tx, staff_id: str) -> tuple[int, int, int]:
    """(conversations, owed summaries, shifts to come) of a person: what leaving would touch."""
    held = await queries.held_by(tx, staff_id)
    owed = select(func.count()).where(contacts.c.holder_id == staff_id, contacts.c.state == "wrap_up")
    to_come = (shift_rows.c.staff_id == staff_id, shift_rows.c.ends_at > tx.now)
    planned = select(func.count()).where(*to_come, shift_rows.c.in_force)
    counted = [(await tx.connection.execute(query)).scalar_one() for query in (owed, planned)]
    return len(held), counted[0], counted[1]


async def is_told_by_telegram(tx: Tx, staff_id: str) -> bool:
    """Has this person linked a chat for notices?"""
    return await reachable.chat_of(tx, staff_id) is not None


async def shifts(tx: Tx, lines: Collection[str], start: datetime, end: datetime) -> list[Shift]:
    """Shifts of these lines that touch [start, end)."""
    return await plans.shifts_in_force(tx, (start, end), lines)
