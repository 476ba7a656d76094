"""What the journal is measured against: every message in an ORM session and a commit of its own.

The same checks, numbers, rows and pokes; as one would write it who had not heard of group commit. For PostgreSQL.
"""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry

import hotline.system
from hotline.store import tables
from hotline.store.db import Database
from hotline.store.journal import Journal, Line, Receipt, _Waiting
from hotline.store.lines import Judged, Stand, judge

SESSIONS = 10  # at once: more would only queue for a connection, each with a time limit


class Thread:
    """A row of threads."""

    last_seq: int
    open: bool


class Contact:
    """A row of contacts."""

    state: str
    holder_id: str | None
    caller_blind: str | None
    channel: str


class Person:
    """A row of staff."""

    name: str
    signature: str


class Entry:
    """A row of entries."""


class OneByOne(Journal):
    """The journal, but that it commits no groups."""

    def __init__(self, db: Database, *parts: object) -> None:
        super().__init__(db, *parts)  # type: ignore[arg-type]
        self._db = db
        self._turn = asyncio.Semaphore(SESSIONS)

    async def write(self, line: Line) -> Receipt:
        waiting = _Waiting(line, asyncio.get_running_loop().create_future())
        async with self._turn:
            judged = await self._commit_one(line)
        self._settle([waiting], judged)
        return await waiting.answer

    async def _commit_one(self, line: Line) -> Judged:
        async with AsyncSession(self._db.engine) as session, session.begin():
            thread = await session.get(Thread, line.contact_id, with_for_update={"key_share": True})
            contact = await session.get(Contact, line.contact_id)
            author = await session.get(Person, line.author_id) if line.author_id else None
            same = select(Entry).filter_by(contact_id=line.contact_id, id=line.id)
            known = await session.scalar(same)
            if thread is None or contact is None:
                return judge([line], [None], {}, self._now())
            stand = Stand(
                contact.state, contact.holder_id, contact.caller_blind, contact.channel, thread.open,
                getattr(author, "name", None), getattr(author, "signature", None),
                getattr(author, "revision", None), None,
                getattr(known, "seq", None), getattr(known, "at", None),
            )  # fmt: skip
            judged = judge([line], [stand], {line.contact_id: thread.last_seq}, self._now())
            for row in judged.rows:
                thread.last_seq = row.seq
                entry = Entry()
                for name, value in row.values().items():
                    setattr(entry, name, value)
                session.add(entry)
            return judged


def instead_of_the_journal() -> None:
    """From now on every system of this process writes like this."""
    mapped = registry()
    kinds = {Thread: tables.threads, Contact: tables.contacts, Person: tables.staff, Entry: tables.entries}
    for kind, table in kinds.items():
        mapped.map_imperatively(kind, table)
    hotline.system.Journal = OneByOne  # type: ignore[attr-defined, assignment]
