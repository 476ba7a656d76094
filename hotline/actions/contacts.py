"""What happens to a contact between its first word and its summary, besides messages and offers."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from hotline.actions import alarms
from hotline.errors import Malformed, NotFound, NotSignedIn, OutcomeMissing, WrongState
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, contact, triage
from hotline.rules.access import Actor, Thing
from hotline.rules.alarms import CALLER_LEFT, OF_WAITING, OFFERS_MISSED, P1_WAITS
from hotline.rules.callback import WITHDRAWN
from hotline.rules.presence import LOOK_LIFE, TOKEN_LIFE
from hotline.rules.words import REASON_LIMIT, checked
from hotline.store import callbacks, claims, conflicts, quarantines, queries
from hotline.store.attended import Attended, attended
from hotline.store.journal import Line
from hotline.store.queries import ContactRow
from hotline.store.transfers import guest_of
from hotline.store.views import ContactHead
from hotline.system import System, Transaction
from hotline.texts.situations import fill


async def thing_of(row: ContactRow | None, tx: Transaction, actor: Actor) -> Thing | None:
    """The contact as the table of rights sees it; None if there is none.

    Who holds it goes on until somebody else does, even on the wrong side of the wall or in conflict.
    """
    if row is None:
        return None
    walled_off, guest_id = False, None
    if actor.kind == "staff" and row.holder_id != actor.id:
        guest_id = await guest_of(tx, row.id)
        barred = tx.centre.barred_lines(row.line, row.queue)
        walled_off = bool(actor.lines & barred) or await in_conflict(tx, row.id, actor.id)
    return Thing(
        row.id, row.holder_id, guest_id=guest_id, walled_off=walled_off, open=row.state != contact.CLOSED
    )


async def in_conflict(tx: Transaction, contact_id: str, staff_id: str) -> bool:
    """Must this person not have to do with the caller?"""
    return staff_id in (await conflicts.with_contacts(tx, [contact_id])).get(contact_id, ())


async def locked(tx: Transaction, actor: Actor, verb: str, contact_id: str) -> ContactRow:
    """The contact, locked until the commit, if the actor may do this to it. Raises NotFound, NotAllowed."""
    row = await claims.lock_contact(tx, contact_id)
    access.require(actor, verb, await thing_of(row, tx, actor))
    if row is None:
        raise NotFound
    return row


async def caller_of(system: System, token: str) -> Actor:
    """The caller a web token belongs to; the actor's id is the contact. Raises NotSignedIn."""
    return actor_of(await caller(system, token))


async def caller(system: System, token: str) -> ContactRow:
    """The contact of a web token. Raises NotSignedIn."""
    row = await system.callers.get(system.vault.blind("web", token))
    if row is None:
        raise NotSignedIn
    require_alive(system, row)
    return row


def require_alive(system: System, row: ContactRow | ContactHead) -> None:
    """Raises NotSignedIn where nothing was heard of the page for so long that its secret opens nothing any more."""
    if system.clock.now() > alive_until(row):
        raise NotSignedIn


def alive_until(row: ContactRow | ContactHead) -> datetime:
    """So long the secret of this contact opens it, if nothing more is heard of its page."""
    seen: datetime = row.caller_seen_at or row.arrived_at
    return seen + TOKEN_LIFE


def actor_of(caller: ContactRow) -> Actor:
    """The caller of this contact."""
    return Actor("caller", caller.id)


async def caller_seen(system: System, actor: Actor) -> None:
    """The caller's page is alive; coming back cancels "leaving"."""
    access.require(actor, "messages.receive", Thing(actor.id))
    async with system.transaction(actor) as tx:
        returned = await claims.caller_seen(tx, actor.id)
        if returned is not None:
            await alarms.over(tx, actor.id, CALLER_LEFT)
            tx.topics.update(topics_of(returned))


async def callers_seen(system: System, contact_ids: Collection[str]) -> list[str]:
    """The pages of all these answered of late; who has left since stays gone. Those whose secret is dead."""
    access.require(access.CHANNEL, "contacts.callers_seen")
    async with system.transaction(access.CHANNEL) as tx:
        return await claims.callers_seen(tx, contact_ids)


async def answer(system: System, actor: Actor, contact_id: str, question: str, value: str) -> None:
    """An answer to one of the two questions, or "under 18". It may raise the priority and never lowers it.

    Raises NotFound, Malformed. After the contact was answered or ended it is only noted.
    """
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.answer", contact_id)
        if row.state == contact.CLOSED:
            return
        changes = _answered(tx, row, question, value)
        if getattr(row, question) == changes[question]:
            return  # a repeat; but "yes" after "yes" and "no" is news
        line = Line(contact_id, new_id(), "answer", "caller", data={"question": question, "value": value})
        await claims.append_to(tx, line)
        await _apply(tx, row, changes)
        tx.record("contacts.answer", "contact", contact_id, topics_of(row), question=question)


