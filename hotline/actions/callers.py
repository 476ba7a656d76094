"""A caller who was here before: what they call themselves, and which earlier contacts are theirs."""

from dataclasses import dataclass
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
from hotline.system import System

SHOWN: Final = 20
LATELY: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest earlier contacts, how many there are in all, and how many of those within the last 30 days."""

    rows: list[views.EarlierContact]
    total: int
    lately: int


@dataclass(frozen=True, slots=True)
class Who:
    """What the caller of a contact calls themselves ("" if nobody wrote it down), whether they could be known again,
    and what this person may write of them."""

    pseudonym: str
    known: bool
    may_name: bool
    may_write: bool


async def who(system: System, actor: Actor, contact_id: str) -> Who:
    """The caller of a contact, for whoever may read it. Raises NotFound, KeyDestroyed."""
    async with system.read() as tx:
        await require_open(tx, actor, contact_id)
        row = await queries.contact(tx, contact_id)
        thing = await thing_of(row, tx, actor)
        if row is None or thing is None:
            raise NotFound
        may_name, may_write = (access.may(actor, each, thing) for each in ("callers.name", "handling.write"))
        return Who(await views.pseudonym(tx, row), bool(marks(row)), may_name, may_write)


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


async def earlier(system: System, actor: Actor, contact_id: str) -> Earlier:
    """Other contacts of the same caller, for whoever may read this one; none that were erased. Raises NotFound."""
    async with system.read() as tx:
        await require_open(tx, actor, contact_id)
        row = await queries.contact(tx, contact_id)
        if row is None:
            raise NotFound
        found = await views.same_caller(tx, tx.centre, actor, row)
        erased = await key_rows.destroyed(system.keys, [each.id for each in found])
        left = [each for each in found if each.id not in erased]
        lately = sum(tx.now - each.arrived_at <= LATELY for each in left)
        rows = await views.earlier_contacts(tx, tx.centre, row, left[:SHOWN])
    return Earlier(rows, len(left), lately)
