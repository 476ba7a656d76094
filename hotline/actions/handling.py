"""How to talk with a caller who comes often: a short word of staff for staff, which ends unless a person renews it.

Each has a key of its own, so that its end is an end in backups, too, while the contacts it was written at stay.
"""

from hotline.actions.contacts import locked, require_open, topics_of
from hotline.errors import CallerUnknown, NoteChanged, NotFound
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, handling
from hotline.rules.access import Actor
from hotline.rules.words import checked
from hotline.store import claims, queries, views
from hotline.store import handling as rows
from hotline.store.keys import Erasure
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction


async def write(
    system: System, actor: Actor, contact_id: str, text: str, days: int, base: tuple[str, str] | None = None
) -> None:
    """Write it for the caller of this contact, or in the place of `base`: (note, revision) as it was read.

    Raises CallerUnknown (nothing tells this caller from another), NoteChanged (read it again), NotFound, Malformed, …
    """
    words = checked(text, handling.NOTE_LIMIT)
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "handling.write", contact_id)
        ends, place = handling.until(tx.now, days), {} if base else _place(row)
        note_id = base[0] if base else place["id"]
        if base:
            await _seen(tx, actor, row, note_id)
        else:
            await system.make_key(note_id)
        values = {
            "revision": new_id(),
            "body_sealed": await tx.seal(note_id, "handling_notes", note_id, words),
            "staff_id": actor.id,
            "written_at": tx.now,
            "expires_at": ends,
        }
        if base:
            kept = await claims.change_handling_note(tx, *base, values)
        else:
            kept = await claims.add_handling_note(tx, {**place, **values})
        if not kept:
            raise NoteChanged
        tx.record("handling.write", "contact", contact_id, topics_of(row), note=note_id, days=days)


async def renew(system: System, actor: Actor, contact_id: str, note_id: str, days: int) -> None:
    """It holds for so many days from now. Raises NotFound, Malformed."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "handling.write", contact_id)
        await _seen(tx, actor, row, note_id)
        if not await claims.renew_handling_note(tx, note_id, handling.until(tx.now, days)):
            raise NotFound
        tx.record("handling.renew", "contact", contact_id, topics_of(row), note=note_id, days=days)


async def remove(system: System, actor: Actor, contact_id: str, note_id: str) -> None:
    """It is wrong, or no longer needed. Raises NotFound."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "handling.write", contact_id)
        await _seen(tx, actor, row, note_id)
        await forgotten(tx, [note_id], "removed")
        tx.record("handling.remove", "contact", contact_id, topics_of(row), note=note_id)


async def show(system: System, actor: Actor, contact_id: str) -> list[views.HandlingNote]:
    """Read what holds for the caller of this contact; the first time it is on record who did. Raises NotFound."""
    async with system.read() as tx:
        await require_open(tx, actor, contact_id)
        row = await queries.contact(tx, contact_id)
        found = await views.handling_notes(tx, tx.centre, actor, row)
        seen = await queries.notes_shown(tx, actor.id, contact_id) if found else frozenset()
    if fresh := [each for each in found if each.revision not in seen]:
        async with system.transaction(actor) as tx:
            for each in fresh:
                coded = {"note": each.id, "revision": each.revision}
                tx.record("handling.show", "contact", contact_id, **coded)
    return found


async def expire(system: System, actor: Actor) -> int:
    """The clock's part: what nobody renewed is gone, with its key; how many."""
    access.require(actor, "handling.expire")
    async with system.read() as tx:
        if not await rows.expired(tx):
            return 0
    async with system.transaction(actor) as tx:
        over = await rows.expired(tx)
        await forgotten(tx, over, "retention")
        for note_id in over:
            tx.record("handling.expire", "note", note_id)
    return len(over)


async def forgotten(tx: Transaction, note_ids: list[str], why: str) -> None:
    """Nothing of these can be read again. The keys go first, for good: done again, it completes itself."""
    for note_id in note_ids:
        await tx.system.destroy_key(Erasure(note_id, "note", why, tx.now))
    await claims.forget_handling_notes(tx.connection, note_ids)
    if note_ids:
        tx.topics.add(topics.keys())


def _place(row: ContactRow) -> dict[str, str]:
    """Whose a new one is, and on which side of the wall. Raises CallerUnknown."""
    known = rows.marks(row)
    if not known:
        raise CallerUnknown
    by, blind = next(iter(known.items()))
    return {"id": new_id(), "blind": blind, "known_by": by, "contact_id": row.id, "line": row.line}


async def _seen(tx: Transaction, actor: Actor, row: ContactRow, note_id: str) -> None:
    """It is about the caller of this contact, and not behind the wall. Raises NotFound."""
    if note_id not in {each.id for each in await rows.notes_of(tx, tx.centre, actor, row)}:
        raise NotFound
