"""Erasure: the key of a contact or a case is destroyed, and with it every word sealed with it, in backups too.

What stays are coded fields, which statistics need and nobody can be recognised by.
"""

from typing import Any, Literal

from hotline.actions.contacts import topics_of
from hotline.actions.handling import forgotten
from hotline.errors import NotFound, WrongState
from hotline.live import topics
from hotline.rules import access, contact
from hotline.rules.access import Actor
from hotline.store import claims, handling, records
from hotline.store.keys import Erasure
from hotline.system import System, Transaction

Kind = Literal["contact", "case"]
REASONS = ("request", "retention", "court", "mistake")


async def destroy(system: System, actor: Actor, kind: Kind, ref: str, reason: str) -> None:
    """Destroy the key of the contact or case with this reference. Raises NotFound, WrongState: a talk goes on.

    The key goes first, for good: should the rest fail, doing it again completes it.
    """
    async with system.transaction(actor) as tx:
        access.require(actor, "erasure.destroy")
        owner_id, changed = await (_contact(tx, ref) if kind == "contact" else _case(tx, ref))
        await system.destroy_key(Erasure(owner_id, kind, reason, tx.now))
        tx.record("erasure.destroy", kind, owner_id, changed | {topics.keys()}, cause=reason)


async def _contact(tx: Transaction, ref: str) -> tuple[str, set[str]]:
    contact_id = await records.contact_id(tx, ref)
    row: Any = None if contact_id is None else await claims.lock_contact(tx, contact_id)
    if row is None:
        raise NotFound
    if row.state != contact.CLOSED:
        raise WrongState
    # what staff wrote of this caller goes with any of their contacts; it is looked for by what is forgotten next
    await forgotten(tx, await handling.about(tx, row), "request")
    await claims.forget_callers(tx.connection, [row.id])
    return row.id, topics_of(row)


async def _case(tx: Transaction, ref: str) -> tuple[str, set[str]]:
    case_id = await records.case_id(tx, ref)
    if case_id is None:
        raise NotFound
    await claims.forget_subjects(tx.connection, [case_id])
    return case_id, set()
