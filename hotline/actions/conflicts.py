"""Personal conflicts: a member of staff who knows a caller, or has to do with them, is kept away from them.

Whoever holds the conversation goes on until somebody else does: nobody is dropped for it.
"""

from typing import Any, Literal

from hotline.actions.cases import thing_of_case
from hotline.actions.contacts import thing_of
from hotline.actions.transfers import ends
from hotline.errors import NotFound, StaffUnknown
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor, Thing
from hotline.rules.transfer import WITHDRAWN
from hotline.rules.words import REASON_LIMIT, checked
from hotline.store import claims, queries, views
from hotline.store import conflicts as rows
from hotline.store.transfers import asked_of_here
from hotline.system import System, Transaction

Kind = Literal["contact", "caller", "case"]  # this contact, whoever wrote it, or the case and its person


async def mark(system: System, actor: Actor, kind: Kind, thing_id: str, staff_id: str, reason: str) -> None:
    """From now on this person is never offered or given the caller, and opens nothing of theirs.

    `thing_id` is the contact, or the case. Everybody may say it of themselves where they have to do with it,
    a supervisor of anybody. A repeat changes nothing. Raises NotFound, StaffUnknown.
    """
    why = checked(reason, REASON_LIMIT)
    async with system.transaction(actor) as tx:
        thing, blind = await _about(tx, actor, kind, thing_id)
        if staff_id == actor.id:
            access.require(actor, "conflicts.declare", thing)
        else:
            access.require(actor, "conflicts.mark", thing)
        if await queries.staff_row(tx, staff_id) is None:
            raise StaffUnknown
        conflict_id = new_id()
        values = {
            "id": conflict_id,
            "staff_id": staff_id,
            "kind": kind,
            "thing_id": thing_id,
            "blind": blind,
            "reason_sealed": await tx.seal(thing_id, "conflicts", conflict_id, why),
            "marked_by": actor.id,
        }
        if not await claims.mark_conflict(tx, values):
            return
        await _asked_no_more(tx, thing_id, staff_id)
        changed = await _withdrawn(tx, staff_id) | {topics.staff(staff_id)}
        about = "case" if kind == "case" else "contact"
        tx.record(
            "conflicts.mark", about, thing_id, changed,
            reason=why, sealed_for=thing_id, staff=staff_id, conflict=conflict_id, reach=kind,
        )  # fmt: skip


async def end(system: System, actor: Actor, conflict_id: str, staff_id: str) -> None:
    """It is over; nobody ends it for themselves. Raises NotFound."""
    access.require(actor, "conflicts.end", Thing(staff_id))
    async with system.transaction(actor) as tx:
        thing_id = await claims.end_conflict(tx, conflict_id, staff_id, actor.id)
        if thing_id is None:
            raise NotFound
        tx.record(
            "conflicts.end", "staff", staff_id, {topics.staff(staff_id)}, conflict=conflict_id, about=thing_id
        )


async def _about(tx: Transaction, actor: Actor, kind: Kind, thing_id: str) -> tuple[Thing | None, str | None]:
    """What it is marked at, and the fingerprint by which the same person is known elsewhere."""
    row: Any
    if kind == "case":
        row = await views.case_row(tx, thing_id)
        return await thing_of_case(tx, actor, thing_id), row.subject_blind if row else None
    row = await claims.lock_contact(tx, thing_id)
    return await thing_of(row, tx, actor), row.caller_blind if row and kind == "caller" else None


async def _asked_no_more(tx: Transaction, contact_id: str, staff_id: str) -> None:
    """Who reads the conversation along, or is asked to take it, does so no more; the caller is told."""
    found = await asked_of_here(tx, contact_id, staff_id)
    row = await queries.contact(tx, contact_id) if found is not None else None
    if found is not None and row is not None:
        await ends(tx, row, found, WITHDRAWN)


async def _withdrawn(tx: Transaction, staff_id: str) -> set[str]:
    """What rings for them and must not, rings on for somebody else."""
    changed = set()
    for contact_id in await rows.offered_despite(tx, staff_id):
        await claims.withdraw_offers(tx, contact_id, "conflict")
        row = await queries.contact(tx, contact_id)
        if row is not None and row.queue is not None:
            changed |= {topics.contact(contact_id), topics.queue(row.queue)}
    return changed
