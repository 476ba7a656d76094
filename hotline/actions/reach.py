"""Can the caller be reached through their channel, and does the channel itself work?

Somebody may block a bot, and let it in again.
"""

from hotline.actions.contacts import locked, topics_of
from hotline.ids import new_id
from hotline.rules import access, contact
from hotline.rules.access import Actor
from hotline.store import claims, shift_checks
from hotline.store.journal import Line
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction


async def lost(system: System, actor: Actor, contact_id: str) -> None:
    """The channel takes nothing for this caller: what waits to be sent has failed. Raises NotFound."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "reach.lost", contact_id)
        await claims.give_up_delivery(tx, contact_id, "blocked")
        tx.topics.update(topics_of(row))
        if row.unreachable_at is None:
            await claims.change(tx, contact_id, unreachable_at=tx.now)
            await _tell_staff(tx, row, "unreachable")
            tx.record("reach.lost", "contact", contact_id)


async def back(system: System, actor: Actor, contact_id: str) -> None:
    """The caller can be reached again. What failed stays so: it may be out of place by now. Raises NotFound."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "reach.back", contact_id)
        if row.unreachable_at is not None:
            await claims.change(tx, contact_id, unreachable_at=None)
            await _tell_staff(tx, row, "reachable")
            tx.record("reach.back", "contact", contact_id, topics_of(row))


async def sign(system: System, actor: Actor, channel: str, trouble: str) -> None:
    """What the channel says of itself, every minute: "" or the code of what keeps it from working."""
    access.require(actor, "reach.sign")
    async with system.transaction(actor) as tx:
        await shift_checks.note_sign(tx, channel, trouble)


async def _tell_staff(tx: Transaction, row: ContactRow, to: str) -> None:
    if row.state != contact.CLOSED:
        await claims.append_to(tx, Line(row.id, new_id(), "state", "system", data={"to": to}))
