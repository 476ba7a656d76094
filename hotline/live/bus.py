"""Carries pokes: inside one process, or over one Redis channel to all of them.

Redis may be dead or wiped: a poke that gets lost delays, because a poll stands behind every reader.
"""

import asyncio
import json
from collections.abc import Callable, Collection
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hotline.errors import Unavailable

log = structlog.get_logger()

Ear = Callable[[frozenset[str]], None]
CHANNEL = "hotline:pokes"


class Bus(Protocol):
    """Publishes topics after a commit; calls every ear with them, without awaiting anybody."""

    def listen(self, ear: Ear) -> Callable[[], None]:
        """Call `ear` with each set of topics from now on; the answer ends it."""

    async def publish(self, topics: Collection[str]) -> None:
        """Tell everybody. Never raises: the commit has happened already."""


class LocalBus:
    """One process: pokes are plain calls."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()

    def listen(self, ear: Ear) -> Callable[[], None]:
        self._ears.add(ear)
        return lambda: self._ears.discard(ear)

    async def publish(self, topics: Collection[str]) -> None:
        self.poke(frozenset(topics))

    def poke(self, topics: frozenset[str]) -> None:
        for ear in tuple(self._ears):
            ear(topics)


class Bell:
    """Wakes one loop: as soon as a topic changes that concerns it, and after a while in any case."""

    def __init__(self, bus: Bus, concerns: Callable[[str], bool]) -> None:
        self._concerns = concerns
        self._rung = asyncio.Event()
        bus.listen(self._hear)

    async def rest(self, at_most: float) -> None:
        """Return at once if it rang meanwhile, else when it rings, at the latest after so many seconds."""
        try:
            async with asyncio.timeout(at_most):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()

    def _hear(self, changed: frozenset[str]) -> None:
        if any(map(self._concerns, changed)):
            self._rung.set()


class RedisBus:
    """Many processes: the own ears hear at once, the others over one channel."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)
        self._local = LocalBus()

    def listen(self, ear: Ear) -> Callable[[], None]:
        return self._local.listen(ear)

    async def publish(self, topics: Collection[str]) -> None:
        self._local.poke(frozenset(topics))
        try:
            async with asyncio.timeout(1):
                await self._redis.publish(CHANNEL, json.dumps(sorted(topics)))
        except (RedisError, OSError, TimeoutError):
            log.warning("poke lost", count=len(topics))

    async def run(self) -> None:
        """Hear the other processes until cancelled; reconnect for ever, at most once a second."""
        while True:
            try:
                await self._hear()
            except (RedisError, OSError, TimeoutError):
                log.warning("redis away")
                await asyncio.sleep(1)

    async def ping(self) -> None:
        """Raises Unavailable if Redis does not answer."""
        try:
            async with asyncio.timeout(2):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable from error

    async def close(self) -> None:
        await self._redis.aclose()

    async def _hear(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(CHANNEL)
            while True:
                message = await subscription.get_message(timeout=2)
                if message is not None:
                    self._local.poke(_topics(message["data"]))


def _topics(data: bytes) -> frozenset[str]:
    try:
        return frozenset(str(topic) for topic in json.loads(data))
    except (ValueError, TypeError):
        return frozenset()
