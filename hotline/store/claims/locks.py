"""The locks that settle races. They are taken contact → thread → staff, ids ascending."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select

from hotline.store.db import Tx
from hotline.store.tables import contacts, staff, threads


async def lock_contact(tx: Tx, contact_id: str) -> Row[Any] | None:
    """The contact's row, and its thread's, locked until the end of the transaction."""
    query = select(contacts).where(contacts.c.id == contact_id).with_for_update(key_share=True)
    row = (await tx.connection.execute(query)).one_or_none()
    if row is not None:
        await lock_thread(tx, contact_id)
    return row


async def lock_thread(tx: Tx, contact_id: str) -> None:
    """Only the sequence of a contact, for an entry that leaves the contact as it is."""
    thread = select(threads.c.last_seq).where(threads.c.contact_id == contact_id)
    await tx.connection.execute(thread.with_for_update(key_share=True))


async def lock_staff(tx: Tx, staff_id: str) -> Row[Any] | None:
    """A person's row, locked: load and offers of one person are counted by one transaction at a time."""
    query = select(staff).where(staff.c.id == staff_id).with_for_update(key_share=True)
    return (await tx.connection.execute(query)).one_or_none()


async def lock_people(tx: Tx, staff_ids: Collection[str]) -> None:
    """All these people's rows, in one order: two who lock the same ones would else wait for one another."""
    query = select(staff.c.id).where(tx.among(staff.c.id, staff_ids)).order_by(staff.c.id)
    await tx.connection.execute(query.with_for_update(key_share=True))
