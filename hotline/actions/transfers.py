"""A conversation is passed on by its holder: to a colleague, at once or after reading along, or back to a queue.

The caller keeps one counterpart until somebody else has accepted, and is told only what is so.
"""

from hotline.actions.assignments import goes_on, moved
from hotline.actions.contacts import in_conflict, locked, say, thing_of, topics_of
from hotline.errors import (
    ChangedHands,
    ConsentNeeded,
    Malformed,
    NotEligible,
    NotOnDuty,
    StaffUnknown,
    TransferGone,
    WrongState,
)
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, assignment, contact, ladder, transfer
from hotline.rules.access import Actor
from hotline.rules.words import REASON_LIMIT, checked
from hotline.store import claims, conflicts, queries
from hotline.store import transfers as rows
from hotline.store.attended import attended
from hotline.store.journal import Line
from hotline.store.queries import ContactRow
from hotline.store.transfers import TransferRow
from hotline.system import System, Transaction

NOTE_LIMIT = REASON_LIMIT


async def ask_consent(system: System, actor: Actor, contact_id: str, to_id: str) -> None:
    """Ask the caller, in the talk, whether this colleague may go on. Raises NotFound, WrongState, StaffUnknown."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "transfers.ask", contact_id)
        _must_be_active(row)
        me, person = await queries.staff_row(tx, actor.id), await queries.staff_row(tx, to_id)
        if me is None or person is None:
            raise StaffUnknown
        await say(tx, row, "handover", old=me.signature, new=person.signature)
        tx.record("transfers.ask_consent", "contact", contact_id, topics_of(row), staff=to_id)


async def ask(
    system: System, actor: Actor, contact_id: str, to_id: str, way: str, consent: str, note: str = ""
) -> str:
    """Ask a colleague to take it; the transfer's id. Until they do it stays with the holder.

    Raises NotFound, WrongState, StaffUnknown, ConsentNeeded, NotEligible (kept from it, or asked already).
    """
    if way not in transfer.WAYS or consent not in transfer.CONSENTS:
        raise Malformed(field="way" if consent in transfer.CONSENTS else "consent")
    words = checked(note, NOTE_LIMIT) if note.strip() else ""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "transfers.ask", contact_id)
        _must_be_active(row)
        await claims.lock_staff(tx, to_id)
        await _has_consent(tx, row, actor, consent, words)
        people = await queries.people(tx, to_id)
        if not people or to_id == actor.id:
            raise StaffUnknown
        despite = assignment.obstacles(people[0], await queries.demand(tx, row), tx.now)
        if transfer.hindrances(despite, way):
            raise NotEligible
        transfer_id = await claims.ask_transfer(tx, contact_id, actor.id, to_id, way, consent)
        if transfer_id is None:
            raise NotEligible
        await _write_down(tx, row, "asked", actor.id, way=way, consent=consent)
        await _leave_note(tx, row, actor, words)
        tx.record(
            "transfers.ask", "contact", contact_id, topics_of(row) | {topics.staff(to_id)},
            staff=to_id, way=way, consent=consent, transfer=transfer_id,
        )  # fmt: skip
        return transfer_id


async def withdraw(system: System, actor: Actor, transfer_id: str) -> None:
    """The holder asks no more. Raises TransferGone."""
    access.require(actor, "transfers.answer")
    async with system.transaction(actor) as tx:
        row, found = await _found(tx, transfer_id)
        if found.from_id != actor.id:
            raise TransferGone
        await ends(tx, row, found, transfer.WITHDRAWN)


async def join(system: System, actor: Actor, transfer_id: str) -> str:
    """Read along and write notes; the contact. The caller is told who reads. Raises TransferGone."""
    access.require(actor, "transfers.answer")
    async with system.transaction(actor) as tx:
        row, found = await _found(tx, transfer_id)
        await _must_be_for(tx, actor, row, found)
        if found.way != transfer.CONSULT:
            raise TransferGone
        if found.state == transfer.JOINED:
            return str(row.id)  # the answer to the first click got lost
        if not await claims.move_transfer(tx, transfer_id, (transfer.PENDING,), transfer.JOINED):
            raise TransferGone
        await _write_down(tx, row, "joined", actor.id)
        guest, holder = await _signature(tx, actor.id), await _signature(tx, row.holder_id)
        await say(tx, row, "consult_joined", guest=guest, holder=holder)
        tx.record("transfers.join", "contact", row.id, _changed(row, found), transfer=transfer_id)
        return str(row.id)


async def accept(system: System, actor: Actor, transfer_id: str) -> str:
    """Go on with it; the contact. Raises TransferGone, NotOnDuty, NoRoom."""
    access.require(actor, "transfers.answer")
    async with system.transaction(actor) as tx:
        row, found = await _found(tx, transfer_id)
        if found.state == transfer.ACCEPTED and row.holder_id == actor.id:
            return str(row.id)  # the answer to the first click got lost
        await _must_be_for(tx, actor, row, found)
        await claims.lock_people(tx, (found.from_id, actor.id))
        people = await queries.people(tx, actor.id)
        if not people or not people[0].duty_lines & (await queries.demand(tx, row)).lines:
            raise NotOnDuty
        expected = transfer.PENDING if found.way == transfer.STRAIGHT else transfer.JOINED
        if not await claims.move_transfer(tx, transfer_id, (expected,), transfer.ACCEPTED):
            raise TransferGone
        danger = row.priority == contact.P1
        await goes_on(tx, row, found.from_id, actor.id, "transfer", beyond=danger)
        tx.record("transfers.accept", "contact", row.id, _changed(row, found), transfer=transfer_id)
        return str(row.id)


async def decline(system: System, actor: Actor, transfer_id: str) -> None:
    """It stays with its holder. Raises TransferGone."""
    access.require(actor, "transfers.answer")
    async with system.transaction(actor) as tx:
        row, found = await _found(tx, transfer_id)
        if found.to_id != actor.id:
            raise TransferGone
        await ends(tx, row, found, transfer.DECLINED)


async def end_stale(system: System, actor: Actor, transfer_id: str) -> bool:
    """The clock's part: nobody answered in time, or whoever read along is gone. It stays with its holder."""
    access.require(actor, "transfers.expire")
    async with system.transaction(actor) as tx:
        row, found = await _found(tx, transfer_id)
        person = await queries.staff_row(tx, found.to_id)
        if person is None or not transfer.stale(found.state, found.deadline_at, person.seen_at, tx.now):
            return False
        await ends(tx, row, found, transfer.EXPIRED)
        return True


