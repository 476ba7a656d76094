"""Rows of people and their shifts: plain inserts and updates, no race in them that an index would not settle."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from hotline.store.db import Tx
from hotline.store.tables import shifts, staff


async def add(tx: Tx, values: dict[str, Any]) -> bool:
    """A new person; False if the login is taken."""
    statement = tx.upsert(staff).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def change(tx: Tx, staff_id: str, **values: Any) -> None:
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))


async def revise(tx: Tx, staff_id: str) -> None:
    """Let every process see that this person's sessions or rights have changed; the poke is the action's."""
    await change(tx, staff_id, revision=staff.c.revision + 1)


async def add_shift(tx: Tx, values: dict[str, Any]) -> bool:
    """A new shift; False if the person has one on this line from the same instant."""
    statement = tx.upsert(shifts).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def remove_shift(tx: Tx, shift_id: str) -> tuple[str, str] | None:
    """(line, person) of the shift that was removed; None if there was none."""
    statement = delete(shifts).where(shifts.c.id == shift_id).returning(shifts.c.line, shifts.c.staff_id)
    row = (await tx.connection.execute(statement)).one_or_none()
    return None if row is None else (row.line, row.staff_id)


async def vacate_shifts(tx: Tx, staff_id: str, keep: Collection[str] = ()) -> int:
    """Mark a person's shifts that are not over as vacant, but for these lines; how many."""
    statement = update(shifts).where(
        shifts.c.staff_id == staff_id,
        shifts.c.ends_at > tx.now,
        shifts.c.vacant_at.is_(None),
        shifts.c.line.not_in(keep),
    )
    return (await tx.connection.execute(statement.values(vacant_at=tx.now))).rowcount


async def clear_shifts_from(tx: Tx, start: datetime) -> None:
    """Forget the plan from an instant on, so that the demo can lay it anew."""
    await tx.connection.execute(delete(shifts).where(shifts.c.starts_at >= start))
