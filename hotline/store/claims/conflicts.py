"""A conflict is marked once, however many notice it at once, and ended once."""

from typing import Any

from sqlalchemy import update

from hotline.store.db import Tx
from hotline.store.tables import conflicts


async def mark_conflict(tx: Tx, values: dict[str, Any]) -> bool:
    """False if this person is marked at this contact or case already."""
    statement = tx.upsert(conflicts).values(**values, marked_at=tx.now).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def end_conflict(tx: Tx, conflict_id: str, staff_id: str, by: str) -> str | None:
    """The contact or case it was marked at; None if it is over, or another person's."""
    live = (conflicts.c.id == conflict_id, conflicts.c.staff_id == staff_id, conflicts.c.ended_at.is_(None))
    ended = update(conflicts).where(*live).values(ended_at=tx.now, ended_by=by)
    found: str | None = (
        await tx.connection.execute(ended.returning(conflicts.c.thing_id))
    ).scalar_one_or_none()
    return found
