"""Call-backs: asked for, agreed, tried, ended. A contact with one waits outside the queue until it is due.

It keeps its key: when due it stands where it would have stood had it waited all the time.
"""

from datetime import datetime
from typing import Any

from hotline.actions import alarms
from hotline.actions.contacts import (
    held_back_until,
    locked,
    next_ref,
    say,
    thing_of,
    topics_of,
    waits_no_more,
)
from hotline.errors import Malformed, NotFound, WrongState
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, callback, contact, opening
from hotline.rules.access import Actor
from hotline.rules.alarms import CALLBACK_ENDS
from hotline.rules.callback import Wish
from hotline.store import callbacks as rows
from hotline.store import claims, conflicts, queries
from hotline.store.journal import Line
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A call-back as it was written down: its first safe time, and when it ends by itself."""

    due_at: datetime
    expires_at: datetime


async def ask(system: System, actor: Actor, contact_id: str, wish: Wish, request: str = "") -> datetime:
    """The caller leaves the queue and is called back; when, at the earliest. A newer wish replaces an older one.

    `request`: the sender's own id, if there is one; the same again changes nothing. Danger stays in the queue.
    Raises NotFound, WrongState (no longer waiting), PhoneWrong, SafeTimeWrong, NoSuchTime.
    """
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "callbacks.ask", contact_id)
        if request and await claims.stored(tx, contact_id, _told(request)) is not None:
            return row.due_at or tx.now
        if row.state != contact.WAITING:
            raise WrongState
        await claims.end_callback(tx, contact_id, callback.CHANGED)
        kept = await keep(tx, row, wish)
        tx.topics.update(map(topics.staff, await claims.withdraw_offers(tx, contact_id, "callback")))
        if row.priority != contact.P1:
            await claims.change(tx, contact_id, due_at=kept.due_at)
            await waits_no_more(tx, contact_id)
        await tell(tx, row, kept, _told(request) if request else "")
        tx.record("callbacks.ask", "contact", contact_id, topics_of(row), way=wish.way)
    return kept.due_at


async def was_asked(system: System, contact_id: str, request: str) -> bool:
    """Has `ask` done this one?"""
    async with system.read() as tx:
        return await claims.stored(tx, contact_id, _told(request)) is not None


def _told(request: str) -> str:
    """The id of what the caller is told then."""
    return f"callback/{request}"


async def return_to_queue(system: System, actor: Actor, contact_id: str) -> None:
    """The caller is here after all and waits; the call-back stays agreed for the case that they leave."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "callbacks.return", contact_id)
        if row.state != contact.WAITING or row.due_at is None or row.due_at <= tx.now:
            return
        if (
            await rows.open_one(tx, contact_id) is not None
        ):  # who is slowed or held back waits for that to end
            held = await held_back_until(tx, row.caller_blind, row.priority)
            await claims.change(tx, contact_id, due_at=held)
            tx.record("callbacks.return", "contact", contact_id, topics_of(row))


async def agree(system: System, actor: Actor, contact_id: str, client_id: str, wish: Wish) -> str:
    """After a talk: a new contact of the same person, linked to this one; its id. The same id again changes nothing.

    Raises NotFound, WrongState (it is not in wrap-up, or the person writes already), and as `ask`.
    """
    async with system.read() as tx:
        row = await queries.contact(tx, contact_id)
        access.require(actor, "callbacks.agree", await thing_of(row, tx, actor))
        known = await queries.contact_by_origin(tx, f"follow:{contact_id}:{client_id}")
        if known is not None:
            return str(known.id)
    new_contact = new_id()
    await system.make_key(new_contact)
    async with system.transaction(actor) as tx:
        old = await locked(tx, actor, "callbacks.agree", contact_id)
        if old.state != contact.WRAP_UP:
            raise WrongState
        origin = f"follow:{contact_id}:{client_id}"
        values = await _follow_up(tx, old, new_contact, origin, wish)
        if not await claims.add_contact(tx, values):
            raise WrongState
        row = await claims.lock_contact(tx, new_contact)
        assert row is not None  # noqa: S101  inserted above
        kept = await keep(tx, row, wish, came_from=contact_id)
        await claims.change(tx, new_contact, due_at=kept.due_at)
        await _keep_apart(tx, actor, old, new_contact)
        await claims.append_to(
            tx, Line(new_contact, new_id(), "state", "staff", actor.id, data={"to": contact.WAITING})
        )
        tx.record("callbacks.agree", "contact", new_contact, topics_of(row), way=wish.way, after=contact_id)
    return new_contact


