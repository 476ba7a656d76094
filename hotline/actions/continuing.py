"""The caller steps aside, or goes on elsewhere: on a page that was lost the secret is lost, too, and a code stands in.

The code is short, works once, lives as long as the secret it stands in for, and dies with it.
"""

import secrets
from typing import Final

from hotline.actions import alarms, throttle
from hotline.actions.contacts import locked, topics_of
from hotline.errors import CodeUnknown
from hotline.rules import access, contact
from hotline.rules.access import Actor
from hotline.rules.alarms import CALLER_LEFT
from hotline.rules.presence import TOKEN_LIFE
from hotline.store import claims, queries
from hotline.store.journal import Line
from hotline.system import System

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another
LENGTH: Final = 8
OPEN: Final = (contact.WAITING, contact.ACTIVE)


async def step_aside(system: System, actor: Actor, contact_id: str, entry_id: str, *, hidden: bool) -> None:
    """The caller hid the talk on their screen, or is back; whoever answers sees a quiet line. Nothing is revoked.

    The same entry id again changes nothing. Raises NotFound.
    """
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.step_aside", contact_id)
        if row.state not in OPEN or await claims.stored(tx, contact_id, entry_id) is not None:
            return
        data = {"question": "hidden", "value": "yes" if hidden else "no"}
        await claims.append_to(tx, Line(contact_id, entry_id, "answer", "caller", data=data))
        tx.record("contacts.step_aside", "contact", contact_id, topics_of(row), hidden=hidden)


async def code(system: System, actor: Actor, contact_id: str) -> str:
    """A fresh code; the one before is void. Raises NotFound, CodeUnknown where the talk is over."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.code", contact_id)
        if row.state not in OPEN or row.caller_blind is None:
            raise CodeUnknown
        await claims.change(tx, contact_id, code_blind=tx.blind("code", letters))
        tx.record("contacts.code", "contact", contact_id)
    return f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}"


async def go_on(system: System, written: str, token: str, network: str) -> None:
    """The contact of this code is from now on that of this secret, and of no other. Raises CodeUnknown, TooSoon."""
    actor = Actor("caller", "")
    access.require(actor, "contacts.go_on")
    async with system.transaction(actor) as tx:  # by itself: a wrong code must not take its own counting back
        await throttle.count_code(tx, network)
    letters = "".join(each for each in written.upper() if each in LETTERS)
    async with system.transaction(actor) as tx:
        blind = tx.blind("code", letters)
        found = await queries.contact_by_code(tx, blind)
        row = await claims.lock_contact(tx, found) if found is not None else None
        if row is None or row.code_blind != blind or row.caller_blind is None or row.state not in OPEN:
            raise CodeUnknown
        if tx.now - (row.caller_seen_at or row.arrived_at) > TOKEN_LIFE:
            raise CodeUnknown
        await claims.hand_to(tx, row.id, row.caller_blind, tx.blind("web", token))
        await alarms.over(tx, row.id, CALLER_LEFT)
        tx.record("contacts.go_on", "contact", row.id, topics_of(row))
