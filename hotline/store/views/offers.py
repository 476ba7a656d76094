"""Who was offered a contact, with what result, and why they: what a supervisor reads of how it was routed."""

from datetime import datetime

from sqlalchemy import select

from hotline.store.db import Tx
from hotline.store.tables import offers, staff
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class OfferMade:
    """One offer. `rule` is why this person, `passed` whom it was not offered to and why not; "" if never written."""

    name: str
    state: str
    made_at: datetime
    ended_at: datetime | None
    rings_all: bool
    rule: str
    passed: list[tuple[str, str]]


async def offers_made(tx: Tx, contact_id: str) -> list[OfferMade]:
    """All offers of this contact, the newest first."""
    names = {row.id: row.name for row in await tx.connection.execute(select(staff.c.id, staff.c.name))}
    query = select(offers).where(offers.c.contact_id == contact_id)
    rows = await tx.connection.execute(query.order_by(offers.c.made_at.desc(), offers.c.id.desc()))
    return [
        OfferMade(
            names[row.staff_id],
            row.state,
            row.made_at,
            row.ended_at,
            row.rings_all,
            (row.why or {}).get("rule", ""),
            sorted((names[each], code) for each, code in (row.why or {}).get("passed", {}).items()),
        )
        for row in rows
    ]