async def settle(system: System, actor: Actor, contact_id: str, outcome: str) -> None:
    """What became of the call. Reached: the talk goes on. Not reached: again later, while there are tries left.

    A wrong number, a wish not to be called, or the last try closes the contact. Raises NotFound, WrongState, Malformed.
    """
    if outcome not in callback.OUTCOMES:
        raise Malformed(field="outcome")
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "callbacks.settle", contact_id)
        wanted = await rows.open_one(tx, contact_id)
        if wanted is None or row.state != contact.ACTIVE:
            raise WrongState
        how = {"to": contact.ACTIVE, "how": f"callback_{outcome}"}
        await claims.append_to(tx, Line(contact_id, new_id(), "state", "staff", actor.id, data=how))
        if outcome == callback.REACHED:
            await claims.end_callback(tx, contact_id, outcome)
        else:
            await claims.requeue(tx, contact_id, actor.id)
            await claims.freed(tx, actor.id)
            await _not_reached(tx, row, wanted, outcome)
        await alarms.over(tx, contact_id, CALLBACK_ENDS)
        tx.record("callbacks.settle", "contact", contact_id, topics_of(row), outcome=outcome)


async def look_after(system: System, actor: Actor, contact_id: str) -> bool:
    """The clock's part: close what has expired, put off what was not taken while it was safe, ring before the end.

    False if there was nothing to do.
    """
    access.require(actor, "callbacks.end")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, contact_id)
        wanted = await rows.open_one(tx, contact_id)
        if row is None or wanted is None or row.state != contact.WAITING:
            return False
        if tx.now < wanted.expires_at:
            moved, rang = await _put_off(tx, row, wanted), await _ring(tx, row, wanted)
            return moved or rang
        await say(tx, row, "callback_over")
        await _close(tx, row, callback.EXPIRED)
        tx.record("callbacks.end", "contact", contact_id, topics_of(row))
        return True


async def tell(tx: Transaction, row: ContactRow, kept: Kept, entry_id: str = "") -> None:
    """When the caller can expect the call, and when no longer."""
    known = {"due": kept.due_at.isoformat(), "until": kept.expires_at.isoformat()}
    await say(tx, row, "callback_kept", entry_id, **known)


async def keep(tx: Transaction, row: ContactRow, wish: Wish, came_from: str | None = None) -> Kept:
    """Write down a wish of this locked contact. Raises PhoneWrong, SafeTimeWrong, NoSuchTime, Malformed."""
    rules = tx.centre.callbacks
    callback.check(wish.safe, tx.now, rules.life, tx.centre.zone)
    if wish.says not in callback.SAYS or (wish.way == "telegram") != (
        row.channel == "telegram" and not wish.number
    ):
        raise Malformed(field="way")
    callback_id, expires_at = new_id(), tx.now + rules.life
    number = None
    if wish.way == "phone":
        number = await tx.seal(row.id, "callbacks", callback_id, callback.phone(wish.number))
    values: dict[str, Any] = {
        "id": callback_id,
        "contact_id": row.id,
        "from_contact_id": came_from,
        "way": wish.way,
        "number_sealed": number,
        "says": wish.says,
        "voicemail": wish.voicemail,
        "safe_first": wish.safe.first,
        "safe_start": wish.safe.start,
        "safe_end": wish.safe.end,
        "asked_at": tx.now,
        "expires_at": expires_at,
        "tries": 0,
    }
    if not await claims.add_callback(tx, values):
        raise WrongState
    since = await held_back_until(tx, row.caller_blind, row.priority) or tx.now
    return Kept(next_due(tx, row, wish.safe, since, expires_at) or since, expires_at)


def next_due(
    tx: Transaction, row: ContactRow, safe: callback.SafeTime, after: datetime, until: datetime
) -> datetime | None:
    """When it may be tried next: safe for the caller, and with the line open if that can be had."""
    line = tx.centre.line(row.line)

    def next_open(at: datetime) -> datetime | None:
        answer = opening.opening(tx.centre, line, at)
        return answer.next_open if isinstance(answer, opening.Closed) else at

    return callback.due(safe, after, until, tx.centre.zone, next_open)


