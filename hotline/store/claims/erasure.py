"""What is left of a person outside sealed columns goes together with their key: fingerprints to look them up by."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from hotline.store.tables import cases, conflicts, contacts, entries

FOUND_BY = ("caller_blind", "code_blind", "pseudonym_blind")


async def forget_callers(
    connection: AsyncConnection, contact_ids: Collection[str], columns: Collection[str] = FOUND_BY
) -> None:
    """These contacts are found by nothing any more, and nothing of them is sent out.

    `columns`: those that `contacts` has; in a backup of an earlier release it may have fewer.
    """
    forgotten = dict.fromkeys(name for name in FOUND_BY if name in columns)
    await connection.execute(update(contacts).where(contacts.c.id.in_(contact_ids)).values(**forgotten))
    await _forget_conflicts(connection, contact_ids)
    await connection.execute(
        update(entries)
        .where(entries.c.contact_id.in_(contact_ids), entries.c.source_blind.is_not(None))
        .values(source_blind=None)
    )
    unsent = entries.c.delivery.in_(("pending", "sending"))
    await connection.execute(
        update(entries).where(entries.c.contact_id.in_(contact_ids), unsent).values(delivery="failed")
    )


async def forget_subjects(connection: AsyncConnection, case_ids: Collection[str]) -> None:
    """These cases are found by no name any more."""
    await connection.execute(update(cases).where(cases.c.id.in_(case_ids)).values(subject_blind=""))
    await _forget_conflicts(connection, case_ids)


async def _forget_conflicts(connection: AsyncConnection, thing_ids: Collection[str]) -> None:
    """What was marked there keeps people from that contact or case, and from nothing else any more."""
    await connection.execute(update(conflicts).where(conflicts.c.thing_id.in_(thing_ids)).values(blind=None))
