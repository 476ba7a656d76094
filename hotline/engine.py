"""The clock: ordered steps, run on every poke that concerns routing and at least twice a second.

It decides nothing itself: `rules.dispatch` decides, `actions.offers` acts and checks again. Stopping it
delays offers and loses nothing; started again, it reads where everything stands from the database. Of several
engines one has the lease and acts; the others stand by and ask for it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from hotline import metrics
from hotline.actions import alarms, handling, ladder, leases, offers, signing_in
from hotline.attention import Attention
from hotline.clockwork import Clockwork
from hotline.errors import HotlineError, LeaseLost
from hotline.ids import new_id
from hotline.live import topics
from hotline.live.bus import Bell
from hotline.rules.access import Actor
from hotline.rules.alarms import RING_AFTER
from hotline.rules.assignment import NEVER, Proposal
from hotline.rules.contact import P1
from hotline.rules.dispatch import decide
from hotline.rules.ladder import Standing, move
from hotline.store import queries
from hotline.store.ladder import standings
from hotline.store.queries import LiveOffer
from hotline.sweep import Sweep
from hotline.system import System

log = structlog.get_logger()
TICK_SECONDS = 0.5  # an offer outlives its person's shift by less than a second
RENEW_SECONDS = 1.0  # a third of the lease's life
STANDBY_SECONDS = 0.5
GOODBYE_SECONDS = 2.0
LOOK_SECONDS = 1.0
FORGET_EVERY = timedelta(hours=1)
# A look at all rungs is dear where hundreds wait, and so is what it finds when they came together. The one takes a
# small part of the time, the other half of it: arrivals come in between, and the chat has the core.
LOOKING = 20  # times what such a look took, rounds go without one
LOOK_AGAIN_SECONDS = 3.0  # and no longer
CLIMBS = 10  # in one round: when a hundred find nobody, whom somebody can take does not wait for them
RESTS = 1  # times what these took, rounds go without more, unless somebody in danger is among them


class Engine:
    """Runs the steps under the lease. `step()` is one round, also for tests and for a supervisor's shell."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._bell = Bell(system.bus, topics.concerns_routing)
        self._holder = new_id()  # of this life: a restarted engine is another one
        self._actor: Actor | None = None
        self._leading = asyncio.Event()
        self._forgot_at = NEVER
        self._due: list[Standing] = []  # found by the last look, the most urgent first
        self._looks_at = self._climbs_at = 0.0
        self._clockwork = Clockwork(system)
        self._attention = Attention(system)
        self._sweep = Sweep(system)

    async def run(self) -> None:
        """Stand by, lead, and stand by again until cancelled; then the lease is given up at once."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_lease())
                tasks.create_task(self._rounds())
                tasks.create_task(self._look_after(self._clockwork.look))
                tasks.create_task(self._look_after(self._attention.look))
                tasks.create_task(self._look_after(self._sweep.look))
        finally:
            await self._give_up()

    async def step(self, *, climb: bool = True) -> int:
        """End stale offers, open rungs, make new offers, ring for danger. Returns how many things were done."""
        actor = self._actor or await self._ask()
        if actor is None:
            return 0
        done = await self._offer(actor)
        if climb and (climbed := await self._climb(actor)):  # whom somebody can take does not wait for it
            done += climbed + await self._offer(actor)
        done += await self._ring(actor)
        await self._forget(actor)
        return done

    async def _rounds(self) -> None:
        """Round after round."""

        async def counted() -> None:
            with _counted():
                await self.step(climb=time.monotonic() >= self._climbs_at)

        while True:
            await self._while_leading(counted)
            climbs_in = self._climbs_at - time.monotonic() if self._due else TICK_SECONDS
            await self._bell.rest(min(max(climbs_in, 0.0), TICK_SECONDS))

    async def _look_after(self, look: Callable[[Actor], Awaitable[int]]) -> None:
        """Apart from the rounds, so that a large roster keeps no caller waiting."""

        async def once() -> None:
            if self._actor is not None:
                await look(self._actor)

        while True:
            await self._while_leading(once)
            await asyncio.sleep(LOOK_SECONDS)

    async def _while_leading(self, act: Callable[[], Awaitable[None]]) -> None:
        """Once; a failure is logged and the next time tries again."""
        await self._leading.wait()
        try:
            await act()
        except LeaseLost:
            self._becomes(None)
        except HotlineError as error:
            log.warning("engine round failed", code=error.code)
            await asyncio.sleep(TICK_SECONDS)
        except Exception:  # an edge: the clock must go on ticking whatever one contact holds
            log.exception("engine round failed")
            await asyncio.sleep(TICK_SECONDS)

    async def _keep_lease(self) -> None:
        """Apart from the rounds, so that a long one costs no lease."""
        while True:
            try:
                await self._ask()
            except HotlineError as error:
                log.warning("lease not renewed", code=error.code)
            except Exception:  # an edge, as above
                log.exception("lease not renewed")
            await asyncio.sleep(STANDBY_SECONDS if self._actor is None else RENEW_SECONDS)

    async def _ask(self) -> Actor | None:
        """Renew the lease or try to get it."""
        self._becomes(await leases.take(self._system, self._holder, self._actor))
        return self._actor

    def _becomes(self, actor: Actor | None) -> None:
        if actor == self._actor:
            return
        self._actor = actor
        metrics.LEADS.set(actor is not None)
        if actor is None:
            self._leading.clear()
            self._due = []
            log.warning("engine stands by")
        else:
            self._leading.set()
            log.info("engine leads", epoch=actor.epoch)

    async def _give_up(self) -> None:
        if self._actor is None:
            return
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await leases.give_up(self._system, self._actor)
        except (HotlineError, TimeoutError):  # it runs out by itself
            log.warning("lease not given up")
        self._actor = None
        self._leading.clear()
        metrics.LEADS.set(0)

    async def _offer(self, actor: Actor) -> int:
        """End stale offers and make new ones, by one look, or by two if something has ended."""
        proposals, stale = await self._look()
        done = 0
        for offer in stale:
            done += await offers.end_stale(self._system, actor, offer)
        if done:
            proposals, _ = await self._look()
        for proposal in proposals:
            done += await offers.make(self._system, actor, proposal) is not None
        return done

    async def _look(self) -> tuple[list[Proposal], list[LiveOffer]]:
        async with self._system.read() as tx:
            pending, waiting = await queries.pending_offers(tx), await queries.waiting(tx)
            if not pending and not waiting:
                return [], []
            people = await queries.people(tx)
            return decide(waiting, people, tx.now), offers.stale(pending, waiting, people, tx.now)

    async def _climb(self, actor: Actor) -> int:
        if not self._due or time.monotonic() >= self._looks_at:
            await self._look_for_due()
        began, done = time.monotonic(), 0
        now, self._due = self._due[:CLIMBS], self._due[CLIMBS:]
        for standing in now:
            done += await ladder.climb(self._system, actor, standing.contact_id)
        if not self._due:
            self._climbs_at = self._looks_at
        elif self._due[0].priority != P1:
            self._climbs_at = time.monotonic() + RESTS * (time.monotonic() - began)
        return done

    async def _look_for_due(self) -> None:
        began = time.monotonic()
        async with self._system.read() as tx:
            due = [each for each in await standings(tx) if move(each, tx.now)]
        self._due = sorted(due, key=lambda each: (each.priority != P1, each.since))
        looked = time.monotonic()
        self._looks_at = looked + min(LOOKING * (looked - began), LOOK_AGAIN_SECONDS)

    async def _forget(self, actor: Actor) -> None:
        """Now and then what signing in leaves behind, and notes whose time is over."""
        now = self._system.clock.now()
        if now - self._forgot_at >= FORGET_EVERY:
            await signing_in.forget(self._system, actor)
            await handling.expire(self._system, actor)
            self._forgot_at = now

    async def _ring(self, actor: Actor) -> int:
        async with self._system.read() as tx:
            unanswered = await queries.danger_unanswered(tx, tx.now - RING_AFTER)
        rung = 0
        for contact_id in unanswered:
            rung += await alarms.ring(self._system, actor, contact_id)
        return rung


@contextmanager
def _counted() -> Iterator[None]:
    result = "failed"
    try:
        yield
        result = "done"
        metrics.LAST_ROUND.set_to_current_time()
    finally:
        metrics.ROUNDS.labels(result).inc()
