"""Signs of life of the consoles, and which gaps are news again."""

from collections.abc import Collection

from sqlalchemy import delete, select, tuple_

from hotline.rules.duty.attendance import Console
from hotline.rules.duty.gaps import Identity
from hotline.store import queries
from hotline.store.db import Tx
from hotline.store.tables import alarms, gap_notices, staff


async def consoles(tx: Tx, staff_ids: Collection[str] | None = None) -> dict[str, Console]:
    """Of everybody on the staff, or of these people."""
    query = select(staff.c.id, staff.c.seen_at, staff.c.intent, staff.c.intent_until).where(staff.c.active)
    if staff_ids is not None:
        query = query.where(tx.among(staff.c.id, staff_ids))
    return {
        row.id: Console(row.seen_at, queries.intent_now(row.intent, row.intent_until, tx.now))
        for row in await tx.connection.execute(query)
    }


async def ringing(tx: Tx, kind: str) -> set[str]:
    """What alarms of this kind ring about."""
    query = select(alarms.c.thing_id).where(alarms.c.kind == kind, alarms.c.ended_at.is_(None))
    return set((await tx.connection.execute(query)).scalars())


async def forget_told(tx: Tx, gone: Collection[Identity]) -> None:
    """These gaps are no more: should they open again, that is news."""
    columns = (gap_notices.c.line, gap_notices.c.kind, gap_notices.c.start, gap_notices.c.need)
    rows = [(line, kind, start.isoformat() if start else "", need) for line, kind, start, need in gone]
    for first in range(0, len(rows), 100):
        await tx.connection.execute(
            delete(gap_notices).where(tuple_(*columns).in_(rows[first : first + 100]))
        )
