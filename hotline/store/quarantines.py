"""Quarantines as actions read them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select

from hotline.store.db import Tx
from hotline.store.tables import quarantines

# one that was lifted is over, whatever its time
LIVE = or_(quarantines.c.decision.is_(None), quarantines.c.decision != "lifted")


async def until(tx: Tx, caller_blind: str) -> datetime | None:
    """When the quarantine of this token or chat ends; None if there is none."""
    query = select(func.max(quarantines.c.until_at)).where(
        quarantines.c.caller_blind == caller_blind, quarantines.c.until_at > tx.now, LIVE
    )
    found: datetime | None = (await tx.connection.execute(query)).scalar_one()
    return found


async def one(tx: Tx, quarantine_id: str) -> Row[Any] | None:
    query = select(quarantines).where(quarantines.c.id == quarantine_id)
    return (await tx.connection.execute(query)).one_or_none()
