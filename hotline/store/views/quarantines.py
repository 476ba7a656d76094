"""Quarantines that last, for whoever reviews them: why, on whose word, until when. Never a word of content."""

from datetime import datetime

from sqlalchemy import select

from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.store import conflicts
from hotline.store.db import Tx
from hotline.store.quarantines import LIVE
from hotline.store.tables import contacts, quarantines, staff
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One quarantine. `decision` is None until somebody has looked."""

    id: str
    contact_id: str
    ref: str
    line: str
    reason: str
    by_name: str
    until_at: datetime
    decision: str | None


async def quarantines_now(tx: Tx, centre: Centre, actor: Actor) -> list[QuarantineRow]:
    """Those that nobody has looked at first, less what is behind the wall for this person."""
    query = (
        select(quarantines, contacts.c.ref, contacts.c.line, contacts.c.queue, staff.c.name)
        .join(contacts, contacts.c.id == quarantines.c.contact_id)
        .join(staff, staff.c.id == quarantines.c.staff_id)
        .where(quarantines.c.until_at > tx.now, LIVE)
        .order_by(quarantines.c.decision.is_not(None), quarantines.c.until_at, quarantines.c.id)
    )
    found = (await tx.connection.execute(query)).all()
    apart = await conflicts.with_contacts(tx, [row.contact_id for row in found])
    return [
        QuarantineRow(
            row.id, row.contact_id, row.ref, row.line, row.reason, row.name, row.until_at, row.decision
        )
        for row in found
        if not actor.lines & centre.barred_lines(row.line, row.queue)
        and actor.id not in apart.get(row.contact_id, ())
    ]
