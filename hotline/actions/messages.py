"""Words in a contact: the caller's, the counsellor's, and notes that only staff see."""

import re
from contextlib import suppress

from hotline.actions.contacts import locked, thing_of, topics_of
from hotline.errors import ContactEnded, Malformed, NotFound, NotSignedIn, NotTheHolder
from hotline.rules import access, contact, triage
from hotline.rules.access import Actor, Thing
from hotline.rules.words import checked
from hotline.store import claims, queries
from hotline.store.journal import Line, Receipt
from hotline.system import System

__all__ = ["Receipt", "correct", "note", "receive", "reply", "shown"]

CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")  # no slash: that is in the names of marks, which are ours


async def receive(
    system: System,
    actor: Actor,
    contact_id: str,
    client_id: str,
    text: str,
    source_blind: str | None = None,
    caller_blind: str | None = None,
) -> Receipt:
    """A caller's message, committed when this returns. The same id again changes nothing.

    `caller_blind`: of the secret by which an open line was let in; it must not have died since.
    Raises TextEmpty, TextTooLong, TextMalformed, ContactEnded, NotFound, NotSignedIn, Unavailable.
    """
    access.require(actor, "messages.receive", Thing(contact_id))
    line = Line(
        contact_id, client_id, "message", "caller", source_blind=source_blind, caller_blind=caller_blind
    )
    return await _receive(system, actor, line, _checked(client_id, text))


async def correct(
    system: System, actor: Actor, contact_id: str, client_id: str, ref_seq: int, text: str
) -> Receipt:
    """What a caller's message should have said. It stands beside the message, which stays. Raises as `receive`.

    From a page it is the last one's only.
    """
    access.require(actor, "messages.correct", Thing(contact_id))
    if actor.kind == "caller":  # a channel has found the caller's own message; a page names any number
        async with system.read() as tx:
            if await queries.last_of_caller(tx, contact_id) != ref_seq:
                raise Malformed(field="ref")
    line = Line(contact_id, client_id, "edit", "caller", ref_seq=ref_seq)
    return await _receive(system, actor, line, _checked(client_id, text))


async def reply(
    system: System, actor: Actor, contact_id: str, client_id: str, text: str, *, revision: int | None = None
) -> Receipt:
    """The counsellor's message; the row is the outbox. Raises as `receive`, and NotTheHolder.

    `revision`: of the rights by which an open line was let in; NotSignedIn where they are others by now.
    """
    line = Line(contact_id, client_id, "message", "staff", actor.id, revision=revision)
    words = _checked(client_id, text)
    if system.vault.knows(contact_id):  # it is being spoken in here: the journal checks who holds it
        access.require(actor, "messages.reply", Thing(contact_id, actor.id))
        with suppress(NotTheHolder, NotFound, ContactEnded):  # whose it is decides what may be said of it
            return await _write(system, line, words)
    async with system.read() as tx:
        row = await queries.contact(tx, contact_id)
        access.require(actor, "messages.reply", await thing_of(row, tx, actor))
    return await _write(system, line, words)


async def shown(system: System, actor: Actor, contact_id: str, seq: int) -> None:
    """The caller's words up to this number stand on the screen of who holds it; the journal checks who that is.

    A lower number than one that was told before changes nothing. Raises NotFound, NotTheHolder, ContactEnded,
    Unavailable.
    """
    access.require(actor, "messages.shown", Thing(contact_id, actor.id))
    await system.journal.write(Line(contact_id, f"shown/{seq}", "receipt", "staff", actor.id, ref_seq=seq))


async def note(system: System, actor: Actor, contact_id: str, client_id: str, text: str) -> Receipt:
    """A note that only staff see. Raises as `reply`."""
    async with system.read() as tx:
        row = await queries.contact(tx, contact_id)
        thing = await thing_of(row, tx, actor)
        access.require(actor, "messages.note", thing)
    line = Line(contact_id, client_id, "note", "staff", actor.id)
    words = _checked(client_id, text)
    if thing is not None and thing.holder_id != actor.id:
        return await _note_of_guest(system, actor, line, words)
    return await _write(system, line, words)


async def _note_of_guest(system: System, actor: Actor, line: Line, words: str) -> Receipt:
    """The journal takes notes of the holder only; whoever reads along must still do so when it is written."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "messages.note", line.contact_id)
        stored = await claims.stored(tx, row.id, line.id)
        if stored is not None:
            return stored
        body = await tx.seal(row.id, "entries", line.id, words)
        (receipt,) = await claims.append_to(tx, line.with_body(body))
        tx.topics.update(topics_of(row))
    return receipt


async def _receive(system: System, actor: Actor, line: Line, words: str) -> Receipt:
    if triage.flagged(words):
        return await _receive_and_raise(system, actor, line, words)
    return await _write(system, line, words)


async def _receive_and_raise(system: System, actor: Actor, line: Line, words: str) -> Receipt:
    """Words that must not wait unseen: message and priority in one commit, so neither is there without the other."""
    contact_id = line.contact_id
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, contact_id)
        stored = await claims.stored(tx, contact_id, line.id)
        if stored is not None:
            return stored
        if row is not None and line.caller_blind not in (None, row.caller_blind):
            raise NotSignedIn
        if row is None or row.state not in (contact.WAITING, contact.ACTIVE):
            raise ContactEnded
        body = await tx.seal(contact_id, "entries", line.id, words)
        (receipt,) = await claims.append_to(tx, line.with_body(body))
        tx.topics.update(topics_of(row))
        priority = triage.raised(row.priority, None, None, words)
        key_class, key_at = contact.queue_key(priority, row.arrived_at)
        flags = sorted({*row.flags, "phrase"})
        await claims.change(
            tx,
            contact_id,
            priority=priority,
            queue_class=key_class,
            queue_at=key_at,
            flags=flags,
            due_at=None,
        )
        tx.record("messages.flagged", "contact", contact_id, priority=priority)
    return receipt


async def _write(system: System, line: Line, words: str) -> Receipt:
    await system.open_key(line.contact_id)
    body = system.vault.seal(line.contact_id, "entries", line.id, words)
    return await system.journal.write(line.with_body(body))


def _checked(client_id: str, text: str) -> str:
    if not CLIENT_ID.fullmatch(client_id):
        raise Malformed(field="id")
    return checked(text)
