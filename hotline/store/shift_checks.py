"""Checks of shifts as they were saved, what channels say of themselves, and the try of the chat's own way."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from hotline.ids import new_id
from hotline.rules.contact import CLOSED, P4
from hotline.rules.shift_checks import Saved
from hotline.store import claims
from hotline.store.db import Tx
from hotline.store.journal import Line
from hotline.store.tables import channel_signs, contacts, entries, shift_checks

_PLACE = func.row_number().over(
    partition_by=shift_checks.c.staff_id, order_by=(shift_checks.c.done_at.desc(), shift_checks.c.id.desc())
)
_CHECKS = (
    select(shift_checks, _PLACE.label("place"))
    .where(shift_checks.c.staff_id.in_(bindparam("people", expanding=True)))
    .subquery()
)
_NEWEST = select(_CHECKS).where(_CHECKS.c.place == 1)


async def add(tx: Tx, **values: Any) -> None:
    await tx.connection.execute(insert(shift_checks).values(**values))


async def newest(tx: Tx, staff_ids: Collection[str]) -> dict[str, Saved]:
    """The last check that each of these people saved."""
    rows = await tx.connection.execute(_NEWEST, {"people": list(staff_ids)})
    return {
        row.staff_id: Saved(
            row.id, row.phase, row.done_at, row.ends_at, row.results, row.complete, row.remark_sealed
        )
        for row in rows
    }


async def note_sign(tx: Tx, channel: str, trouble: str) -> None:
    """The channel has just looked at itself; "" means that it works."""
    said = {"seen_at": tx.now, "trouble": trouble}
    statement = tx.upsert(channel_signs).values(channel=channel, **said)
    await tx.connection.execute(
        statement.on_conflict_do_update(index_elements=[channel_signs.c.channel], set_=said)
    )


async def sign(tx: Tx, channel: str) -> tuple[Any, str] | None:
    """When the channel last said how it is, and what."""
    row = (
        await tx.connection.execute(select(channel_signs).where(channel_signs.c.channel == channel))
    ).one_or_none()
    return None if row is None else (row.seen_at, row.trouble)


async def in_hand(tx: Tx, staff_id: str) -> tuple[int, int]:
    """How many conversations somebody holds, and how many summaries they owe."""
    query = select(contacts.c.state, func.count()).where(contacts.c.holder_id == staff_id)
    rows = await tx.connection.execute(query.group_by(contacts.c.state))
    counted: dict[str, int] = {row[0]: row[1] for row in rows}
    return counted.get("active", 0), counted.get("wrap_up", 0)


async def try_message(tx: Tx, line: str, sealed: bytes) -> bytes | None:
    """Write a message as the chat writes it and read it again. Only for a transaction that is then undone."""
    contact_id = new_id()
    values: dict[str, Any] = {
        "id": contact_id, "ref": contact_id[-20:], "origin": f"test:{contact_id}", "line": line, "queue": None,
        "channel": "web", "state": CLOSED, "priority": P4, "priority_initial": P4, "queue_class": 1,
        "queue_at": tx.now, "under18": False, "flags": [], "language": "pl", "arrived_at": tx.now,
        "privacy_version": "",
    }  # fmt: skip
    await claims.add_contact(tx, values)
    await claims.append_to(tx, Line(contact_id, new_id(), "message", "caller", body_sealed=sealed))
    query = select(entries.c.body_sealed).where(entries.c.contact_id == contact_id)
    return (await tx.connection.execute(query)).scalar_one_or_none()
