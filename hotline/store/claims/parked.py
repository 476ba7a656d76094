"""Updates that fail: how often so far, which are given up, and which of those are done with."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, or_, update

from hotline.ids import new_id
from hotline.store.db import Tx
from hotline.store.tables import parked

FORGOTTEN_AFTER = timedelta(days=2)  # Telegram keeps an update for one day


async def count_failure(tx: Tx, update_key: str) -> Row[Any]:
    """One more failure of this update; its row. What a restart began is counted on."""
    values = {"id": new_id(), "update_key": update_key, "tries": 1, "first_at": tx.now}
    statement = tx.upsert(parked).values(**values)
    statement = statement.on_conflict_do_update(
        index_elements=[parked.c.update_key], set_={"tries": parked.c.tries + 1}
    )
    row: Row[Any] = (await tx.connection.execute(statement.returning(parked))).one()
    return row


async def park(tx: Tx, row_id: str, reason: str, payload_sealed: bytes) -> bool:
    """Give it up; False if it was before."""
    given_up = {"reason": reason, "payload_sealed": payload_sealed, "parked_at": tx.now}
    statement = update(parked).where(parked.c.id == row_id, parked.c.parked_at.is_(None)).values(**given_up)
    return (await tx.connection.execute(statement)).rowcount == 1


async def end_parked(tx: Tx, row_id: str) -> bool:
    """It was taken after all, or is discarded: its payload goes. False if somebody was faster."""
    here = (parked.c.id == row_id, parked.c.parked_at.is_not(None), parked.c.ended_at.is_(None))
    statement = update(parked).where(*here).values(ended_at=tx.now, payload_sealed=None)
    return (await tx.connection.execute(statement)).rowcount == 1


async def forget_tries(tx: Tx, update_key: str) -> None:
    """It was taken; what Telegram itself has forgotten goes as well."""
    done = or_(parked.c.update_key == update_key, parked.c.first_at < tx.now - FORGOTTEN_AFTER)
    await tx.connection.execute(delete(parked).where(parked.c.parked_at.is_(None), done))
