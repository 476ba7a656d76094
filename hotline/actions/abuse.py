"""Quarantine: what comes from a source is kept but offered to nobody, until a supervisor has looked or it ends.

The caller is told once where help is. Danger passes: "yes, now" and words that sound like it bring a contact back.
"""

from datetime import timedelta

from hotline.actions import alarms, callbacks
from hotline.actions.contacts import locked, say, thing_of, topics_of
from hotline.errors import Malformed, NotFound, WrongState
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import abuse, access, contact
from hotline.rules.access import Actor
from hotline.rules.callback import WITHDRAWN
from hotline.store import callbacks as callback_rows
from hotline.store import claims, queries
from hotline.store import quarantines as rows
from hotline.store.journal import Line
from hotline.system import System, Transaction


async def quarantine(system: System, actor: Actor, contact_id: str, reason: str) -> None:
    """Take a contact out of everybody's way. Raises NotFound, Malformed, WrongState: not in hand, or danger now."""
    if reason not in abuse.REASONS:
        raise Malformed(field="reason")
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "abuse.quarantine", contact_id)
        if row.state != contact.ACTIVE or row.priority == contact.P1:
            raise WrongState
        until = tx.now + abuse.UNREVIEWED
        values = {
            "id": new_id(),
            "contact_id": contact_id,
            "caller_blind": row.caller_blind,
            "reason": reason,
            "staff_id": actor.id,
            "made_at": tx.now,
            "until_at": until,
        }
        if not await claims.add_quarantine(tx, values):
            raise WrongState
        await claims.requeue(tx, contact_id, actor.id)
        await claims.freed(tx, actor.id)
        await claims.change(tx, contact_id, due_at=until)
        how = {"to": contact.WAITING, "how": "quarantined"}
        await claims.append_to(tx, Line(contact_id, new_id(), "state", "staff", actor.id, data=how))
        await say(tx, row, "quarantined")
        tx.record("abuse.quarantine", "contact", contact_id, topics_of(row), reason_code=reason)


async def review(system: System, actor: Actor, quarantine_id: str, decision: str, days: int = 1) -> None:
    """Confirm it for some days more and close what it holds, or lift it and let that into the queue again.

    Raises NotFound (decided, over by itself, or behind the wall), Malformed.
    """
    access.require(actor, "abuse.review")
    if decision not in (abuse.CONFIRMED, abuse.LIFTED) or not 1 <= days <= abuse.LONGEST_DAYS:
        raise Malformed(field="decision")
    async with system.transaction(actor) as tx:
        found = await rows.one(tx, quarantine_id)
        row = None if found is None else await queries.contact(tx, found.contact_id)
        access.require(actor, "abuse.review", await thing_of(row, tx, actor))
        if found is None:
            raise NotFound
        held = await claims.held_back(tx, found.contact_id, found.caller_blind)
        for contact_id in held:
            await (_close if decision == abuse.CONFIRMED else _let_in)(tx, contact_id)
        until = tx.now + timedelta(days=days) if decision == abuse.CONFIRMED else tx.now
        if not await claims.review_quarantine(tx, quarantine_id, decision, actor.id, until):
            raise NotFound
        tx.record(
            "abuse.review", "contact", found.contact_id, (topics.alarms(),), decision=decision, days=days
        )


async def _let_in(tx: Transaction, contact_id: str) -> None:
    """Into the queue; who asked to be called back meanwhile is, when that is safe."""
    row = await claims.lock_contact(tx, contact_id)
    if row is None or row.state != contact.WAITING:
        return
    wanted, due_at = await callback_rows.open_one(tx, contact_id), None
    if wanted is not None:
        safe = callback_rows.safe_time(wanted)
        due_at = callbacks.next_due(tx, row, safe, tx.now, wanted.expires_at)
    await claims.change(tx, contact_id, due_at=due_at)
    tx.topics.update(topics_of(row))


async def _close(tx: Transaction, contact_id: str) -> None:
    row = await claims.lock_contact(tx, contact_id)
    ended = {"end_reason": "abusive_closed", "ended_at": tx.now, "closed_at": tx.now}
    if row is None or not await claims.move(tx, contact_id, contact.WAITING, contact.CLOSED, **ended):
        return
    data = {"to": contact.CLOSED, "reason": "abusive_closed"}
    await claims.append_to(tx, Line(contact_id, new_id(), "state", "system", data=data))
    await claims.end_callback(tx, contact_id, WITHDRAWN)
    await claims.shut_thread(tx, contact_id)
    await alarms.over(tx, contact_id)
    tx.topics.update(topics_of(row))
