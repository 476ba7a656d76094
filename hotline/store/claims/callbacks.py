"""One open call-back per contact; how it ended is written once."""

from typing import Any

from sqlalchemy import update

from hotline.store.db import Tx
from hotline.store.tables import callbacks


async def add_callback(tx: Tx, values: dict[str, Any]) -> bool:
    """False if this contact has an open one."""
    statement = tx.upsert(callbacks).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def tried(tx: Tx, callback_id: str, before: int) -> bool:
    """Count one more try in vain; False if somebody counted it first."""
    statement = (
        update(callbacks)
        .where(callbacks.c.id == callback_id, callbacks.c.outcome.is_(None), callbacks.c.tries == before)
        .values(tries=before + 1)
    )
    return (await tx.connection.execute(statement)).rowcount == 1


async def end_callback(tx: Tx, contact_id: str, outcome: str) -> bool:
    """Write the outcome of the open one and erase its number; False if there is none."""
    statement = (
        update(callbacks)
        .where(callbacks.c.contact_id == contact_id, callbacks.c.outcome.is_(None))
        .values(outcome=outcome, ended_at=tx.now, number_sealed=None)
    )
    return (await tx.connection.execute(statement)).rowcount == 1
