"""A waiting contact climbs its ladder: rungs open, people at home are called, the caller is told how it stands."""

from datetime import datetime, timedelta

from hotline.actions import alarms
from hotline.actions.contacts import say, topics_of
from hotline.actions.staff_notices import CHAT
from hotline.live import topics
from hotline.rules import access, contact
from hotline.rules import ladder as rules
from hotline.rules.access import Actor
from hotline.rules.alarms import LADDER_END, RUNG_SILENT, STUCK
from hotline.rules.duty import OnDuty, OpenButEmpty, asking
from hotline.rules.ladder import END, Move
from hotline.rules.staff_notices import CALLED, Notice
from hotline.store import claims, queries, reachable, staffing, steps
from hotline.store.ladder import standings
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction

TOLD_LATELY = timedelta(minutes=10)  # whoever heard so lately that nobody is there is not told again
NOBODY = ("nobody_on_duty", "nobody_on_duty_unplanned", "danger_unstaffed")


async def climb(system: System, actor: Actor, contact_id: str) -> bool:
    """Do what is due for this contact now, once, however many engines look. False if nothing is, any more."""
    access.require(actor, "ladder.climb")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, contact_id)
        found = await standings(tx, contact_id)
        if row is None or not found:
            return False
        due = rules.move(found[0], tx.now)
        if not due:
            return False
        for name in due.opens:
            await claims.open_step(tx, row.id, name)
        called = await _call(tx, row, due)
        if due.silent:
            await alarms.raised(tx, RUNG_SILENT, "contact", row.id, row.line)
        if END in due.opens:
            await alarms.raised(tx, LADDER_END, "contact", row.id, row.line)
            await _tell_end(tx, row, attended=bool(found[0].there))
        if due.update:
            await claims.open_step(tx, row.id, due.update)
            update = "update_telegram" if row.channel == "telegram" else "update"
            usual = await tx.system.waits.minutes(tx, row.queue, row.arrived_at)
            await say(tx, row, update, position=await queries.place(tx, row), usual=usual)
        # Nobody else's place moves by this, and who climbs makes the offers: the queue is not woken.
        tx.record(
            "ladder.climb", "contact", row.id, {topics.contact(row.id), topics.alarms()},
            opened=list(due.opens), silent=list(due.silent), called=called, update=due.update,
        )  # fmt: skip
    return True


async def take_up(system: System, actor: Actor, chat_id: int, call_id: str) -> str:
    """Somebody who was called presses "I take over": taken, taken_before (by another), or gone.

    They are available from now on, and have some minutes to open their console until the next rung is called.
    """
    access.require(actor, "ladder.take_up")
    async with system.transaction(actor) as tx:
        staff_id = await reachable.owner_of(tx, tx.blind(CHAT, str(chat_id)))
        call = await steps.call(tx, call_id)
        if staff_id is None or call is None or call.staff_id != staff_id:
            return "gone"
        step = await steps.step(tx, steps.step_of(call.occasion))
        if step is None:
            return "gone"
        if step.answered_by == staff_id:
            return "taken"  # pressed twice, or the answer got lost
        await claims.lock_staff(tx, staff_id)
        if not await claims.answer_step(tx, step.id, staff_id):
            return "taken_before"
        await staffing.change(tx, staff_id, intent="available", intent_until=None, intent_kind=None)
        await claims.gave_a_sign(tx, staff_id, answered=False)
        row = await queries.contact(tx, step.contact_id)
        changed = {topics.staff(staff_id), *(topics_of(row) if row is not None else ())}
        tx.record("ladder.take_up", "contact", step.contact_id, changed, staff=staff_id, rung=step.rung)
    return "taken"


async def ring_stuck(system: System, actor: Actor, contact_id: str) -> bool:
    """What should have happened to this contact did not: a person must look. False if somebody has it."""
    access.require(actor, "ladder.sweep")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, contact_id)
        if row is None or row.state != contact.WAITING:
            return False
        return await alarms.raised(tx, STUCK, "contact", row.id, row.line) is not None


async def _call(tx: Transaction, row: ContactRow, due: Move) -> list[str]:
    """Tell people at home that it is their turn; who was told just now. The notice says nothing of the contact."""
    opened = (await steps.of_contacts(tx, [row.id])).get(row.id, {})
    notices = [
        Notice(staff_id, CALLED, steps.occasion(opened[name].id), {"line": row.line})
        for name, people in due.calls.items()
        for staff_id in sorted(people)
    ]
    await claims.add_notices(tx, notices)
    return [each.staff_id for each in notices]


async def _tell_end(tx: Transaction, row: ContactRow, *, attended: bool) -> None:
    """Once, and the truth: nobody has taken it; when somebody will be there; who is there day and night."""
    if row.due_at is not None:
        return  # who is called back is not waiting here
    if row.priority == contact.P1:
        if not await _told_lately(tx, row):
            await say(tx, row, "danger_not_taken")
    elif attended:
        await say(tx, row, "queue_long")
    elif not await _told_lately(tx, row):
        next_duty = await _next_duty(tx, row)
        await say(tx, row, "nobody_took", next_duty=next_duty.isoformat() if next_duty else None)


async def _told_lately(tx: Transaction, row: ContactRow) -> bool:
    return await queries.said(tx, row.id, NOBODY, tx.now - TOLD_LATELY)


async def _next_duty(tx: Transaction, row: ContactRow) -> datetime | None:
    """When somebody else than those who do not answer will be there."""
    board = await tx.board()
    lines = tx.centre.queues[row.queue].lines
    barred = tx.centre.barred_lines(row.line, row.queue)
    answers = asking.answers(board, lines, tx.now, barred)
    if not any(isinstance(each, OnDuty) for each in answers):
        starts = [each.next_at for each in answers if isinstance(each, OpenButEmpty) and each.next_at]
        return min(starts, default=None)
    seated = asking.seated(board, lines, tx.now, barred)
    return asking.follows(board, lines, tx.now, board.end, seated)[0]
