"""Rows of what staff changed of the centre, and of the notices made of it."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, insert, select, update

from hotline.rules.centre_changes import Change
from hotline.store.db import Tx
from hotline.store.tables import centre_changes, counters, notices

COUNTER = "centre"  # its number moves with every change; who counts it up holds its row until the commit


async def version(tx: Tx) -> int:
    """The number of the newest change; 0 before the first."""
    query = select(counters.c.value).where(counters.c.name == COUNTER)
    return int((await tx.connection.execute(query)).scalar_one_or_none() or 0)


async def changes(tx: Tx) -> list[Change]:
    """Every change that was not withdrawn, in the order in which they were made."""
    query = select(centre_changes).where(centre_changes.c.withdrawn_at.is_(None))
    rows = await tx.connection.execute(query.order_by(centre_changes.c.made_at, centre_changes.c.id))
    return [change_of(row) for row in rows]


def change_of(row: Row[Any]) -> Change:
    """The change that a row holds."""
    return Change(row.id, row.kind, row.target, row.value, row.made_at, row.from_day, row.made_by)


async def add_change(tx: Tx, change: Change) -> None:
    values = {
        "id": change.id,
        "kind": change.kind,
        "target": change.target,
        "from_day": change.from_day,
        "value": change.value,
        "made_at": change.at,
        "made_by": change.by,
    }
    await tx.connection.execute(insert(centre_changes).values(**values))


async def withdraw_change(tx: Tx, change_id: str, by: str) -> Change | None:
    """The change that no longer counts; None if there is none, or it was withdrawn before."""
    statement = (
        update(centre_changes)
        .where(centre_changes.c.id == change_id, centre_changes.c.withdrawn_at.is_(None))
        .values(withdrawn_at=tx.now, withdrawn_by=by)
        .returning(centre_changes)
    )
    row = (await tx.connection.execute(statement)).one_or_none()
    return None if row is None else change_of(row)


async def keep_notice(tx: Tx, notice_version: str, body: dict[str, Any]) -> None:
    """Store a text the first time it is shown."""
    values = {"version": notice_version, "shown_from": tx.now, "body": body}
    await tx.connection.execute(tx.upsert(notices).values(**values).on_conflict_do_nothing())


async def notice(tx: Tx, notice_version: str) -> tuple[datetime, dict[str, Any]] | None:
    """(shown from, body) of a text that was shown once."""
    row = (
        await tx.connection.execute(select(notices).where(notices.c.version == notice_version))
    ).one_or_none()
    return None if row is None else (row.shown_from, cast(dict[str, Any], row.body))