async def _put_off(tx: Transaction, row: ContactRow, wanted: Any) -> bool:
    """Nobody took it in its safe time: it leaves the queue until the next one, so that nobody calls in between."""
    if (
        row.due_at is None
        or row.due_at > tx.now
        or callback.is_safe(rows.safe_time(wanted), tx.now, tx.centre.zone)
    ):
        return False
    again = next_due(tx, row, rows.safe_time(wanted), tx.now, wanted.expires_at)
    await claims.change(tx, row.id, due_at=again or wanted.expires_at)
    await waits_no_more(tx, row.id)
    tx.topics.update(map(topics.staff, await claims.withdraw_offers(tx, row.id, "callback")))
    tx.record("callbacks.put_off", "contact", row.id, topics_of(row))
    return True


async def _ring(tx: Transaction, row: ContactRow, wanted: Any) -> bool:
    if tx.now < wanted.expires_at - tx.centre.callbacks.warning:
        return False
    return await alarms.raised(tx, CALLBACK_ENDS, "contact", row.id, row.line) is not None


async def _not_reached(tx: Transaction, row: ContactRow, wanted: Any, outcome: str) -> None:
    rules = tx.centre.callbacks
    if outcome == callback.NOT_REACHED and wanted.tries + 1 < rules.tries:
        again = next_due(tx, row, rows.safe_time(wanted), tx.now + rules.spacing, wanted.expires_at)
        if again is not None and await claims.tried(tx, wanted.id, wanted.tries):
            await claims.change(tx, row.id, due_at=again)
            return
    await _close(tx, row, outcome)


async def _close(tx: Transaction, row: ContactRow, outcome: str) -> None:
    """Nobody talked, so nobody owes a card; whatever the number was, it is gone."""
    reason = callback.END_REASON[outcome]
    await claims.end_callback(tx, row.id, outcome)
    ended = {"end_reason": reason, "ended_at": tx.now, "closed_at": tx.now}
    if not await claims.move(tx, row.id, contact.WAITING, contact.CLOSED, **ended):
        raise NotFound
    tx.topics.update(map(topics.staff, await claims.withdraw_offers(tx, row.id, "callback")))
    state = Line(row.id, new_id(), "state", "system", data={"to": contact.CLOSED, "reason": reason})
    await claims.append_to(tx, state)
    await claims.shut_thread(tx, row.id)
    await waits_no_more(tx, row.id)
    await alarms.over(tx, row.id)


async def _keep_apart(tx: Transaction, actor: Actor, old: ContactRow, contact_id: str) -> None:
    """Whoever must not have to do with the talk must not with what follows from it."""
    apart = await conflicts.with_contacts(tx, [old.id])
    for staff_id in sorted(apart.get(old.id, ())):
        conflict_id = new_id()
        values = {
            "id": conflict_id,
            "staff_id": staff_id,
            "kind": "contact",
            "thing_id": contact_id,
            "reason_sealed": await tx.seal(contact_id, "conflicts", conflict_id, old.ref),
            "marked_by": actor.id,
        }
        await claims.mark_conflict(tx, values)


async def _follow_up(
    tx: Transaction, old: ContactRow, contact_id: str, origin: str, wish: Wish
) -> dict[str, Any]:
    """A contact of the same person on the same line; only the channel they can be reached by stays with it."""
    queue = tx.centre.queue_of(old.line)
    if queue is None:
        raise WrongState
    here = wish.way == "telegram"
    address = None
    if here and old.address_sealed is not None:
        chat = await tx.unseal(old.id, "contacts", old.id, old.address_sealed)
        address = await tx.seal(contact_id, "contacts", contact_id, chat)
    key_class, key_at = contact.queue_key(contact.P3, tx.now)
    return {
        "id": contact_id,
        "ref": await next_ref(tx),
        "origin": origin,
        "line": old.line,
        "queue": queue.id,
        "channel": "telegram" if here else "phone",
        "state": contact.WAITING,
        "priority": contact.P3,
        "priority_initial": contact.P3,
        "queue_class": key_class,
        "queue_at": key_at,
        "under18": old.under18,
        "flags": [flag for flag in old.flags if flag != "phrase"],
        "language": old.language,
        "arrived_at": tx.now,
        "caller_blind": old.caller_blind if here else None,
        "address_sealed": address,
        "privacy_version": old.privacy_version,
    }
