"""The same trouble rings once, however many notice it at once."""

from collections.abc import Collection

from sqlalchemy import update

from hotline.ids import new_id
from hotline.store.db import Tx
from hotline.store.tables import alarms


async def raise_alarm(tx: Tx, kind: str, thing_kind: str, thing_id: str, line: str | None) -> str | None:
    """A new alarm's id; None if this one rings already."""
    alarm_id = new_id()
    values = {"id": alarm_id, "kind": kind, "thing_kind": thing_kind, "thing_id": thing_id, "line": line}
    statement = tx.upsert(alarms).values(**values, raised_at=tx.now).on_conflict_do_nothing()
    return alarm_id if (await tx.connection.execute(statement)).rowcount == 1 else None


async def see_alarm(tx: Tx, alarm_id: str, staff_id: str) -> bool:
    """Somebody is on it; False if it is over, or somebody else was faster."""
    open_one = (alarms.c.id == alarm_id, alarms.c.ended_at.is_(None), alarms.c.seen_at.is_(None))
    statement = update(alarms).where(*open_one).values(seen_at=tx.now, seen_by=staff_id)
    return (await tx.connection.execute(statement)).rowcount == 1


async def end_alarms_but(tx: Tx, kind: str, thing_ids: Collection[str]) -> int:
    """End what rings of this kind about other things than these."""
    others = (alarms.c.kind == kind, alarms.c.thing_id.not_in(thing_ids), alarms.c.ended_at.is_(None))
    return (await tx.connection.execute(update(alarms).where(*others).values(ended_at=tx.now))).rowcount


async def end_alarms(tx: Tx, thing_id: str, kinds: Collection[str] = ()) -> int:
    """End what rings about a thing, of these kinds or of all; how many those were."""
    ringing = [alarms.c.thing_id == thing_id, alarms.c.ended_at.is_(None)]
    if kinds:
        ringing.append(alarms.c.kind.in_(kinds))
    return (await tx.connection.execute(update(alarms).where(*ringing).values(ended_at=tx.now))).rowcount