def _answered(tx: Transaction, row: ContactRow, question: str, value: str) -> dict[str, Any]:
    offered: dict[str, tuple[str, ...]] = {
        "danger": triage.DANGER,
        "topic": triage.topics(tx.centre.line(row.line).audience),
        "under18": ("yes",),
    }
    if value not in offered.get(question, ()):
        raise Malformed(field=question if question in offered else "question")
    if question == "under18":
        return {"under18": True}
    raised = {
        "priority": triage.raised(row.priority, **{"danger": None, "topic": None, question: value}, text="")
    }
    return {question: value, **raised}


async def _apply(tx: Transaction, row: ContactRow, changes: dict[str, Any]) -> None:
    """Write changed columns; a new priority brings its key, and danger its text."""
    priority = changes.get("priority", row.priority)
    if priority != row.priority:
        changes["queue_class"], changes["queue_at"] = contact.queue_key(priority, row.arrived_at)
    if priority == contact.P1:
        changes["due_at"] = None  # danger waits for no later time
    await claims.change(tx, row.id, **changes)
    if priority != contact.P1 == row.priority:
        await alarms.over(tx, row.id, P1_WAITS)
    if priority == contact.P1 != row.priority and row.state == contact.WAITING:
        barred = tx.centre.barred_lines(row.line, row.queue)
        await say(tx, row, in_danger(await attended(tx, tx.centre.queues[row.queue].lines, barred)))


def in_danger(now: Attended) -> str:
    """What somebody in danger is told: "we are connecting you" only if there is somebody to connect with."""
    if not now.on_duty:
        return "danger_unstaffed"
    return "danger_staffed" if now.there else "danger_unseen"


async def say(
    tx: Transaction, row: ContactRow, situation: str, entry_id: str = "", /, **known: str | int | None
) -> None:
    """A system text to the caller, out through the channel the caller uses: the best that can be filled."""
    data = fill(situation, known).data
    outgoing = row.channel == "telegram"
    line = Line(row.id, entry_id or new_id(), "system", "system", data=data, outgoing=outgoing)
    await claims.append_to(tx, line)
    if outgoing:
        tx.topics.add(topics.outbox())


async def next_ref(tx: Transaction) -> str:
    """The number by which staff speak of a new contact."""
    year = tx.now.astimezone(tx.centre.zone).year
    return f"K/{year}/{await claims.next_number(tx, f'contact {year}'):06d}"


async def answered(tx: Transaction, row: ContactRow, actor: Actor) -> None:
    """Somebody has taken the contact: the caller is told who, and what rang for want of somebody falls silent."""
    state = Line(row.id, new_id(), "state", "staff", actor.id, data={"to": contact.ACTIVE})
    await claims.append_to(tx, state)
    person = await queries.staff_row(tx, actor.id)
    await say(tx, row, "assigned", signature=person.signature if person else actor.name)
    await waits_no_more(tx, row.id)


async def waits_no_more(tx: Transaction, contact_id: str) -> None:
    """What rang for want of somebody falls silent, and nobody further up is called."""
    await alarms.over(tx, contact_id, *OF_WAITING)
    await claims.forget_steps(tx, contact_id)


async def held_back_until(tx: Transaction, blind: str | None, priority: str) -> datetime | None:
    """How long what this source begins is held back, by a counsellor's word; danger never is."""
    return None if blind is None or priority == contact.P1 else await quarantines.until(tx, blind)


async def gave_a_sign(tx: Transaction, staff_id: str) -> None:
    """The person took a contact, or said that they do not: they are there, and offers come again."""
    if await claims.gave_a_sign(tx, staff_id, answered=True):
        await alarms.over(tx, staff_id, OFFERS_MISSED)
        tx.topics.add(topics.staff(staff_id))


def topics_of(row: ContactRow) -> set[str]:
    """Who wants to know when this contact changes."""
    changed = {topics.contact(row.id)}
    if row.queue is not None:
        changed.add(topics.queue(row.queue))
    if row.holder_id is not None:
        changed.add(topics.staff(row.holder_id))
    return changed