async def release(
    system: System, actor: Actor, contact_id: str, queue: str, consent: str, note: str = "", rung: str = ""
) -> None:
    """Let it wait again, for this queue, under its old key and priority; the caller is told that nobody reads.

    With a rung of the line's ladder, everybody up to there is asked at once. Raises NotFound, WrongState (also
    what was entered by hand: it has no queue), LineUnknown, WallBreach, ConsentNeeded, Malformed.
    """
    if consent not in transfer.CONSENTS:
        raise Malformed(field="consent")
    words = checked(note, NOTE_LIMIT) if note.strip() else ""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "transfers.ask", contact_id)
        _must_be_active(row)
        if row.queue is None:
            raise WrongState
        await _has_consent(tx, row, actor, consent, words)
        changed = await moved(tx, row, queue)
        await _leave_note(tx, row, actor, words)
        if not await claims.requeue(tx, contact_id, actor.id):
            raise ChangedHands
        await claims.freed(tx, actor.id)
        await _open_up_to(tx, contact_id, rung)
        state = {"to": contact.WAITING, "how": "release"}
        await claims.append_to(tx, Line(contact_id, new_id(), "state", "staff", actor.id, data=state))
        await _tell_waiting(tx, row, queue)
        tx.record(
            "transfers.release",
            "contact",
            contact_id,
            changed,
            before=row.queue,
            after=queue,
            rung=rung or None,
            consent=consent,
        )


async def rungs(tx: Transaction, row: ContactRow) -> list[tuple[str, frozenset[str]]]:
    """The ladder it would climb if it waited now, and who is on each rung for it."""
    people = {person.id: person for person in await queries.people(tx)}
    apart = (await conflicts.with_contacts(tx, [row.id])).get(row.id, frozenset())
    order, found = ladder.reach(await tx.board(), row.line, row.queue, people, apart, tx.now)
    return [(ladder.key(each), found[ladder.key(each)]) for each in order]


