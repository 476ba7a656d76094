"""Rows of summaries and cases, and ids by the references people use."""

from typing import Any

from sqlalchemy import func, insert, select

from hotline.store.db import Tx
from hotline.store.tables import case_contacts, case_notes, cases, contacts, summaries


async def summary_versions(tx: Tx, contact_id: str) -> int:
    """How many versions of the card there are; the contact is locked by who asks."""
    query = select(func.count()).where(summaries.c.contact_id == contact_id)
    return int((await tx.connection.execute(query)).scalar_one())


async def add_summary(tx: Tx, values: dict[str, Any]) -> None:
    await tx.connection.execute(insert(summaries).values(**values))


async def add_case(tx: Tx, values: dict[str, Any]) -> None:
    await tx.connection.execute(insert(cases).values(**values))


async def link(tx: Tx, case_id: str, contact_id: str, staff_id: str) -> bool:
    """Tie a contact to a case; False if it belongs to one already."""
    values = {"case_id": case_id, "contact_id": contact_id, "linked_at": tx.now, "linked_by": staff_id}
    statement = tx.upsert(case_contacts).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def add_case_note(tx: Tx, values: dict[str, Any]) -> bool:
    """A note of the diary; False for a repeat of the same client id."""
    statement = tx.upsert(case_notes).values(**values).on_conflict_do_nothing()
    return (await tx.connection.execute(statement)).rowcount == 1


async def case_note_id(tx: Tx, case_id: str, client_id: str) -> str:
    """The note that this client id was stored under before."""
    query = select(case_notes.c.id).where(
        case_notes.c.case_id == case_id, case_notes.c.client_id == client_id
    )
    return str((await tx.connection.execute(query)).scalar_one())


async def contact_id(tx: Tx, ref: str) -> str | None:
    """The contact of a reference such as K/2026/00012."""
    found: str | None = (
        await tx.connection.execute(select(contacts.c.id).where(contacts.c.ref == ref))
    ).scalar()
    return found


async def case_id(tx: Tx, ref: str) -> str | None:
    """The case of a reference such as S/2026/00012."""
    found: str | None = (await tx.connection.execute(select(cases.c.id).where(cases.c.ref == ref))).scalar()
    return found
