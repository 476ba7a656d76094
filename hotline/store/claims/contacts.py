"""A contact comes to be, changes hands, moves on and ends; its thread grows and is shut."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, exists, func, insert, or_, select, update

from hotline.ids import new_id
from hotline.rules.contact import may_move
from hotline.store.callbacks import in_queue
from hotline.store.claims.drafts import drop_drafts
from hotline.store.claims.transfers import end_transfers
from hotline.store.claims.work import occupy
from hotline.store.db import Tx
from hotline.store.journal import Line, Receipt, append, known
from hotline.store.tables import assignments, conflicts, contacts, counters, staff, threads


async def add_contact(tx: Tx, values: dict[str, Any]) -> bool:
    """Insert a contact and its thread; False if this approach, or an open one of this caller, exists."""
    statement = tx.upsert(contacts).values(**values).on_conflict_do_nothing()
    if (await tx.connection.execute(statement)).rowcount != 1:
        return False
    await tx.connection.execute(insert(threads).values(contact_id=values["id"], last_seq=0, open=True))
    return True


async def append_to(tx: Tx, *lines: Line) -> list[Receipt]:
    """Write entries of contacts that this transaction has locked or made."""
    return await append(tx.connection, tx.now, lines)


async def stored(tx: Tx, contact_id: str, entry_id: str) -> Receipt | None:
    """Where an entry with this id stands already; None if it was never written."""
    return (await known(tx.connection, [Line(contact_id, entry_id, "", "")])).get((contact_id, entry_id))


async def next_number(tx: Tx, name: str) -> int:
    """1, 2, 3 … per name; a rolled-back transaction gives its number back."""
    statement = tx.upsert(counters).values(name=name, value=1)
    statement = statement.on_conflict_do_update(
        index_elements=[counters.c.name], set_={"value": counters.c.value + 1}
    )
    return int((await tx.connection.execute(statement.returning(counters.c.value))).scalar_one())


async def take(tx: Tx, contact_id: str, staff_id: str, how: str, *, beyond: bool = False) -> bool:
    """Make a waiting contact this person's; False if it no longer waits. Raises NoRoom, but for `beyond`."""
    await occupy(tx, staff_id, contact_id, beyond=beyond)
    statement = (
        update(contacts)
        .where(contacts.c.id == contact_id, in_queue(tx.now))
        .values(state="active", holder_id=staff_id, answered_at=func.coalesce(contacts.c.answered_at, tx.now))
    )
    if (await tx.connection.execute(statement)).rowcount != 1:
        return False
    await assign(tx, contact_id, staff_id, how, tx.now, None)
    return True


async def change_hands(
    tx: Tx, contact_id: str, from_id: str, to_id: str, how: str, *, beyond: bool = False
) -> bool:
    """Give a conversation from one person to another; False if it is no longer that person's. Raises as `take`."""
    await occupy(tx, to_id, contact_id, beyond=beyond)
    statement = (
        update(contacts)
        .where(contacts.c.id == contact_id, contacts.c.state == "active", contacts.c.holder_id == from_id)
        .values(holder_id=to_id)
    )
    if (await tx.connection.execute(statement)).rowcount != 1:
        return False
    await release(tx, contact_id)
    await assign(tx, contact_id, to_id, how, tx.now, None)
    return True


async def assign(
    tx: Tx, contact_id: str, staff_id: str, how: str, from_at: datetime, until_at: datetime | None
) -> None:
    """Write down who holds a contact; a second live holder breaks a unique index."""
    values = {
        "contact_id": contact_id,
        "staff_id": staff_id,
        "how": how,
        "from_at": from_at,
        "until_at": until_at,
    }
    await tx.connection.execute(insert(assignments).values(id=new_id(), **values))


async def release(tx: Tx, contact_id: str) -> None:
    """End the live assignment of a contact, and with it what its holder asked of others."""
    await end_transfers(tx, contact_id)
    await tx.connection.execute(
        update(assignments)
        .where(assignments.c.contact_id == contact_id, assignments.c.until_at.is_(None))
        .values(until_at=tx.now)
    )


async def requeue(tx: Tx, contact_id: str, staff_id: str) -> bool:
    """Put a conversation back where it waited, under its old key; False if it is no longer this person's."""
    statement = (
        update(contacts)
        .where(contacts.c.id == contact_id, contacts.c.state == "active", contacts.c.holder_id == staff_id)
        .values(state="waiting", holder_id=None)
    )
    if (await tx.connection.execute(statement)).rowcount != 1:
        return False
    await release(tx, contact_id)
    return True