async def _open_up_to(tx: Transaction, contact_id: str, rung: str) -> None:
    if not rung:
        return
    row = await queries.contact(tx, contact_id)  # where it waits now
    names = [name for name, _ in await rungs(tx, row)] if row is not None else []
    if rung not in names:
        raise Malformed(field="rung")
    for name in names[: names.index(rung) + 1]:
        await claims.open_step(tx, contact_id, name)


async def _tell_waiting(tx: Transaction, row: ContactRow, queue: str) -> None:
    barred = tx.centre.barred_lines(row.line, queue)
    now = await attended(tx, tx.centre.queues[queue].lines, barred)
    how = "unstaffed" if not now.on_duty else "staffed" if now.there else "unseen"
    await say(tx, row, f"released_{how}")


def _must_be_active(row: ContactRow) -> None:
    if row.state != contact.ACTIVE:
        raise WrongState


async def _has_consent(tx: Transaction, row: ContactRow, actor: Actor, consent: str, note: str) -> None:
    over = await _shift_over(tx, row, actor)
    if not transfer.consent_suffices(consent, with_note=bool(note), shift_over=over):
        raise ConsentNeeded


async def _shift_over(tx: Transaction, row: ContactRow, actor: Actor) -> bool:
    people = await queries.people(tx, actor.id)
    return bool(people) and not people[0].duty_lines & (await queries.demand(tx, row)).lines


async def _found(tx: Transaction, transfer_id: str) -> tuple[ContactRow, TransferRow]:
    """The contact, locked, and the transfer as it is now that nobody else can change it."""
    found = await rows.transfer(tx, transfer_id)
    row = await claims.lock_contact(tx, found.contact_id) if found is not None else None
    found = await rows.transfer(tx, transfer_id)
    if row is None or found is None:
        raise TransferGone
    return row, found


async def _must_be_for(tx: Transaction, actor: Actor, row: ContactRow, found: TransferRow) -> None:
    """Asked of this person, by who still holds it, and nothing has come between them and the caller."""
    apart = bool(actor.lines & tx.centre.barred_lines(row.line, row.queue))
    if found.to_id != actor.id or found.from_id != row.holder_id or row.state != contact.ACTIVE:
        raise TransferGone
    if apart or await in_conflict(tx, row.id, actor.id):
        raise TransferGone


async def ends(tx: Transaction, row: ContactRow, found: TransferRow, to: str) -> None:
    """Nobody takes it over; a caller who was told of a reader is told that they read no more."""
    if not await claims.move_transfer(
        tx, found.id, (found.state,) if found.state in transfer.LIVE else (), to
    ):
        raise TransferGone
    await _write_down(tx, row, to, found.to_id)
    if found.state == transfer.JOINED:
        await say(tx, row, "consult_left", guest=await _signature(tx, found.to_id))
    tx.record(f"transfers.{to}", "contact", row.id, _changed(row, found), transfer=found.id)


async def _write_down(tx: Transaction, row: ContactRow, what: str, staff_id: str, **coded: str) -> None:
    """In the contact, for staff only: who was asked for what, and what they said."""
    data = {"what": what, **coded}
    await claims.append_to(tx, Line(row.id, new_id(), "transfer", "staff", staff_id, data=data))


async def _leave_note(tx: Transaction, row: ContactRow, actor: Actor, words: str) -> None:
    if words:
        entry_id = new_id()
        body = await tx.seal(row.id, "entries", entry_id, words)
        note = Line(row.id, entry_id, "note", "staff", actor.id)
        await claims.append_to(tx, note.with_body(body))


async def _signature(tx: Transaction, staff_id: str) -> str:
    person = await queries.staff_row(tx, staff_id)
    return str(person.signature) if person else "–"


def _changed(row: ContactRow, found: TransferRow) -> set[str]:
    return topics_of(row) | {topics.staff(found.from_id), topics.staff(found.to_id)}


async def mine(tx: Transaction, actor: Actor, contact_id: str) -> tuple[ContactRow, bool]:
    """A conversation one holds, and whether its shift is over for the holder. Raises NotFound, WrongState."""
    row = await queries.contact(tx, contact_id)
    access.require(actor, "transfers.ask", await thing_of(row, tx, actor))
    assert row is not None  # noqa: S101
    _must_be_active(row)
    return row, await _shift_over(tx, row, actor)
