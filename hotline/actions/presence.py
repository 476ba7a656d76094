"""Is the console alive, and what does the person say: available, busy with this or that, or done for today."""

from collections.abc import Collection
from datetime import datetime, timedelta

from hotline.actions import attendance
from hotline.errors import Malformed, WrongState
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.duty import asking
from hotline.rules.presence import (
    BREAK,
    BREAKS,
    INTENTS,
    LONGEST,
    LONGEST_WRAP_UP,
    MORE_WRAP_UP,
    OFF,
    link,
)
from hotline.store import claims, queries, staffing
from hotline.system import System, Transaction

SHORT_BREAK = 15  # minutes, where nothing is said


async def seen(system: System, actor: Actor) -> None:
    """A sign of life of the console, every ten seconds. Only coming back is worth a poke."""
    access.require(actor, "presence.seen")
    async with system.transaction(actor) as tx:
        before = await queries.staff_row(tx, actor.id)
        await staffing.change(tx, actor.id, seen_at=tx.now)
        if before is None or link(before.seen_at, tx.now) != "alive":
            tx.topics.add(topics.staff(actor.id))
            await attendance.note(tx, [actor.id], "console")


async def consoles_seen(system: System, staff_ids: Collection[str]) -> None:
    """The consoles of all these answered of late. Only coming back is worth a poke."""
    access.require(access.CHANNEL, "presence.consoles_seen")
    async with system.transaction(access.CHANNEL) as tx:
        before = await claims.consoles_seen(tx, staff_ids)
        back = [staff_id for staff_id, seen_at in before.items() if link(seen_at, tx.now) != "alive"]
        if back:
            tx.topics.update(map(topics.staff, back))
            await attendance.note(tx, back, "console")


async def set_intent(
    system: System, actor: Actor, intent: str, minutes: int | None = None, kind: str | None = None
) -> None:
    """Say available, break (of a kind), call, meeting or visit (for so many minutes), or off: done for today.

    "Done for today" ends with the duty it was said on; said off duty, it stays until it is taken back.
    Raises Malformed.
    """
    access.require(actor, "presence.set_intent")
    if intent not in INTENTS or (
        kind is not None and (intent, kind) not in {(BREAK, each) for each in BREAKS}
    ):
        raise Malformed(field="intent")
    if minutes is not None and not timedelta() < timedelta(minutes=minutes) <= LONGEST.get(
        intent, timedelta()
    ):
        raise Malformed(field="minutes")
    async with system.transaction(actor) as tx:
        until = await _until(tx, actor, intent, minutes)
        pause = {} if intent == "available" else {"paused_at": tx.now}
        await staffing.change(tx, actor.id, intent=intent, intent_until=until, intent_kind=kind, **pause)
        await claims.gave_a_sign(tx, actor.id, answered=False)
        await attendance.note(tx, [actor.id], "hand")
        tx.record("presence.set_intent", "staff", actor.id, (topics.staff(actor.id),), intent=intent)


async def _until(tx: Transaction, actor: Actor, intent: str, minutes: int | None) -> datetime | None:
    if intent == OFF:
        return asking.on_until(await tx.board(), actor.id, tx.now)
    if minutes is None and intent == BREAK:
        minutes = SHORT_BREAK
    return None if minutes is None else tx.now + timedelta(minutes=minutes)


async def prolong_wrap_up(system: System, actor: Actor) -> None:
    """A few minutes more to write the card. Raises WrongState if that time is over, or has been long enough."""
    access.require(actor, "presence.set_intent")
    async with system.transaction(actor) as tx:
        row = await claims.lock_staff(tx, actor.id)
        if row is None or row.wrap_until is None:
            raise WrongState
        until = min(row.wrap_until + MORE_WRAP_UP, tx.now + LONGEST_WRAP_UP)
        if not await claims.prolong_wrap_up(tx, actor.id, until):
            raise WrongState
        tx.record("presence.prolong_wrap_up", "staff", actor.id, (topics.staff(actor.id),))
