"""What the open pages of one process share: what many of them want at the same moment is read in one go.

A hundred consoles hear of every arrival at the same moment, as do all who wait. The queue is read once for all who
show the same one, desks and contacts in one go, and few read at a time, so that callers find a connection to the
database.
"""

import asyncio
from functools import partial
from typing import Final

from aiohttp import web

from hotline.actions import signing_in
from hotline.actions.signing_in import Found
from hotline.live.gathered import Gathered
from hotline.rules.access import Actor
from hotline.store import views
from hotline.store.views import ConsoleView, Pairs, QueueView
from hotline.system import System
from hotline.web import caller_view
from hotline.web.caller_view import CallerSees

READ_AT_ONCE: Final = 3
# Seconds for which others are waited for with what a caller is told of the state of things; words do not wait for it.
SOON: Final = 0.02
AT_LEISURE: Final = 0.25  # where it waits, and only time has passed or others have moved


class Readings:
    """Of one process."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.turn = asyncio.Semaphore(READ_AT_ONCE)  # of consoles
        self.queues: Gathered[Pairs, QueueView] = Gathered(self._read_queues)
        self.desks: Gathered[Actor, ConsoleView] = Gathered(self._read_desks)
        self.sessions: Gathered[str, Found | None] = Gathered(partial(signing_in.look_up_again, system))
        self.callers: Gathered[str, CallerSees | None] = Gathered(self._read_callers, SOON)
        self.others: Gathered[str, CallerSees | None] = Gathered(self._read_callers, AT_LEISURE)

    async def _read_queues(self, wanted: list[Pairs]) -> dict[Pairs, QueueView]:
        async with self._system.read() as tx:
            return {pairs: await views.queue(tx, pairs) for pairs in wanted}

    async def _read_desks(self, actors: list[Actor]) -> dict[Actor, ConsoleView]:
        async with self.turn, self._system.read() as tx:
            found = await views.own_desks(tx, tx.centre, actors)
        return {actor: found[actor.id] for actor in actors}

    async def _read_callers(self, contact_ids: list[str]) -> dict[str, CallerSees | None]:
        async with self._system.read() as tx:
            found = await caller_view.seen(tx, contact_ids)
        return {each: found.get(each) for each in contact_ids}


READINGS: web.AppKey[Readings] = web.AppKey("readings", Readings)
