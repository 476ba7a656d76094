"""What was said in a contact after a cursor: from what is at hand, else read once for all sockets of this process."""

import asyncio
from itertools import accumulate
from typing import Any
from weakref import WeakValueDictionary

from aiohttp import web

from hotline.store import views
from hotline.store.views import Audience, Entry, Rows
from hotline.system import System

LIMIT = 40  # entries at once
WEIGHT = 32 * 1024  # bytes of words at once: a page that asks for a long talk and does not read holds so much

READ_AT_ONCE = 3  # so that whoever writes finds a connection, however many pages open at once


class News:
    """Of one process."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.few = asyncio.Semaphore(READ_AT_ONCE)  # for what callers' pages read besides

    async def after(self, contact_id: str, seq: int) -> Rows:
        """Entries as they are stored, sealed, as many as go into one frame. Raises Unavailable."""
        recent = self._system.journal.recent
        if rows := recent.after(contact_id, seq):
            return _portion(rows)
        turn = self._turns.setdefault(contact_id, asyncio.Lock())
        async with turn:
            if rows := recent.after(contact_id, seq):  # read by another socket meanwhile
                return _portion(rows)
            async with self._system.read() as tx:
                rows = await views.rows_after(tx, contact_id, seq, limit=LIMIT)
            recent.keep(contact_id, seq, rows)
        return _portion(rows)

    async def opened(self, rows: Rows, audience: Audience) -> list[Entry]:
        """Those of them that this audience may see. Raises KeyDestroyed."""
        seen = [row for row in rows if audience == "staff" or row.kind in views.FOR_CALLER]
        return [await views.opened(self._system, row, audience) for row in seen]


def full(rows: Rows) -> bool:
    """Is there likely more after these, which had to wait for the next frame?"""
    return len(rows) == LIMIT or sum(map(_weight, rows)) >= WEIGHT


def _portion(rows: Rows) -> Rows:
    """The first of them, up to the one with which they become too heavy."""
    heavy = (number for number, sum_ in enumerate(accumulate(map(_weight, rows)), 1) if sum_ >= WEIGHT)
    return rows[: next(heavy, LIMIT)]


def _weight(row: Any) -> int:
    return len(row.body_sealed or b"")


NEWS: web.AppKey[News] = web.AppKey("news", News)
