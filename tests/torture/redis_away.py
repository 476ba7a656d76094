"""Redis is away for a while, is emptied, is killed and comes back, in real time: `python -m tests.torture.redis_away`.

Two web processes, an engine and a standby on PostgreSQL. People talk, others come and wait and are taken in order.
Whatever becomes of Redis, nobody moves in the queue, no offer and no talk changes hands, and soon after its return
words arrive by pokes again. It ends with figures, or with what was lost.
"""

import argparse
import asyncio
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

from hotline.store import queries
from hotline.store.held import held
from tests import factories, servers
from tests.flows.people import WebCaller, eventually
from tests.flows.processes import Process, Street
from tests.flows.staff import CARD, Counsellor
from tests.flows.talks import Talk, Talks, in_seconds, talks_of
from tests.torture.goals import Goal, judged, seldom
from tests.torture.ground import ground_of

ARRIVAL = 2.0  # seconds from a message's acknowledgement: promised while there is no Redis
RETURN = 5.0  # seconds from its return until words arrive by pokes again
POKED = 0.5  # seconds: three in a row so quick are no luck of the poll, which looks every 1.5
PROBES = 5  # at least, while it is away
COMES_EVERY = 20.0
PAGES = 8  # so many of those who wait have a page open; a network may begin 30 contacts in ten minutes
Strike = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Size:
    seconds: float  # away
    strikes: int  # of each of the other kinds


SHORT = Size(5, 1)
LONG = Size(300, 200)


@dataclass
class Found:
    """Seconds, and what was counted."""

    polled: list[float] = field(default_factory=list)  # from acknowledged to the other's page, without Redis
    away: int = 0  # messages acknowledged meanwhile
    back: dict[str, list[float]] = field(
        default_factory=dict
    )  # what was done to it -> until pokes flowed again
    changed: int = 0  # times that the board was another afterwards
    taken: int = 0


async def run(size: Size) -> int:
    async with ground_of() as ground:
        return await _campaign(ground.street, ground.redis, size)


async def _campaign(street: Street, redis: servers.RedisServer, size: Size) -> int:
    processes = await street.opens()
    here, there, *_ = processes
    talks = await talks_of(street, 3, here, there, pause=1.0)
    probe = (await talks_of(street, 1, here, there, names="Sonda")).talks[0]
    beata = await street.counsellor("Beata", there, talks=1)
    chaos = _Chaos(redis, processes, probe, _Queue(street, beata, here))
    async with talks.going_on():
        await chaos.away(talks, size.seconds)
        for _ in range(size.strikes):
            await chaos.struck("wiped", chaos.wiped)
            await chaos.struck("restarted", chaos.restarted)
        await talks.more(2)
    return _verdict(chaos.found, talks, size)


class _Chaos:
    """What is done to Redis, and what came of it."""

    def __init__(
        self, redis: servers.RedisServer, processes: tuple[Process, ...], probe: Talk, queue: "_Queue"
    ) -> None:
        self._redis, self._processes, self._probe, self._queue = redis, processes, probe, queue
        self._probes = 0
        self.found = Found()

    async def away(self, talks: Talks, seconds: float) -> None:
        """For so long, while people come and are taken."""
        await self._stopped(signal.SIGTERM)
        before, until = talks.acknowledged, time.monotonic() + seconds
        while time.monotonic() < until or len(self.found.polled) < PROBES:
            self.found.polled.append(await self._probed())
            await self._queue.goes_on()
            await asyncio.sleep(0.5)
        self.found.away = talks.acknowledged - before
        await asyncio.to_thread(self._redis.start)
        await self._flows("away")

    async def struck(self, name: str, strike: Strike) -> None:
        """Somebody is rung for and others wait; it happens; all is as it was."""
        await self._queue.takes_one()
        before = await self._queue.board()
        await strike()
        await self._flows(name)
        self.found.changed += before != await self._queue.board()
        self.found.taken = self._queue.taken

    async def wiped(self) -> None:
        assert self._redis.command("FLUSHALL") == "+OK"

    async def restarted(self) -> None:
        """Killed; and back as soon as all have noticed."""
        await self._stopped(signal.SIGKILL)
        await asyncio.to_thread(self._redis.start)

    async def _stopped(self, number: signal.Signals) -> None:
        noticed = {each: each.log().count("redis away") + 1 for each in self._processes}
        await asyncio.to_thread(self._redis.stop, number)
        for process, times in noticed.items():
            await process.says("redis away", times=times)

    async def _flows(self, name: str) -> None:
        """It is back: how long until all hear it, and words arrive sooner than any poll would find them."""
        returned = time.monotonic()

        async def all_hear() -> bool:
            return int(self._redis.command("PUBLISH hotline:pokes []").removeprefix(":")) >= len(
                self._processes
            )

        await eventually(all_hear, "every process hears again")
        row: list[float] = []
        while len(row) < 3:
            quick = await self._probed() < POKED
            row = [*row, time.monotonic()] if quick else []
            assert time.monotonic() < returned + 60, "pokes never flow again"
        self.found.back.setdefault(name, []).append(row[0] - returned)

    async def _probed(self) -> float:
        """Seconds from a message's acknowledgement to the page of the other, who is at another process."""
        self._probes += 1
        text = f"Sonda {self._probes}."
        (await self._probe.caller.send(text)).ok()
        began = time.monotonic()
        await self._probe.counsellor.reads(self._probe.contact, text)
        return time.monotonic() - began


