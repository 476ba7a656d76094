"""The clock: ordered steps, run on every poke that concerns routing and at least twice a second.

It decides nothing itself: `rules.assignment` decides, `actions.offers` acts and checks again. Stopping it
delays offers and loses nothing; started again, it reads where everything stands from the database.
"""

import asyncio

import structlog

from hotline.actions import offers
from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.bus import Bell
from hotline.rules.assignment import decide
from hotline.store import queries
from hotline.system import System

log = structlog.get_logger()
TICK_SECONDS = 0.5  # an offer outlives its person's shift by less than a second


class Engine:
    """Runs the steps. `step()` is one round, also for tests and for a supervisor's shell."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._bell = Bell(system.bus, topics.concerns_routing)

    async def run(self) -> None:
        """Round after round until cancelled; a failing round is logged and the next one tries again."""
        while True:
            try:
                await self.step()
            except HotlineError as error:
                log.warning("engine round failed", code=error.code)
                await asyncio.sleep(TICK_SECONDS)
            except Exception:  # an edge: the clock must go on ticking whatever one contact holds
                log.exception("engine round failed")
                await asyncio.sleep(TICK_SECONDS)
            await self._bell.rest(TICK_SECONDS)

    async def step(self) -> int:
        """End stale offers, then make new ones. Returns how many things were done."""
        return await self._end_stale_offers() + await self._make_offers()

    async def _end_stale_offers(self) -> int:
        async with self._system.read() as tx:
            pending = await queries.pending_offers(tx)
            stale = [offer for offer in pending if (await offers.verdict(tx, offer))[0] is not None]
        ended = 0
        for offer in stale:
            ended += await offers.end_stale(self._system, offer)
        return ended

    async def _make_offers(self) -> int:
        async with self._system.read() as tx:
            waiting = await queries.waiting(tx, self._system.centre)
            if not waiting:
                return 0
            proposals = decide(waiting, await queries.people(tx), tx.now)
        made = 0
        for proposal in proposals:
            made += await offers.make(self._system, proposal) is not None
        return made
