"""Redis is gone for minutes, in real time: `python -m tests.torture.redis_away --seconds 300`.

Two web processes, an engine and a standby on PostgreSQL. People talk, others come and wait and are taken in
order; it ends with figures, or with what was lost.
"""

import argparse
import asyncio
import tempfile
import time
from collections import deque
from pathlib import Path
from statistics import median, quantiles

from tests import factories, servers
from tests.conftest import HouseTemplate
from tests.flows.nursery import nursery_of
from tests.flows.people import WebCaller
from tests.flows.processes import Process, Street, street_of
from tests.flows.staff import CARD, Counsellor
from tests.flows.talks import in_seconds, talks_of

ARRIVAL = 2.0  # seconds from a message's acknowledgement: promised while there is no Redis
COMES_EVERY = 20.0  # a network may begin 30 contacts in ten minutes


async def run(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder, servers.postgres_server() as postgres:
        main, keys = await HouseTemplate(postgres).copy()
        with servers.redis_server() as redis:
            given = {"database_url": main, "keys_url": keys, "redis_url": redis.url}
            settings = factories.settings_in(Path(folder) / "data", **given)
            async with nursery_of() as nursery, street_of(settings, nursery, Path(folder)) as street:
                await _minutes(street, redis, seconds)


async def _minutes(street: Street, redis: servers.RedisServer, seconds: float) -> None:
    here, there, engine, standby = await street.opens()
    talks = await talks_of(street, 3, here, there, pause=1.0)
    probe = (await talks_of(street, 1, here, there, names="Sonda")).talks[0]
    beata = await street.counsellor("Beata", there, talks=1)
    arrivals: list[float] = []
    queue = _Queue(street, beata, here)
    async with talks.going_on():
        await asyncio.to_thread(redis.stop)
        for process in (here, there, engine, standby):
            await process.says("redis away")
        before, until = talks.acknowledged, time.monotonic() + seconds
        while time.monotonic() < until:
            number = len(arrivals)
            (await probe.caller.send(f"Sonda {number}.")).ok()
            began = time.monotonic()
            await probe.counsellor.reads(probe.contact, f"Sonda {number}.")
            arrivals.append(time.monotonic() - began)
            await queue.goes_on()
            await asyncio.sleep(0.5)
        during = talks.acknowledged - before
        await asyncio.to_thread(redis.start)
        for process in (here, there):
            await process.says("redis heard", times=2)
        await talks.more(3)
    assert talks.refused.total() == talks.unanswered == 0
    _tell(
        f"{seconds:.0f} s without Redis: {during} messages acknowledged {in_seconds(talks.took)}, all there once; "
        f"{len(arrivals)} probes arrived at another's page in {median(arrivals):.2f} s (median), "
        f"{quantiles(arrivals, n=100)[98]:.2f} s (99 of 100), {max(arrivals):.2f} s (slowest); "
        f"{queue.taken} of {queue.came} who came were taken, in order"
    )
    assert quantiles(arrivals, n=100)[98] < ARRIVAL


class _Queue:
    """Every twenty seconds somebody comes, and somebody is taken: who waited longest."""

    def __init__(self, street: Street, beata: Counsellor, web: Process) -> None:
        self._street, self._beata, self._web = street, beata, web
        self._waiting: deque[WebCaller] = deque()
        self._next = time.monotonic()
        self.came = self.taken = 0

    async def goes_on(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next += COMES_EVERY
        for _ in range(3 if not self.came else 1):
            caller = self._street.caller(self._web)
            await caller.writes_first("Dzień dobry.", danger="no")
            self._waiting.append(caller)
            self.came += 1
        first = self._waiting.popleft()
        contact = await self._beata.answers_next()
        assert contact == await self._street.contact_of(first), "out of order"
        for place, caller in enumerate(self._waiting, 1):
            await caller.sees(state="waiting", position=place)
        await self._beata.ends(contact)
        (await self._beata.sums_up(contact, **CARD)).ok()
        self.taken += 1


def _tell(text: str) -> None:
    print(text)  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    asyncio.run(run(parser.parse_args().seconds))