class _Queue:
    """People come and wait, and Beata takes them: who waited longest."""

    def __init__(self, street: Street, beata: Counsellor, web: Process) -> None:
        self._street, self._beata, self._web = street, beata, web
        self._waiting: deque[str] = deque()
        self._pages: dict[str, WebCaller] = {}
        self._next = time.monotonic()
        self.came = self.taken = 0

    async def goes_on(self) -> None:
        """Every now and then one of them is taken."""
        if time.monotonic() >= self._next:
            self._next += COMES_EVERY
            await self.takes_one()

    async def takes_one(self) -> None:
        """Somebody comes, the first is taken, the others move up; then it rings for the next."""
        while len(self._waiting) < 4:
            await self._comes()
        if self._beata.console["me"]["held"]:
            await self._beata.is_there()  # it rang unanswered while this machine was busy
        first = self._waiting.popleft()
        assert await self._beata.answers_next() == first, "out of order"
        for place, contact in enumerate(self._waiting, 1):
            if contact in self._pages:
                await self._pages[contact].sees(state="waiting", position=place)
        await self._beata.ends(first)
        (await self._beata.sums_up(first, **CARD)).ok()
        await self._beata.rings(not_for=first)
        self.taken += 1

    async def _comes(self) -> None:
        if self.came < PAGES:
            caller = self._street.caller(self._web)
            await caller.writes_first("Dzień dobry.", danger="no")
            contact = await self._street.contact_of(caller)
            self._pages[contact] = caller
        else:
            line = factories.VICTIMS
            contact = (await factories.add_caller(self._street.system, line=line, danger="no")).contact_id
        self._waiting.append(contact)
        self.came += 1

    async def board(self) -> tuple[object, ...]:
        """Who waits in which order, what rings for whom, who holds what."""
        async with self._street.system.read() as tx:
            waiting = [(each.id, each.key) for each in await queries.waiting(tx)]
            rings = await queries.pending_offers(tx)
            talks = [(each.contact_id, each.holder_id, each.since) for each in await held(tx)]
        return waiting, rings, talks


def _verdict(found: Found, talks: Talks, size: Size) -> int:
    back = [each for taken in found.back.values() for each in taken]
    slowest = sorted(found.polled)[int(len(found.polled) * 0.99)]
    figures = [
        f"{size.seconds:.0f} s without Redis: {found.away} messages acknowledged",
        f"{len(found.polled)} probes without Redis: {median(found.polled):.2f} s (median), {slowest:.2f} s (99 of 100)",
        *(
            f"Redis {name} {len(took)} times: pokes again {in_seconds(took)}"
            for name, took in found.back.items()
        ),
        f"{talks.acknowledged} messages {in_seconds(talks.took)}, all there once; {found.taken} taken, in order",
        f"order, offers and talks changed: {seldom(found.changed, len(back), 'returns of Redis')}",
    ]
    return judged(
        figures,
        [
            Goal("messages refused or unanswered", talks.refused.total() + talks.unanswered, most=0),
            Goal("order, offers or talks changed", found.changed, most=0),
            Goal("from acknowledged to the other's page without Redis, s (99 of 100)", slowest, most=ARRIVAL),
            Goal("from the return of Redis to pokes, s", max(back), most=RETURN),
            Goal("messages acknowledged without Redis", found.away, least=size.seconds),
            Goal("returns of Redis", len(back), least=1 + 2 * size.strikes),
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="five minutes away, 200 times emptied and killed")
    parser.add_argument("--seconds", type=float, help="away")
    parser.add_argument("--strikes", type=int, help="of each of the other kinds")
    chosen = parser.parse_args()
    usual = LONG if chosen.long else SHORT
    given = Size(chosen.seconds or usual.seconds, chosen.strikes or usual.strikes)
    sys.exit(asyncio.run(run(given)))
