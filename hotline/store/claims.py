"""Whatever two people could do at once is settled here, by one statement or under one lock.

Locks are taken contact → thread → staff, ids ascending. A lost race is zero rows, never an exception.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, exists, func, insert, or_, select, update

from hotline.ids import new_id, new_secret
from hotline.rules.contact import may_move
from hotline.store.db import Tx
from hotline.store.journal import Line, Receipt, append, known
from hotline.store.tables import (
    assignments,
    contacts,
    counters,
    entries,
    leases,
    offers,
    sign_in_links,
    staff,
    threads,
)


async def lock_contact(tx: Tx, contact_id: str) -> Row[Any] | None:
    """The contact's row, and its thread's, locked until the end of the transaction."""
    query = select(contacts).where(contacts.c.id == contact_id).with_for_update(key_share=True)
    row = (await tx.connection.execute(query)).one_or_none()
    if row is not None:
        thread = select(threads.c.last_seq).where(threads.c.contact_id == contact_id)
        await tx.connection.execute(thread.with_for_update(key_share=True))
    return row


async def lock_staff(tx: Tx, staff_id: str) -> Row[Any] | None:
    """A person's row, locked: load and offers of one person are counted by one transaction at a time."""
    query = select(staff).where(staff.c.id == staff_id).with_for_update(key_share=True)
    return (await tx.connection.execute(query)).one_or_none()


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


# -- offers ----------------------------------------------------------------------------------------


async def make_offer(tx: Tx, contact_id: str, staff_id: str, deadline_at: datetime) -> str | None:
    """A pending offer's id; None if the contact or the person has one already."""
    offer_id = new_id()
    statement = (
        tx.upsert(offers)
        .values(
            id=offer_id,
            contact_id=contact_id,
            staff_id=staff_id,
            token=new_secret(),
            state="pending",
            made_at=tx.now,
            deadline_at=deadline_at,
        )
        .on_conflict_do_nothing()
    )
    return offer_id if (await tx.connection.execute(statement)).rowcount == 1 else None


async def close_offer(
    tx: Tx,
    offer_id: str,
    state: str,
    *,
    token: str | None = None,
    staff_id: str | None = None,
    reason: str | None = None,
) -> bool:
    """Move a pending offer on; False if it is gone, or if token or person do not fit."""
    conditions = [offers.c.id == offer_id, offers.c.state == "pending"]
    if token is not None:
        conditions.append(offers.c.token == token)
    if staff_id is not None:
        conditions.append(offers.c.staff_id == staff_id)
    if state == "accepted":
        conditions.append(offers.c.deadline_at > tx.now)
    statement = update(offers).where(*conditions).values(state=state, ended_at=tx.now, reason=reason)
    return (await tx.connection.execute(statement)).rowcount == 1


async def withdraw_offers(tx: Tx, contact_id: str, reason: str) -> list[str]:
    """End the pending offers of a contact; the people who had them."""
    statement = (
        update(offers)
        .where(offers.c.contact_id == contact_id, offers.c.state == "pending")
        .values(state="withdrawn", ended_at=tx.now, reason=reason)
        .returning(offers.c.staff_id)
    )
    return list((await tx.connection.execute(statement)).scalars())


async def take(tx: Tx, contact_id: str, staff_id: str, how: str) -> bool:
    """Make a waiting contact this person's; False if it no longer waits."""
    statement = (
        update(contacts)
        .where(contacts.c.id == contact_id, contacts.c.state == "waiting")
        .values(state="active", holder_id=staff_id, answered_at=func.coalesce(contacts.c.answered_at, tx.now))
    )
    if (await tx.connection.execute(statement)).rowcount != 1:
        return False
    await assign(tx, contact_id, staff_id, how, tx.now, None)
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


async def change(tx: Tx, contact_id: str, **values: Any) -> None:
    """Change columns of a contact this transaction has locked."""
    await tx.connection.execute(update(contacts).where(contacts.c.id == contact_id).values(**values))


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


async def freed(tx: Tx, staff_id: str) -> None:
    """The person's last conversation ended now: rest is counted from here."""
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(freed_at=tx.now))


async def release(tx: Tx, contact_id: str) -> None:
    """End the live assignment of a contact."""
    await tx.connection.execute(
        update(assignments)
        .where(assignments.c.contact_id == contact_id, assignments.c.until_at.is_(None))
        .values(until_at=tx.now)
    )


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


