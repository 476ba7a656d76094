"""A caller who was here before: what they call themselves, and which earlier contacts are theirs."""

from datetime import timedelta
from typing import Final

from hotline.actions.contacts import locked, require_open, thing_of, topics_of
from hotline.errors import NotFound
from hotline.rules import access, handling
from hotline.rules.access import Actor
from hotline.rules.words import checked
from hotline.store import claims, queries, views
from hotline.store import keys as key_rows
from hotline.store.handling import marks
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction
from hotline.values import dataclass

SHOWN: Final = 20
LATELY: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Known:
    """Who a caller is, as far as anybody wrote it down: `pseudonym` ("" if nobody did), whether the caller could be
    known again by anything, what this person may write of them; the newest earlier contacts, how many there are in
    all, and how many of those within the last 30 days."""

    pseudonym: str
    again: bool
    may_name: bool
    may_write: bool
    rows: list[views.EarlierContact]
    total: int
    lately: int


async def name(system: System, actor: Actor, contact_id: str, pseudonym: str) -> None:
    """Write down what the caller calls themselves; "" takes it away. Raises NotFound, TextTooLong, KeyDestroyed."""
    words = checked(pseudonym, handling.PSEUDONYM_LIMIT) if pseudonym.strip() else ""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "callers.name", contact_id)
        blind, sealed = None, None
        if words:
            blind = tx.blind("pseudonym", handling.folded(words))
            sealed = await tx.seal(contact_id, "contacts.pseudonym", contact_id, words)
        await claims.change(tx, contact_id, pseudonym_blind=blind, pseudonym_sealed=sealed)
        tx.record("callers.name", "contact", contact_id, topics_of(row), named=bool(words))


async def earlier(system: System, actor: Actor, contact_id: str) -> Known:
    """Other contacts of the same caller, for whoever may read this one; none that were erased.

    Raises NotFound, KeyDestroyed.
    """
    async with system.read() as tx:
        row, found = await _others(tx, actor, contact_id)
        thing = await thing_of(row, tx, actor)
        may_name, may_write = (
            thing is not None and access.may(actor, each, thing)
            for each in ("callers.name", "handling.write")
        )
        lately = sum(tx.now - each.arrived_at <= LATELY for each in found)
        rows = await views.earlier_contacts(tx, tx.centre, row, found[:SHOWN])
        pseudonym = await views.pseudonym(tx, row)
    return Known(pseudonym, bool(marks(row)), may_name, may_write, rows, len(found), lately)


async def came_before(system: System, actor: Actor, contact_id: str) -> bool:
    """Is there any of them? Raises NotFound."""
    async with system.read() as tx:
        _, found = await _others(tx, actor, contact_id)
    return bool(found)


async def _others(
    tx: Transaction, actor: Actor, contact_id: str
) -> tuple[ContactRow, list[views.SameCaller]]:
    """The contact, and the others of its caller."""
    await require_open(tx, actor, contact_id)
    row = await queries.contact(tx, contact_id)
    if row is None:
        raise NotFound
    found = await views.same_caller(tx, tx.centre, actor, row)
    erased = await key_rows.destroyed(tx.system.keys, [each.id for each in found]) if found else set()
    return row, [each for each in found if each.id not in erased]
