"""Whose turn it is in each conversation that somebody holds: read from its entries, never their content."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select

from hotline.rules.contact import ACTIVE
from hotline.rules.reply_watch import ASKED, WARNED, Turn
from hotline.store.db import Tx
from hotline.store.tables import assignments, callbacks, contacts, entries

WORDS = ("message", "edit", "answer")


async def turns(tx: Tx, *, contact_id: str | None = None, holder_id: str | None = None) -> list[Turn]:
    """Of every conversation; or of one, or of one person's. Time counts from when its holder took it, at most.

    Whoever is being called back is not waiting in the chat.
    """
    live = and_(assignments.c.contact_id == contacts.c.id, assignments.c.until_at.is_(None))
    columns = (contacts.c.id, contacts.c.priority, contacts.c.line, assignments.c.from_at)
    called_back = exists().where(callbacks.c.contact_id == contacts.c.id, callbacks.c.outcome.is_(None))
    query = select(*columns).join(assignments, live).where(contacts.c.state == ACTIVE, ~called_back)
    if contact_id is not None:
        query = query.where(contacts.c.id == contact_id)
    if holder_id is not None:
        query = query.where(contacts.c.holder_id == holder_id)
    talks = (await tx.connection.execute(query.order_by(contacts.c.id))).all()
    if not talks:
        return []
    said = await _since_last_reply(tx, [talk.id for talk in talks])
    return [_turn(talk, said[talk.id]) for talk in talks]


async def _since_last_reply(tx: Tx, contact_ids: Collection[str]) -> dict[str, list[Any]]:
    """The counsellor's last message and what came after it from the caller and from us, in order."""
    replied = (
        select(entries.c.contact_id, func.max(entries.c.seq).label("seq"))
        .where(
            entries.c.contact_id.in_(contact_ids), entries.c.author == "staff", entries.c.kind == "message"
        )
        .group_by(entries.c.contact_id)
        .subquery()
    )
    columns = (entries.c.contact_id, entries.c.author, entries.c.kind, entries.c.at, entries.c.data)
    query = (
        select(*columns)
        .outerjoin(replied, replied.c.contact_id == entries.c.contact_id)
        .where(
            entries.c.contact_id.in_(contact_ids),
            or_(replied.c.seq.is_(None), entries.c.seq >= replied.c.seq),
            entries.c.kind.in_((*WORDS, "system")),
        )
        .order_by(entries.c.contact_id, entries.c.seq)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await tx.connection.execute(query):
        found[row.contact_id].append(row)
    return found


def _turn(talk: Any, said: list[Any]) -> Turn:
    taken: datetime = talk.from_at
    asked = [row.at for row in said if row.author == "caller"]
    replied = said[0].at if said and said[0].author == "staff" else None
    if asked or replied is None:  # who said nothing yet waits for the first word, too
        return Turn(talk.id, talk.priority, talk.line, max(taken, min(asked, default=taken)))
    told = {row.data.get("text"): row.at for row in said if row.kind == "system"}
    return Turn(
        talk.id, talk.priority, talk.line, None, max(taken, replied), told.get(ASKED), told.get(WARNED)
    )
