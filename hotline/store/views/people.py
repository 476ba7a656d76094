"""Who is on the staff, and the shifts around an instant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from hotline.rules.duty import Shift
from hotline.store import queries
from hotline.store.db import Tx
from hotline.store.tables import staff


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


async def people(tx: Tx) -> list[StaffRow]:
    """The whole staff by name."""
    rows = await tx.connection.execute(select(staff).order_by(staff.c.name, staff.c.id))
    return [
        StaffRow(row.id, row.login, row.name, row.signature, row.roles, row.lines, row.active) for row in rows
    ]


async def shifts(tx: Tx, lines: Collection[str], start: datetime, end: datetime) -> list[Shift]:
    """Shifts of these lines that touch [start, end)."""
    return await queries.shifts_between(tx, start, end, lines)


async def next_shifts(tx: Tx, lines: Collection[str], barred: frozenset[str]) -> list[Shift]:
    """Shifts that are not over yet, less those of people who serve a `barred` line."""
    return await queries.next_shifts(tx, lines, barred)


async def shifts_around(tx: Tx, lines: Collection[str], at: datetime) -> list[Shift]:
    """Shifts of these lines from a day before an instant to a fortnight after it."""
    return await queries.shifts_between(tx, at - timedelta(days=1), at + timedelta(days=14), lines)
