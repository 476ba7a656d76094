"""Leaving the staff: one action after which nothing of the person is open, and nobody they talked with is lost."""

from typing import Any

from hotline.actions import sessions
from hotline.actions.contacts import say, topics_of
from hotline.errors import LastAdministrator, StaffUnknown, Unavailable
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, contact
from hotline.rules.access import Actor
from hotline.store import claims, queries, roster, sign_ins, staffing
from hotline.store.journal import Line
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction


async def leave(system: System, actor: Actor, staff_id: str) -> None:
    """End all that is a person's: sessions, links, offers, conversations (which wait again), shifts to come.

    What they owe stays theirs in name and is listed for a supervisor. Raises StaffUnknown, LastAdministrator,
    Unavailable (they took a conversation this very moment: again).
    """
    access.require(actor, "staff.change")
    async with system.transaction(actor) as tx:
        await claims.one_staff_change_at_a_time(tx)
        row, held = await locked_with_contacts(tx, staff_id)
        if row is None or not row.active:
            raise StaffUnknown
        await keep_an_administrator(tx, staff_id)
        await hand_back(tx, held)
        for contact_id in await claims.withdraw_from(tx, staff_id, "left"):
            offered = await queries.contact(tx, contact_id)
            tx.topics.update(topics_of(offered) if offered is not None else ())
        await _shut_out(tx, staff_id)
        vacant = await roster.vacate_shifts(tx, staff_id, tx.centre.lines)
        tx.record("staff.leave", "staff", staff_id, (topics.roster(),), contacts=len(held), vacant=vacant)


async def locked_with_contacts(tx: Transaction, staff_id: str) -> tuple[Any, list[ContactRow]]:
    """The person's row and those of the conversations they hold, locked in the order of all locks."""
    ids = await queries.held_by(tx, staff_id)
    found = [await claims.lock_contact(tx, contact_id) for contact_id in ids]
    row = await claims.lock_staff(tx, staff_id)
    if await queries.held_by(tx, staff_id) != ids:
        raise Unavailable
    return row, [each for each in found if each is not None]


async def hand_back(tx: Transaction, held: list[ContactRow]) -> None:
    """Conversations wait again under their old key, and callers are told; what came by hand is over."""
    for row in held:
        changed = topics_of(row)
        if row.queue is None:
            await claims.move(tx, row.id, contact.ACTIVE, contact.WRAP_UP, ended_at=tx.now)
            await claims.release(tx, row.id)
            to = contact.WRAP_UP
        else:
            await claims.requeue(tx, row.id, row.holder_id)
            await say(tx, row, "counsellor_lost")
            to = contact.WAITING
        by = tx.actor.id if tx.actor is not None else None
        await claims.append_to(tx, Line(row.id, new_id(), "state", "staff", by, data={"to": to}))
        tx.record("contacts.hand_back", "contact", row.id, changed, before=row.holder_id, to=to)


async def keep_an_administrator(tx: Transaction, staff_id: str) -> None:
    """Would this leave nobody to look after the staff? Changes wait for each other. Raises LastAdministrator."""
    if await queries.administrators(tx) == {staff_id}:
        raise LastAdministrator


async def _shut_out(tx: Transaction, staff_id: str) -> None:
    """Nothing that let the person in lets them in any more."""
    await sign_ins.end_sessions(tx, staff_id)
    await sign_ins.void_links(tx, staff_id)
    await claims.unlink_chat(tx, staff_id=staff_id)
    await sign_ins.forget_places_of(tx, staff_id)
    gone = {"active": False, "left_at": tx.now, "intent": "off", "intent_until": None}
    keys = {"password_hash": None, "totp_sealed": None, "totp_next_sealed": None}
    await staffing.change(tx, staff_id, **gone, **keys)
    await sessions.look_again(tx, staff_id)
