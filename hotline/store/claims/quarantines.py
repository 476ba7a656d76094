"""A contact is quarantined once, and looked at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from hotline.store.db import Tx
from hotline.store.tables import contacts, quarantines


async def add_quarantine(tx: Tx, values: dict[str, Any]) -> bool:
    """False if this contact has one that nobody has looked at yet."""
    statement = tx.upsert(quarantines).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def review_quarantine(
    tx: Tx, quarantine_id: str, decision: str, staff_id: str, until_at: datetime
) -> bool:
    """Write the decision; False if it was made, or the quarantine has ended by itself."""
    statement = (
        update(quarantines)
        .where(
            quarantines.c.id == quarantine_id,
            quarantines.c.decision.is_(None),
            quarantines.c.until_at > tx.now,
        )
        .values(decision=decision, reviewed_by=staff_id, reviewed_at=tx.now, until_at=until_at)
    )
    return (await tx.connection.execute(statement)).rowcount == 1


async def held_back(tx: Tx, contact_id: str, caller_blind: str | None) -> list[str]:
    """The contacts a quarantine holds back, ids ascending: its own, and what the same source began since."""
    whose = contacts.c.id == contact_id
    if caller_blind is not None:
        whose = or_(whose, contacts.c.caller_blind == caller_blind)
    query = select(contacts.c.id).where(whose, contacts.c.state == "waiting", contacts.c.due_at > tx.now)
    return list((await tx.connection.execute(query.order_by(contacts.c.id))).scalars())
