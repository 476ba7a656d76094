"""Whose turn it is in each conversation that somebody holds: read from its entries, never their content."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, select

from hotline.rules.contact import ACTIVE
from hotline.rules.reply_watch import ASKED, WARNED, Turn
from hotline.store.db import Tx, only
from hotline.store.tables import assignments, callbacks, contacts, entries

WORDS = ("message", "edit", "answer")

# Each console asks this whenever something happens, so the statements are made once: a subquery copies its columns.
# Each of them walks the entries of a talk from one end and stops: whatever the database believes of how many there are,
# no plan of it compares all with all.
_OF_IT = entries.c.contact_id == contacts.c.id
_REPLIES = select(entries).where(_OF_IT, entries.c.author == "staff", entries.c.kind == "message")
_LAST_REPLY = _REPLIES.order_by(entries.c.seq.desc()).limit(1)
_REPLIED = (
    select(
        contacts.c.id,
        _LAST_REPLY.with_only_columns(entries.c.seq).scalar_subquery().label("seq"),
        _LAST_REPLY.with_only_columns(entries.c.at).scalar_subquery().label("at"),
    )
    .where(contacts.c.id.in_(bindparam("these", expanding=True)))
    .offset(0)  # else PostgreSQL looks for the last reply again with every entry that it compares
    .subquery("replied")
)
_SINCE = and_(entries.c.contact_id == _REPLIED.c.id, entries.c.seq > func.coalesce(_REPLIED.c.seq, 0))
_WORDS = select(entries.c.at).where(_SINCE, entries.c.author == "caller", entries.c.kind.in_(WORDS))
_ASKED = select(
    _REPLIED.c.id.label("contact_id"),
    _REPLIED.c.at.label("replied"),
    _WORDS.order_by(entries.c.seq).limit(1).scalar_subquery().label("asked"),
)
_TOLD = (
    select(entries.c.contact_id, entries.c.at, entries.c.data)
    .join_from(_REPLIED, entries, _SINCE)
    .where(entries.c.kind == "system")
    .order_by(entries.c.seq)
)


_ASSIGNED = and_(assignments.c.contact_id == contacts.c.id, assignments.c.until_at.is_(None))
_CALLED_BACK = exists().where(callbacks.c.contact_id == contacts.c.id, callbacks.c.outcome.is_(None))
_TALKS: Select[Any] = (
    select(contacts.c.id, contacts.c.priority, contacts.c.line, assignments.c.from_at)
    .join(assignments, _ASSIGNED)
    .where(contacts.c.state == ACTIVE, ~_CALLED_BACK)
    .order_by(contacts.c.id)
)
_TALKS_OF = only(_TALKS, contacts.c.holder_id, "holders")


async def turns(
    tx: Tx, *, contact_id: str | None = None, holders: Collection[str] | None = None
) -> list[Turn]:
    """Of every conversation; or of one; or of these people's. Time counts from when its holder took it, at most.

    Whoever is being called back is not waiting in the chat.
    """
    query = _TALKS if holders is None else tx.made(_TALKS_OF)
    if contact_id is not None:
        query = query.where(contacts.c.id == contact_id)
    given = {} if holders is None else {"holders": list(holders)}
    talks = (await tx.connection.execute(query, given)).all()
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
    for row in await tx.connection.execute(_ASKED, these):
        found[row.contact_id] = _Said(row.replied, row.asked)
    for row in await tx.connection.execute(_TOLD, these):
        found[row.contact_id].told[str(row.data.get("text"))] = row.at
    return found


def _turn(talk: Any, said: _Said) -> Turn:
    taken: datetime = talk.from_at
    if said.asked is not None or said.replied is None:  # who said nothing yet waits for the first word, too
        return Turn(talk.id, talk.priority, talk.line, max(taken, said.asked or taken))
    silent = max(taken, said.replied)
    return Turn(talk.id, talk.priority, talk.line, None, silent, said.told.get(ASKED), said.told.get(WARNED))
