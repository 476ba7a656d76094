"""Signs of life of the consoles, who is on duty by the last word of it, and which gaps are news again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, tuple_

from hotline.rules.duty.attendance import Console
from hotline.rules.duty.gaps import Identity
from hotline.store import queries
from hotline.store.db import Tx
from hotline.store.tables import alarms, duty_facts, gap_notices, staff

LOOK_BACK: Final = timedelta(days=35)  # nobody is on duty longer without a word of it


async def consoles(tx: Tx, staff_id: str | None = None) -> dict[str, Console]:
    """Of everybody on the staff, or of one person."""
    query = select(staff.c.id, staff.c.seen_at, staff.c.intent, staff.c.intent_until).where(staff.c.active)
    if staff_id is not None:
        query = query.where(staff.c.id == staff_id)
    return {
        row.id: Console(row.seen_at, queries.intent_now(row.intent, row.intent_until, tx.now))
        for row in await tx.connection.execute(query)
    }


async def taken(tx: Tx, staff_id: str | None = None) -> dict[tuple[str, str], datetime]:
    """(person, line) of those who took up duty and have not left it, with since when."""
    # at one instant, leaving comes last, as in `explain.present`
    place = func.row_number().over(
        partition_by=(duty_facts.c.staff_id, duty_facts.c.line),
        order_by=(duty_facts.c.at.desc(), duty_facts.c.kind.desc()),
    )
    facts = select(duty_facts, place.label("place")).where(duty_facts.c.at > tx.now - LOOK_BACK)
    if staff_id is not None:
        facts = facts.where(duty_facts.c.staff_id == staff_id)
    last = facts.subquery()
    rows = await tx.connection.execute(select(last).where(last.c.place == 1, last.c.kind == "in"))
    return {(row.staff_id, row.line): row.at for row in rows}


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