async def shut_thread(tx: Tx, contact_id: str) -> None:
    """Nothing more can be written."""
    await tx.connection.execute(update(threads).where(threads.c.contact_id == contact_id).values(open=False))


# -- sign-in ---------------------------------------------------------------------------------------


async def use_link(tx: Tx, secret_hash: str) -> str | None:
    """The person whose one-time link this is; None if it is unknown, used or too old."""
    statement = (
        update(sign_in_links)
        .where(
            sign_in_links.c.secret_hash == secret_hash,
            sign_in_links.c.used_at.is_(None),
            sign_in_links.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(sign_in_links.c.staff_id)
    )
    found: str | None = (await tx.connection.execute(statement)).scalar_one_or_none()
    return found


# -- delivery --------------------------------------------------------------------------------------


async def claim_delivery(tx: Tx, channel: str, until: datetime) -> Row[Any] | None:
    """The oldest due entry of a contact of this channel, marked as being sent until then; None if none is due.

    Only the oldest undelivered entry of each contact may go, so that a person reads words in order.
    """
    older = entries.alias("older")
    blocked = exists().where(
        older.c.contact_id == entries.c.contact_id,
        older.c.seq < entries.c.seq,
        older.c.delivery.in_(("pending", "sending")),
    )
    due = (
        select(entries.c.contact_id, entries.c.seq)
        .join(contacts, contacts.c.id == entries.c.contact_id)
        .where(
            contacts.c.channel == channel,
            entries.c.delivery.in_(("pending", "sending")),
            or_(entries.c.delivery_at.is_(None), entries.c.delivery_at <= tx.now),
            ~blocked,
        )
        .order_by(entries.c.delivery_at, entries.c.contact_id)
        .limit(1)
        .with_for_update(of=entries, key_share=True, skip_locked=True)
    )
    found = (await tx.connection.execute(due)).one_or_none()
    if found is None:
        return None
    here = and_(entries.c.contact_id == found.contact_id, entries.c.seq == found.seq)
    statement = (
        update(entries)
        .where(here)
        .values(delivery="sending", delivery_tries=entries.c.delivery_tries + 1, delivery_at=until)
        .returning(entries)
    )
    claimed: Row[Any] | None = (await tx.connection.execute(statement)).one_or_none()
    return claimed


async def settle_delivery(tx: Tx, contact_id: str, seq: int, delivery: str, at: datetime) -> None:
    """Sent, failed, or pending again until `at`."""
    here = and_(entries.c.contact_id == contact_id, entries.c.seq == seq, entries.c.delivery == "sending")
    await tx.connection.execute(update(entries).where(here).values(delivery=delivery, delivery_at=at))


# -- leases ----------------------------------------------------------------------------------------


async def take_lease(tx: Tx, name: str, holder: str, life: timedelta) -> int | None:
    """Take a lease that is free, or renew one's own; its epoch. None while somebody else's has not run out.

    The epoch grows when the holder changes, and only then.
    """
    mine = leases.c.holder == holder
    statement = tx.upsert(leases).values(name=name, epoch=1, holder=holder, expires_at=tx.now + life)
    statement = statement.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={
            "epoch": leases.c.epoch + case((mine, 0), else_=1),
            "holder": holder,
            "expires_at": tx.now + life,
        },
        where=or_(mine, leases.c.holder.is_(None), leases.c.expires_at <= tx.now),
    )
    epoch: int | None = (
        await tx.connection.execute(statement.returning(leases.c.epoch))
    ).scalar_one_or_none()
    return epoch


async def hold_lease(tx: Tx, name: str, epoch: int | None, life: timedelta) -> bool:
    """Is this still the newest epoch? Then it stays so until the end of this transaction.

    A successor waits for this row. So that it need not wait for a holder that was paused in the middle,
    PostgreSQL ends a transaction that stays silent for the lease's whole life.
    """
    if tx.connection.dialect.name == "postgresql":
        milliseconds = str(int(life.total_seconds() * 1000))
        silence = func.set_config("idle_in_transaction_session_timeout", milliseconds, True)
        await tx.connection.execute(select(silence))
    query = select(leases.c.epoch).where(leases.c.name == name).with_for_update(read=True)
    return epoch is not None and (await tx.connection.execute(query)).scalar_one_or_none() == epoch


async def give_lease_up(tx: Tx, name: str, epoch: int | None) -> None:
    """The next to ask gets it at once."""
    mine = and_(leases.c.name == name, leases.c.epoch == epoch)
    await tx.connection.execute(update(leases).where(mine).values(holder=None, expires_at=tx.now))
