"""Is the console alive, and what does the person say: available, on a break, or off."""

from datetime import timedelta

from hotline.actions import attendance
from hotline.errors import Malformed
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.presence import STALE_AFTER
from hotline.store import queries, staffing
from hotline.system import System

LONGEST_BREAK = 120  # minutes


async def seen(system: System, actor: Actor) -> None:
    """A sign of life of the console, every ten seconds. Only coming back is worth a poke."""
    access.require(actor, "presence.seen")
    async with system.transaction(actor) as tx:
        before = await queries.staff_row(tx, actor.id)
        await staffing.change(tx, actor.id, seen_at=tx.now)
        if before is None or before.seen_at is None or tx.now - before.seen_at > STALE_AFTER:
            tx.topics.add(topics.staff(actor.id))
            await attendance.note(tx, actor.id, "console")


async def set_intent(system: System, actor: Actor, intent: str, minutes: int | None = None) -> None:
    """Say available, break (for so many minutes) or off. Raises Malformed."""
    access.require(actor, "presence.set_intent")
    if intent not in ("available", "break", "off") or (
        minutes is not None and not 0 < minutes <= LONGEST_BREAK
    ):
        raise Malformed(field="intent")
    async with system.transaction(actor) as tx:
        until = tx.now + timedelta(minutes=minutes or 15) if intent == "break" else None
        await staffing.change(tx, actor.id, intent=intent, intent_until=until)
        await attendance.note(tx, actor.id, "hand")
        tx.record("presence.set_intent", "staff", actor.id, (topics.staff(actor.id),), intent=intent)
