"""Who holds a contact, changed by a person's own hand: out of the queue, to somebody else, or to oneself.

It needs no engine. Whoever comes too late, and whoever asks for what is not there or not theirs to see,
gets the same answer.
"""

from hotline.actions.contacts import answered, gave_a_sign, say, thing_of, topics_of
from hotline.errors import (
    ChangedHands,
    InConflict,
    LineUnknown,
    NoLongerWaiting,
    NotEligible,
    NotOnDuty,
    StaffUnknown,
    WallBreach,
)
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, assignment, contact
from hotline.rules.access import SUPERVISOR, Actor
from hotline.rules.words import REASON_LIMIT, checked
from hotline.store import claims, queries
from hotline.store.journal import Line
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction


async def pick_up(system: System, actor: Actor, contact_id: str) -> None:
    """Take a waiting contact out of the queue; nobody's console rings for it any longer.

    A counsellor must be on duty for it and have room, unless it is danger. Raises NoLongerWaiting (gone, or
    never to be seen), NotOnDuty, NoRoom.
    """
    access.require(actor, "assignments.pick_up")
    async with system.transaction(actor) as tx:
        row = await _within_reach(tx, actor, "assignments.pick_up", contact_id)
        if row is None:
            raise NoLongerWaiting
        await claims.lock_staff(tx, actor.id)
        if row.state == contact.ACTIVE and row.holder_id == actor.id:
            return  # the answer to the first click got lost
        if row.state != contact.WAITING:
            raise NoLongerWaiting
        leads = SUPERVISOR in actor.roles
        if not leads:
            await _has_duty(tx, row, actor)
        rang = await claims.withdraw_offers(tx, contact_id, "picked_up")
        beyond = leads or row.priority == contact.P1
        if not await claims.take(tx, contact_id, actor.id, "pick_up", beyond=beyond):
            raise NoLongerWaiting
        await answered(tx, row, actor)
        await gave_a_sign(tx, actor.id)
        told = {topics.staff(each) for each in (*rang, actor.id)}
        tx.record("assignments.pick_up", "contact", contact_id, topics_of(row) | told)


async def hand_over(
    system: System, actor: Actor, contact_id: str, from_id: str, to_id: str, reason: str, *, overrule: bool
) -> None:
    """Give a conversation from the person seen to hold it to another; the caller is told by whom they go on.

    `overrule` sets duty, word and room aside, never the wall and never a silent console. Raises ChangedHands
    (or never to be seen), StaffUnknown, InConflict, NotEligible, NoRoom (filled this very moment).
    """
    access.require(actor, "assignments.hand_over")
    why = checked(reason, REASON_LIMIT)
    async with system.transaction(actor) as tx:
        row = await _within_reach(tx, actor, "assignments.hand_over", contact_id)
        if row is None:
            raise ChangedHands
        await claims.lock_people(tx, (from_id, to_id))
        people = await queries.people(tx, to_id)
        if not people:
            raise StaffUnknown
        wanted = await queries.demand(tx, row)
        despite = assignment.obstacles(people[0], wanted, tx.now)
        if assignment.CONFLICT in despite:
            raise InConflict
        if any(assignment.insuperable(each) for each in despite) or (despite and not overrule):
            raise NotEligible
        await goes_on(tx, row, from_id, to_id, "hand_over", beyond=overrule)
        tx.record(
            "assignments.hand_over", "contact", contact_id, topics_of(row) | {topics.staff(to_id)},
            reason=why, sealed_for=contact_id, before=from_id, after=to_id, despite=list(despite),
        )  # fmt: skip


async def take_over(system: System, actor: Actor, contact_id: str, from_id: str, reason: str) -> None:
    """A supervisor goes on with somebody's conversation. Raises ChangedHands (or never to be seen)."""
    access.require(actor, "assignments.take_over")
    why = checked(reason, REASON_LIMIT)
    async with system.transaction(actor) as tx:
        row = await _within_reach(tx, actor, "assignments.take_over", contact_id)
        if row is None:
            raise ChangedHands
        if row.state == contact.ACTIVE and row.holder_id == actor.id:
            return  # the answer to the first click got lost
        await claims.lock_people(tx, (from_id, actor.id))
        await goes_on(tx, row, from_id, actor.id, "take_over", beyond=True)
        tx.record(
            "assignments.take_over", "contact", contact_id, topics_of(row) | {topics.staff(actor.id)},
            reason=why, sealed_for=contact_id, before=from_id,
        )  # fmt: skip


async def move(system: System, actor: Actor, contact_id: str, queue: str, reason: str) -> None:
    """A waiting contact waits in another queue, under its old key. The offer that rings is withdrawn.

    Raises NoLongerWaiting (or never to be seen), LineUnknown (no such queue for this channel), WallBreach.
    """
    access.require(actor, "assignments.move")
    why = checked(reason, REASON_LIMIT)
    async with system.transaction(actor) as tx:
        row = await _within_reach(tx, actor, "assignments.move", contact_id)
        if row is None or row.state != contact.WAITING or row.queue is None:
            raise NoLongerWaiting
        changed = await moved(tx, row, queue)
        rang = await claims.withdraw_offers(tx, contact_id, "moved")
        state = Line(
            contact_id, new_id(), "state", "staff", actor.id, data={"to": contact.WAITING, "how": "move"}
        )
        await claims.append_to(tx, state)
        tx.record(
            "assignments.move", "contact", contact_id, changed | {topics.staff(each) for each in rang},
            reason=why, sealed_for=contact_id, before=row.queue, after=queue,
        )  # fmt: skip


async def moved(tx: Transaction, row: ContactRow, queue: str) -> set[str]:
    """Put a contact into this queue; what changed by it. The wall is that of the line the caller chose."""
    found = tx.centre.queues.get(queue)
    if found is None or row.channel not in found.channels:
        raise LineUnknown
    if set(found.lines) & tx.centre.barred_lines(row.line, None):
        raise WallBreach
    await claims.change(tx, row.id, queue=queue)
    return topics_of(row) | {topics.queue(queue)}


async def _has_duty(tx: Transaction, row: ContactRow, actor: Actor) -> None:
    people = await queries.people(tx, actor.id)
    if not people or not people[0].duty_lines & (await queries.demand(tx, row)).lines:
        raise NotOnDuty


async def _within_reach(tx: Transaction, actor: Actor, verb: str, contact_id: str) -> ContactRow | None:
    """The contact, locked; None if there is none, or if it is behind the wall for this person."""
    row = await claims.lock_contact(tx, contact_id)
    thing = await thing_of(row, tx, actor)
    return row if thing is not None and access.may(actor, verb, thing) else None


async def goes_on(
    tx: Transaction, row: ContactRow, from_id: str, to_id: str, how: str, *, beyond: bool
) -> None:
    """In the contact it stands who went on and on whose word; the caller reads the new person's signature."""
    if row.state != contact.ACTIVE or row.holder_id != from_id or from_id == to_id:
        raise ChangedHands
    if not await claims.change_hands(tx, row.id, from_id, to_id, how, beyond=beyond):
        raise ChangedHands
    await claims.freed(tx, from_id)
    by = tx.actor.id if tx.actor else None
    state = Line(row.id, new_id(), "state", "staff", by, data={"to": contact.ACTIVE, "how": how})
    person = await queries.staff_row(tx, to_id)
    await claims.append_to(tx, state)
    await say(tx, row, "changed_hands", signature=person.signature if person else "")
