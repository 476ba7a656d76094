"""What is written on how to talk with a caller, as actions and lists look at it. Words are opened by `views`."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, or_, select

from hotline.rules import handling
from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.store import conflicts
from hotline.store.db import Tx
from hotline.store.tables import contacts, handling_notes

NoteRow = Row[Any]  # a row of `handling_notes`, with the queue of its contact


def marks(row: Any) -> dict[str, str]:
    """By what the caller of this contact (a row of `contacts`) is known again -> fingerprint, surest first.

    A page's secret lasts for one contact and tells nothing.
    """
    chat = row.caller_blind if row.channel == "telegram" else None
    found = {handling.TELEGRAM: chat, handling.PSEUDONYM: row.pseudonym_blind}
    return {by: blind for by, blind in found.items() if blind is not None}


async def notes_of(tx: Tx, centre: Centre, actor: Actor, row: Any) -> list[NoteRow]:
    """Those that hold for the caller of this contact, less what is behind the wall for this person."""
    blinds = list(marks(row).values())
    if not blinds:
        return []
    query = (
        select(handling_notes, contacts.c.queue)
        .join(contacts, contacts.c.id == handling_notes.c.contact_id)
        .where(handling_notes.c.blind.in_(blinds), handling_notes.c.expires_at > tx.now)
        .order_by(handling_notes.c.known_by.desc(), handling_notes.c.id)  # the surest first
    )
    found = (await tx.connection.execute(query)).all()
    met = await conflicts.with_contacts(tx, [each.contact_id for each in found]) if found else {}
    return [
        each
        for each in found
        if not handling.apart(centre, actor.lines, row, each) and actor.id not in met.get(each.contact_id, ())
    ]


async def about(tx: Tx, row: Any) -> list[str]:
    """All that were written at this contact or for its caller, on whichever side; their ids."""
    blinds: Collection[str] = list(marks(row).values())
    here = or_(handling_notes.c.contact_id == row.id, handling_notes.c.blind.in_(blinds))
    return list((await tx.connection.execute(select(handling_notes.c.id).where(here))).scalars())


async def expired(tx: Tx) -> list[str]:
    """Those whose time is over; their ids."""
    query = select(handling_notes.c.id).where(handling_notes.c.expires_at <= tx.now)
    return list((await tx.connection.execute(query)).scalars())