async def adopt(tx: Tx, contact_id: str, from_id: str, to_id: str) -> bool:
    """Let another owe a summary; False if it is written, or already somebody else's."""
    statement = (
        update(contacts)
        .where(contacts.c.id == contact_id, contacts.c.state == "wrap_up", contacts.c.holder_id == from_id)
        .values(holder_id=to_id)
    )
    return (await tx.connection.execute(statement)).rowcount == 1


async def freed(tx: Tx, staff_id: str, wrap_up: timedelta | None = None) -> None:
    """The person's last conversation ended now: rest is counted from here, and time for the card, if it is theirs.

    There is one clock for all that a person owes; it is never set back.
    """
    values: dict[str, Any] = {"freed_at": tx.now}
    if wrap_up is not None:
        later = or_(staff.c.wrap_until.is_(None), staff.c.wrap_until < tx.now + wrap_up)
        values["wrap_until"] = case((later, tx.now + wrap_up), else_=staff.c.wrap_until)
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(values))


async def end_wrap_up(tx: Tx, staff_id: str) -> None:
    """The last card a person owed is written."""
    owes = exists().where(contacts.c.holder_id == staff_id, contacts.c.state == "wrap_up")
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id, ~owes).values(wrap_until=None))


async def prolong_wrap_up(tx: Tx, staff_id: str, until: datetime) -> bool:
    """Let the clock run until then; False if it does not run, or as long already."""
    running = (staff.c.wrap_until > tx.now, staff.c.wrap_until < until)
    statement = update(staff).where(staff.c.id == staff_id, *running).values(wrap_until=until)
    return (await tx.connection.execute(statement)).rowcount == 1


async def change(tx: Tx, contact_id: str, **values: Any) -> None:
    """Change columns of a contact this transaction has locked."""
    await tx.connection.execute(update(contacts).where(contacts.c.id == contact_id).values(**values))


async def move(tx: Tx, contact_id: str, state: str, to: str, **values: Any) -> bool:
    """Move a contact on from the state it is thought to be in; False if somebody was faster."""
    if not may_move(state, to):
        raise ValueError(f"a contact never goes from {state} to {to}")
    statement = (
        update(contacts)
        .where(contacts.c.id == contact_id, contacts.c.state == state)
        .values(state=to, **values)
    )
    return (await tx.connection.execute(statement)).rowcount == 1


async def caller_seen(tx: Tx, contact_id: str) -> Row[Any] | None:
    """Renew the sign of life; the contact, if the caller had been thought gone."""
    back = (
        update(contacts)
        .where(contacts.c.id == contact_id, contacts.c.caller_left_at.is_not(None))
        .values(caller_seen_at=tx.now, caller_left_at=None)
        .returning(contacts)
    )
    row: Row[Any] | None = (await tx.connection.execute(back)).one_or_none()
    if row is None:
        await change(tx, contact_id, caller_seen_at=tx.now)
    return row


async def callers_seen(tx: Tx, contact_ids: Collection[str]) -> list[str]:
    """Renew these signs of life, but of rows that are being changed just now. The ids whose secret is revoked."""
    these, blind = tx.among(contacts.c.id, contact_ids), contacts.c.caller_blind
    here = select(contacts.c.id).where(these, blind.is_not(None), contacts.c.caller_left_at.is_(None))
    free = here.order_by(contacts.c.id).with_for_update(key_share=True, skip_locked=True).cte("free")
    seen = update(contacts).where(contacts.c.id.in_(select(free.c.id))).values(caller_seen_at=tx.now)
    await tx.connection.execute(seen)
    dead = select(contacts.c.id).where(these, blind.is_(None))
    return list((await tx.connection.execute(dead)).scalars())


async def hand_to(tx: Tx, contact_id: str, old_blind: str, new_blind: str) -> None:
    """Another secret opens this contact from now on; its code is used up, and conflicts of the caller stay theirs."""
    await change(
        tx, contact_id, caller_blind=new_blind, code_blind=None, caller_seen_at=tx.now, caller_left_at=None
    )
    await tx.connection.execute(
        update(conflicts).where(conflicts.c.blind == old_blind).values(blind=new_blind)
    )


async def shut_thread(tx: Tx, contact_id: str) -> None:
    """Nothing more can be written, and nothing stays of what was being written."""
    await drop_drafts(tx, contact_id)
    await tx.connection.execute(update(threads).where(threads.c.contact_id == contact_id).values(open=False))
