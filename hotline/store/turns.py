"""Whose turn it is in each conversation that somebody holds: read from its entries, never their content."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select

from hotline.rules.contact import ACTIVE
from hotline.rules.reply_watch import ASKED, WARNED, Turn
from hotline.store.db import Tx
from hotline.store.tables import assignments, callbacks, contacts, entries

WORDS = ("message", "edit", "answer")

# Each console asks this whenever something happens, so the statements are made once: a subquery copies its columns.
_OF_THESE = entries.c.contact_id.in_(bindparam("these", expanding=True))
_LAST_REPLY = (
    select(entries.c.contact_id, func.max(entries.c.seq).label("seq"), func.max(entries.c.at).label("at"))
    .where(_OF_THESE, entries.c.author == "staff", entries.c.kind == "message")
    .group_by(entries.c.contact_id)
    .subquery()
)
_SINCE = or_(_LAST_REPLY.c.seq.is_(None), entries.c.seq > _LAST_REPLY.c.seq)
_LATER = entries.outerjoin(_LAST_REPLY, _LAST_REPLY.c.contact_id == entries.c.contact_id)
_REPLIED = select(_LAST_REPLY)
_ASKED = (
    select(entries.c.contact_id, func.min(entries.c.at).label("at"))
    .select_from(_LATER)
    .where(_OF_THESE, _SINCE, entries.c.author == "caller", entries.c.kind.in_(WORDS))
    .group_by(entries.c.contact_id)
)
_TOLD = (
    select(entries.c.contact_id, entries.c.at, entries.c.data)
    .select_from(_LATER)
    .where(_OF_THESE, _SINCE, entries.c.kind == "system")
    .order_by(entries.c.seq)
)


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


@dataclass(slots=True)
class _Said:
    """When the counsellor wrote last, and what came after it: the caller's first word, and what we told the caller."""

    replied: datetime | None = None
    asked: datetime | None = None
    told: dict[str, datetime] = field(default_factory=dict)


async def _since_last_reply(tx: Tx, contact_ids: Collection[str]) -> dict[str, _Said]:
    """Few rows for each, however much was written."""
    these = {"these": list(contact_ids)}
    found: dict[str, _Said] = defaultdict(_Said)
    for row in await tx.connection.execute(_REPLIED, these):
        found[row.contact_id].replied = row.at
    for row in await tx.connection.execute(_ASKED, these):
        found[row.contact_id].asked = row.at
    for row in await tx.connection.execute(_TOLD, these):
        found[row.contact_id].told[str(row.data.get("text"))] = row.at
    return found


def _turn(talk: Any, said: _Said) -> Turn:
    taken: datetime = talk.from_at
    if said.asked is not None or said.replied is None:  # who said nothing yet waits for the first word, too
        return Turn(talk.id, talk.priority, talk.line, max(taken, said.asked or taken))
    silent = max(taken, said.replied)
    return Turn(talk.id, talk.priority, talk.line, None, silent, said.told.get(ASKED), said.told.get(WARNED))
