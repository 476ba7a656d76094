"""What was said in a contact after a cursor: from what is at hand, else read once for all sockets of this process."""

import asyncio
from itertools import accumulate, islice
from typing import Any

from aiohttp import web

from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.hub import Hub
from hotline.rules.contact import ONLY_WORDS
from hotline.store import views
from hotline.store.views import Audience, Entry, Rows
from hotline.system import System

LIMIT = 40  # entries at once
WEIGHT = 32 * 1024  # bytes of words at once: a page that asks for a long talk and does not read holds so much

CONTACTS_AT_ONCE = 100  # of one reading
Place = tuple[str, int]  # a contact, and the number after which


class News:
    """Of one process. `run()` must be running while `after()` is used."""

    def __init__(self, system: System, hub: Hub) -> None:
        self._system, self._hub = system, hub
        self._wanted: dict[Place, asyncio.Future[Rows]] = {}
        self._asked = asyncio.Event()

    async def after(self, contact_id: str, seq: int) -> Rows:
        """Entries as they are stored, sealed, as many as go into one frame. Raises Unavailable.

        For those who listen to the contact's words.
        """
        place = contact_id, seq
        if rows := self._system.journal.recent.after(*place):
            return _portion(rows)
        if place not in self._wanted:
            self._wanted[place] = asyncio.get_running_loop().create_future()
            self._asked.set()
        return _portion(await asyncio.shield(self._wanted[place]))  # others may wait for the same

    async def run(self) -> None:
        """Read what is asked for until cancelled; what gathers during one reading shares the next."""
        while True:
            await self._asked.wait()
            wanted = dict(islice(self._wanted.items(), CONTACTS_AT_ONCE))
            for place in wanted:  # whoever asks from now on wants what is committed by then
                del self._wanted[place]
            if not self._wanted:
                self._asked.clear()
            await self._read(wanted)

    async def _read(self, wanted: dict[Place, "asyncio.Future[Rows]"]) -> None:
        recent = self._system.journal.recent
        recent.undoubted = {contact_id for contact_id, _ in wanted}
        try:
            async with self._system.read() as tx:
                found = await views.rows_after_each(tx, list(wanted), limit=LIMIT)
        except HotlineError as error:
            for answer in wanted.values():
                answer.set_exception(error)
                answer.exception()  # whoever asked may have gone
            return
        for (contact_id, seq), answer in wanted.items():
            rows = found.get((contact_id, seq), ())
            if rows:  # a poke may have been lost on its way here; who listens beside the one who asks hears of it now
                self._hub.tell(topics.words(contact_id))
                if contact_id in recent.undoubted and len(rows) < LIMIT:  # else there may be more by now
                    recent.keep(contact_id, seq, rows, told=True)
            answer.set_result(rows)

    def at_hand(self, contact_id: str, seq: int) -> Rows:
        """All that follows, if that is only words which fit into one frame and open without waiting; else nothing."""
        rows = self._system.journal.recent.after(contact_id, seq)
        few = are_words(rows) and not full(rows)
        return rows if few and self._system.vault.knows(contact_id) else ()

    async def opened(self, rows: Rows, audience: Audience) -> list[Entry]:
        """Those of them that this audience may see. Raises KeyDestroyed."""
        for contact_id in {row.contact_id for row in rows if row.body_sealed is not None}:
            await self._system.open_key(contact_id)
        return self.opened_now(rows, audience)

    def opened_now(self, rows: Rows, audience: Audience) -> list[Entry]:
        """The same where their key is at hand."""
        seen = [row for row in rows if audience == "staff" or row.kind in views.FOR_CALLER]
        return [views.opened(self._system.vault, row, audience) for row in seen]


def full(rows: Rows) -> bool:
    """Is there likely more after these, which had to wait for the next frame?"""
    return len(rows) == LIMIT or sum(map(_weight, rows)) >= WEIGHT


def are_words(rows: Rows) -> bool:
    """Do these leave all else as it was?"""
    return all(row.kind in ONLY_WORDS for row in rows)


def _portion(rows: Rows) -> Rows:
    """The first of them, up to the one with which they become too heavy."""
    heavy = (number for number, sum_ in enumerate(accumulate(map(_weight, rows)), 1) if sum_ >= WEIGHT)
    return rows[: next(heavy, LIMIT)]


def _weight(row: Any) -> int:
    return len(row.body_sealed or b"")


NEWS: web.AppKey[News] = web.AppKey("news", News)
