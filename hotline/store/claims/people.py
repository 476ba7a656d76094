"""Signing in and staff: what works once works once, tries are counted one by one, two people decide together."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, select, update

from hotline.ids import new_id
from hotline.rules.throttle import FORGET, Limit, pause
from hotline.store.claims.contacts import next_number
from hotline.store.db import Tx
from hotline.store.tables import recoveries, sign_in_links, sign_in_tries, staff


async def use_link(tx: Tx, secret_hash: str, *purposes: str) -> Row[Any] | None:
    """The one-time link of one of these purposes, used from now on; None if it is unknown, used or too old."""
    statement = (
        update(sign_in_links)
        .where(
            sign_in_links.c.secret_hash == secret_hash,
            sign_in_links.c.purpose.in_(purposes),
            sign_in_links.c.used_at.is_(None),
            sign_in_links.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(sign_in_links)
    )
    found: Row[Any] | None = (await tx.connection.execute(statement)).one_or_none()
    return found


async def use_step(tx: Tx, staff_id: str, step: int) -> bool:
    """Use the code of this step of time; False if it, or a later one, was used before."""
    fresh = staff.c.totp_step.is_(None) | (staff.c.totp_step < step)
    statement = update(staff).where(staff.c.id == staff_id, fresh).values(totp_step=step)
    return (await tx.connection.execute(statement)).rowcount == 1


async def count_try(tx: Tx, key: str, limit: Limit) -> datetime | None:
    """Count a try at signing in before it is looked at; until when it must wait instead, if it came too soon."""
    old = sign_in_tries.c.last_at < tx.now - FORGET
    statement = tx.upsert(sign_in_tries).values(key=key, tries=1, last_at=tx.now, until=tx.now)
    statement = statement.on_conflict_do_update(
        index_elements=[sign_in_tries.c.key],
        set_={"tries": case((old, 1), else_=sign_in_tries.c.tries + 1), "last_at": tx.now},
        where=sign_in_tries.c.until <= tx.now,
    )
    tries = (await tx.connection.execute(statement.returning(sign_in_tries.c.tries))).scalar_one_or_none()
    mine = sign_in_tries.c.key == key
    if tries is None:
        until: datetime = (
            await tx.connection.execute(select(sign_in_tries.c.until).where(mine))
        ).scalar_one()
        return until
    await tx.connection.execute(update(sign_in_tries).where(mine).values(until=tx.now + pause(limit, tries)))
    return None


async def one_staff_change_at_a_time(tx: Tx) -> None:
    """Changes of roles and leavings wait for each other, so that two administrators cannot remove both."""
    await next_number(tx, "staff changes")


async def ask_recovery(tx: Tx, staff_id: str, asked_by: str) -> bool:
    """Note who asks for a person's recovery; False if somebody has already."""
    statement = tx.upsert(recoveries).values(
        id=new_id(), staff_id=staff_id, asked_by=asked_by, asked_at=tx.now
    )
    return (await tx.connection.execute(statement.on_conflict_do_nothing())).rowcount == 1


async def confirm_recovery(tx: Tx, staff_id: str, confirmed_by: str, since: datetime) -> bool:
    """The second person's word; False without a request, for the one who asked, or for the one concerned."""
    statement = (
        update(recoveries)
        .where(
            recoveries.c.staff_id == staff_id,
            recoveries.c.staff_id != confirmed_by,
            recoveries.c.asked_by != confirmed_by,
            recoveries.c.asked_at > since,
            recoveries.c.ended_at.is_(None),
        )
        .values(confirmed_by=confirmed_by, ended_at=tx.now)
    )
    return (await tx.connection.execute(statement)).rowcount == 1


async def consoles_seen(tx: Tx, staff_ids: Collection[str]) -> dict[str, datetime | None]:
    """Renew these signs of life, but of rows that are being changed just now; each with the one before."""
    rows = select(staff.c.id, staff.c.seen_at).where(tx.among(staff.c.id, staff_ids))
    rows = rows.order_by(staff.c.id).with_for_update(key_share=True, skip_locked=True)
    before = {row.id: row.seen_at for row in await tx.connection.execute(rows)}
    await tx.connection.execute(update(staff).where(tx.among(staff.c.id, before)).values(seen_at=tx.now))
    return before
