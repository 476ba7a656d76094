"""Rows of people and their shifts: plain inserts and updates, no race in them that an index would not settle."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from hotline.store.db import Tx
from hotline.store.tables import sessions, shifts, sign_in_links, staff


async def add(tx: Tx, values: dict[str, Any]) -> bool:
    """A new person; False if the login is taken."""
    statement = tx.upsert(staff).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def change(tx: Tx, staff_id: str, **values: Any) -> None:
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))


async def add_shift(tx: Tx, values: dict[str, Any]) -> bool:
    """A new shift; False if the person has one on this line from the same instant."""
    statement = tx.upsert(shifts).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def remove_shift(tx: Tx, shift_id: str) -> tuple[str, str] | None:
    """(line, person) of the shift that was removed; None if there was none."""
    statement = delete(shifts).where(shifts.c.id == shift_id).returning(shifts.c.line, shifts.c.staff_id)
    row = (await tx.connection.execute(statement)).one_or_none()
    return None if row is None else (row.line, row.staff_id)


async def add_link(tx: Tx, secret_hash: str, staff_id: str, expires_at: datetime) -> None:
    values = {"secret_hash": secret_hash, "staff_id": staff_id, "expires_at": expires_at}
    await tx.connection.execute(insert(sign_in_links).values(**values))


async def add_session(tx: Tx, secret_hash: str, staff_id: str) -> None:
    values = {"secret_hash": secret_hash, "staff_id": staff_id, "created_at": tx.now, "seen_at": tx.now}
    await tx.connection.execute(insert(sessions).values(**values))


async def touch_session(tx: Tx, secret_hash: str) -> None:
    await tx.connection.execute(
        update(sessions).where(sessions.c.secret_hash == secret_hash).values(seen_at=tx.now)
    )


async def revoke_session(tx: Tx, secret_hash: str) -> None:
    statement = update(sessions).where(sessions.c.secret_hash == secret_hash, sessions.c.revoked_at.is_(None))
    await tx.connection.execute(statement.values(revoked_at=tx.now))


async def clear_shifts_from(tx: Tx, start: datetime) -> None:
    """Forget the plan from an instant on, so that the demo can lay it anew."""
    await tx.connection.execute(delete(shifts).where(shifts.c.starts_at >= start))
