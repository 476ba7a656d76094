"""One note on how to talk with a caller for each line: a change names the revision that it takes the place of."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hotline.store.db import Tx
from hotline.store.tables import handling_notes


async def add_handling_note(tx: Tx, values: dict[str, Any]) -> bool:
    """False if the line has one for this caller."""
    statement = tx.upsert(handling_notes).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def change_handling_note(tx: Tx, note_id: str, base: str, values: dict[str, Any]) -> bool:
    """False if its words are no longer those of the revision `base`."""
    here = (handling_notes.c.id == note_id, handling_notes.c.revision == base)
    statement = update(handling_notes).where(*here).values(**values)
    return (await tx.connection.execute(statement)).rowcount == 1


async def renew_handling_note(tx: Tx, note_id: str, expires_at: datetime) -> bool:
    """False if it is gone."""
    statement = update(handling_notes).where(handling_notes.c.id == note_id).values(expires_at=expires_at)
    return (await tx.connection.execute(statement)).rowcount == 1


async def forget_handling_notes(connection: AsyncConnection, note_ids: Collection[str]) -> None:
    """Nothing is left of these; their keys are destroyed by who asks."""
    await connection.execute(delete(handling_notes).where(handling_notes.c.id.in_(note_ids)))
