"""Rows of people: plain inserts and updates, no race in them that an index would not settle."""

from typing import Any

from sqlalchemy import update

from hotline.store.db import Tx
from hotline.store.tables import staff


async def add(tx: Tx, values: dict[str, Any]) -> bool:
    """A new person; False if the login is taken."""
    statement = tx.upsert(staff).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def change(tx: Tx, staff_id: str, **values: Any) -> None:
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))


async def revise(tx: Tx, staff_id: str) -> None:
    """Let every process see that this person's sessions or rights have changed; the poke is the action's."""
    await change(tx, staff_id, revision=staff.c.revision + 1)
