"""What the order of people goes by: on duty since when, hard contacts since the last pause, who talked last."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from hotline.rules.contact import P1
from hotline.store import duty_log
from hotline.store.db import Ids, Tx
from hotline.store.tables import assignments, contacts, staff

_EARLIER = contacts.alias("earlier")


async def on_since(tx: Tx, staff_id: str | None = None) -> dict[str, datetime]:
    """When each person on duty took it up, on whichever line first."""
    found: dict[str, datetime] = {}
    for (person, _), at in (await duty_log.taken(tx, None if staff_id is None else [staff_id])).items():
        found[person] = min(at, found.get(person, at))
    return found


async def heavy(tx: Tx, since: Mapping[str, datetime]) -> dict[str, int]:
    """How many contacts of people in danger each had since the last pause, on the duty they took up `since` then."""
    if not since:
        return {}
    query = (
        select(assignments.c.staff_id, assignments.c.from_at)
        .join(contacts, contacts.c.id == assignments.c.contact_id)
        .join(staff, staff.c.id == assignments.c.staff_id)
        .where(
            contacts.c.priority == P1,
            assignments.c.until_at > min(since.values()),
            or_(staff.c.paused_at.is_(None), assignments.c.until_at > staff.c.paused_at),
        )
    )
    found: dict[str, int] = {}
    for row in await tx.connection.execute(query):
        if row.staff_id in since and row.from_at >= since[row.staff_id]:
            found[row.staff_id] = found.get(row.staff_id, 0) + 1
    return found


async def last_by(tx: Tx, contact_ids: Ids) -> dict[str, str]:
    """Contact -> who talked with this caller last, in an earlier contact of theirs."""
    same = and_(_EARLIER.c.caller_blind == contacts.c.caller_blind, _EARLIER.c.id != contacts.c.id)
    place = func.row_number().over(partition_by=contacts.c.id, order_by=assignments.c.from_at.desc())
    talks = (
        select(contacts.c.id, assignments.c.staff_id, place.label("place"))
        .select_from(contacts)
        .join(_EARLIER, same)
        .join(assignments, assignments.c.contact_id == _EARLIER.c.id)
        .where(contacts.c.id.in_(contact_ids))
        .subquery()
    )
    rows = await tx.connection.execute(select(talks).where(talks.c.place == 1))
    return {row.id: row.staff_id for row in rows}