async def leave(system: System, actor: Actor, contact_id: str, *, quick: bool) -> None:
    """The page was closed; with `quick` the token dies at once. Danger stays open as "caller left", with an alarm."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.leave", contact_id)
        changes: dict[str, Any] = {"caller_left_at": tx.now}
        if quick:
            changes["caller_blind"] = None
        if row.caller_left_at is None or quick:
            await claims.change(tx, contact_id, **changes)
            tx.record("contacts.leave", "contact", contact_id, topics_of(row), quick=quick)
        if quick and row.priority == contact.P1 and row.state in (contact.WAITING, contact.ACTIVE):
            await alarms.raised(tx, CALLER_LEFT, "contact", contact_id, row.line)


async def stop(system: System, actor: Actor, contact_id: str, entry_id: str) -> bool:
    """The caller ends it from their side; False if danger keeps it open, as "caller left" with an alarm.

    Who waited is not offered to anybody any more; who talked owes nothing, the counsellor a summary. The same
    entry id again changes nothing.
    """
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.stop", contact_id)
        danger = row.priority == contact.P1
        if row.state not in (contact.WAITING, contact.ACTIVE):
            return True
        if await claims.stored(tx, contact_id, entry_id) is None:
            to = await (_left_in_danger if danger else _ended_by_caller)(tx, row)
            state = Line(contact_id, entry_id, "state", "caller", data={"to": to, "reason": "caller_left"})
            await claims.append_to(tx, state)
            if to == contact.CLOSED:
                await claims.shut_thread(tx, contact_id)
            tx.record("contacts.stop", "contact", contact_id, topics_of(row), to=to)
        return not danger


async def _left_in_danger(tx: Transaction, row: ContactRow) -> str:
    await claims.change(tx, row.id, caller_left_at=tx.now)
    await alarms.raised(tx, CALLER_LEFT, "contact", row.id, row.line)
    return "left"


async def _ended_by_caller(tx: Transaction, row: ContactRow) -> str:
    ended = {"end_reason": "caller_left", "ended_at": tx.now, "caller_left_at": tx.now}
    if row.state == contact.ACTIVE:
        await claims.move(tx, row.id, contact.ACTIVE, contact.WRAP_UP, **ended)
        await claims.release(tx, row.id)
        await claims.freed(tx, row.holder_id, tx.centre.talks.wrap_up_for(row.priority))
        return contact.WRAP_UP
    await claims.move(tx, row.id, contact.WAITING, contact.CLOSED, closed_at=tx.now, **ended)
    await claims.end_callback(tx, row.id, WITHDRAWN)
    await waits_no_more(tx, row.id)
    tx.topics.update(map(topics.staff, await claims.withdraw_offers(tx, row.id, "caller_left")))
    return contact.CLOSED


async def end(system: System, actor: Actor, contact_id: str, reason: str) -> None:
    """End a conversation; the summary is owed. Raises NotFound, WrongState, Malformed."""
    if reason not in contact.CHOSEN_END_REASONS:
        raise Malformed(field="reason")
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.end", contact_id)
        if await callbacks.open_one(tx, contact_id) is not None:
            raise OutcomeMissing
        if row.state != contact.ACTIVE:
            raise WrongState
        await wrapped_up(tx, row, reason, "abusive_close" if reason == "abusive_closed" else "goodbye")
        tx.record("contacts.end", "contact", contact_id, topics_of(row), reason_code=reason)


async def wrapped_up(tx: Transaction, row: ContactRow, reason: str, text: str) -> None:
    """A conversation, locked, is over: its holder owes the summary and has time for it, the caller is told."""
    ended = {"end_reason": reason, "ended_at": tx.now}
    await claims.move(tx, row.id, contact.ACTIVE, contact.WRAP_UP, **ended)
    await claims.release(tx, row.id)
    await claims.freed(tx, row.holder_id, tx.centre.talks.wrap_up_for(row.priority))
    await say(tx, row, text)
    author, by = ("staff", tx.actor.id) if tx.actor and tx.actor.kind == "staff" else ("system", None)
    state = Line(row.id, new_id(), "state", author, by, data={"to": contact.WRAP_UP, "reason": reason})
    await claims.append_to(tx, state)


async def set_priority(system: System, actor: Actor, contact_id: str, priority: str, reason: str) -> None:
    """A person raises or lowers; lowering is only ever a person's, and the reason is kept sealed."""
    if priority not in contact.PRIORITIES:
        raise Malformed(field="priority")
    why = checked(reason, REASON_LIMIT)
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.set_priority", contact_id)
        if row.state == contact.CLOSED:
            raise WrongState
        await _apply(tx, row, {"priority": priority})
        tx.record(
            "contacts.set_priority", "contact", contact_id, topics_of(row),
            reason=why, sealed_for=contact_id, before=row.priority, after=priority,
        )  # fmt: skip


async def look(system: System, actor: Actor, contact_id: str, reason: str) -> None:
    """Open what is not one's own, for an hour: who, when and why is on record, and in the contact its holder
    sees it. One's own is open. Raises NotFound, TextEmpty."""
    why = checked(reason, REASON_LIMIT)
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.look", contact_id)
        if row.holder_id == actor.id:
            return
        await claims.append_to(tx, Line(contact_id, new_id(), "look", "staff", actor.id))
        changed = topics_of(row)
        tx.record("contacts.look", "contact", contact_id, changed, reason=why, sealed_for=contact_id)


async def require_open(tx: Transaction, actor: Actor, contact_id: str) -> None:
    """Go on only with one's own contact, one that one was asked to read along, or one opened for a reason
    within the hour. Raises NotFound."""
    row = await queries.contact(tx, contact_id)
    thing = await thing_of(row, tx, actor)
    access.require(actor, "contacts.look", thing)
    own = thing is not None and actor.id in (thing.holder_id, thing.guest_id)
    if not own and not await queries.looked(tx, actor.id, "contact", contact_id, tx.now - LOOK_LIFE):
        raise NotFound
