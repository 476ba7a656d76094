"""How the house stands, in numbers: for whoever watches it. Counts by code, no row of anybody."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from hotline.rules.duty import asking
from hotline.rules.presence import STALE_AFTER
from hotline.store.callbacks import in_queue
from hotline.store.db import Tx
from hotline.store.tables import assignments, contacts, entries, leases, staff
from hotline.values import dataclass

ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Figures:
    """(queue, priority) -> waiting; queue -> longest wait; channel -> (to be sent, age of the oldest); and so on."""

    waiting: Mapping[tuple[str, str], int]
    longest_wait: Mapping[str, timedelta]
    talks: int
    on_duty: int
    present: int
    outbox: Mapping[str, tuple[int, timedelta]]
    epoch: int
    engine_away: timedelta


async def figures(tx: Tx, lease: str) -> Figures:
    """One small query each, over partial indexes; `lease` is the name of the engine's."""
    waiting, longest = await _waiting(tx)
    on_duty, present = await _staff(tx)
    epoch, away = await _lease(tx, lease)
    return Figures(waiting, longest, await _talks(tx), on_duty, present, await _outbox(tx), epoch, away)


async def _waiting(tx: Tx) -> tuple[dict[tuple[str, str], int], dict[str, timedelta]]:
    query = (
        select(contacts.c.queue, contacts.c.priority, func.count(), func.min(contacts.c.arrived_at))
        .where(in_queue(tx.now), contacts.c.queue.is_not(None))
        .group_by(contacts.c.queue, contacts.c.priority)
    )
    counts: dict[tuple[str, str], int] = {}
    longest: dict[str, timedelta] = {}
    for queue, priority, count, oldest in await tx.connection.execute(query):
        counts[queue, priority] = count
        longest[queue] = max(longest.get(queue, ZERO), tx.now - oldest)
    return counts, longest


async def _talks(tx: Tx) -> int:
    query = select(func.count()).select_from(assignments).where(assignments.c.until_at.is_(None))
    return int((await tx.connection.execute(query)).scalar_one())


async def _staff(tx: Tx) -> tuple[int, int]:
    alive = case((staff.c.seen_at >= tx.now - STALE_AFTER, staff.c.id))
    query = select(func.count(staff.c.id), func.count(alive)).where(
        staff.c.active, staff.c.id.in_(asking.serving(await tx.board(), tx.now))
    )
    on_duty, present = (await tx.connection.execute(query)).one()
    return on_duty, present


async def _outbox(tx: Tx) -> dict[str, tuple[int, timedelta]]:
    query = (
        select(contacts.c.channel, func.count(), func.min(entries.c.at))
        .join(contacts, contacts.c.id == entries.c.contact_id)
        .where(entries.c.delivery.in_(("pending", "sending")))
        .group_by(contacts.c.channel)
    )
    found = await tx.connection.execute(query)
    return {channel: (count, tx.now - oldest) for channel, count, oldest in found}


async def _lease(tx: Tx, name: str) -> tuple[int, timedelta]:
    query = select(leases.c.epoch, leases.c.expires_at).where(leases.c.name == name)
    found = (await tx.connection.execute(query)).one_or_none()
    if found is None:
        return 0, ZERO
    expires_at: datetime = found.expires_at
    return found.epoch, max(ZERO, tx.now - expires_at)
