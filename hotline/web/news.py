"""What was said in a contact after a cursor: from what is at hand, else read once for all sockets of this process."""

import asyncio
from weakref import WeakValueDictionary

from aiohttp import web

from hotline.store import views
from hotline.store.views import Audience, Entry, Rows
from hotline.system import System

LIMIT = 200  # entries at once


class News:
    """Of one process."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def after(self, contact_id: str, seq: int) -> Rows:
        """Entries as they are stored, sealed, at most `LIMIT`. Raises Unavailable."""
        recent = self._system.journal.recent
        if rows := recent.after(contact_id, seq):
            return rows
        turn = self._turns.setdefault(contact_id, asyncio.Lock())
        async with turn:
            if rows := recent.after(contact_id, seq):  # read by another socket meanwhile
                return rows
            async with self._system.read() as tx:
                rows = await views.rows_after(tx, contact_id, seq, limit=LIMIT)
            recent.keep(contact_id, seq, rows)
        return rows

    async def opened(self, rows: Rows, audience: Audience) -> list[Entry]:
        """Those of them that this audience may see. Raises KeyDestroyed."""
        seen = [row for row in rows if audience == "staff" or row.kind in views.FOR_CALLER]
        return [await views.opened(self._system, row, audience) for row in seen]


NEWS: web.AppKey[News] = web.AppKey("news", News)
