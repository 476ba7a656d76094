"""Pokes of many processes over one Redis channel. It is loaded where there is a Redis, for that takes its time.

Redis may be dead, wiped or frozen: a poke that gets lost delays, because a poll stands behind every reader.
"""

import asyncio
import json
import time
from collections.abc import Callable, Collection

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hotline import metrics
from hotline.errors import Unavailable
from hotline.ids import new_id
from hotline.live.bus import Ear, LocalBus
from hotline.live.topics import is_hint

log = structlog.get_logger()
CHANNEL = "hotline:pokes"
AWAY = (RedisError, OSError, TimeoutError)
SENDER = "from:"  # the one name in a message that is no topic
KEPT = 1000  # names that may wait for a Redis that is slow; what comes on top is lost
SEND_SECONDS = 1.0
HEAR_SECONDS = 5.0  # to connect and subscribe
SILENCE_SECONDS = 1.0  # after which Redis is asked whether it is there, and again to answer
PAUSE_SECONDS = 1.0  # before Redis is tried again


class RedisBus:
    """Many processes: the own ears hear at once, the others over one channel.

    What is published while an earlier message is on its way gathers, each name once, and shares the next one.
    """

    def __init__(self, url: str) -> None:
        # Every wait has its limit here. With one of its own redis-py calls `asyncio.wait_for`, which before
        # Python 3.12 can swallow being cancelled, and the process would never end.
        self._mark = f"{SENDER}{new_id()}"  # by which we know our own message when it comes back
        self._redis = Redis.from_url(url, socket_timeout=None, socket_connect_timeout=2)
        self._local, self._elsewhere = LocalBus(), LocalBus()
        self._outgoing: set[str] = set()
        self._overflow = 0
        self._gathered = asyncio.Event()
        self.hears_since: float | None = None

    def listen(self, ear: Ear, *, elsewhere: bool = False) -> Callable[[], None]:
        return (self._elsewhere if elsewhere else self._local).listen(ear)

    def publish(self, topics: Collection[str]) -> None:
        self._local.publish(topics)
        for topic in set(topics) - self._outgoing:
            if len(self._outgoing) < KEPT:
                self._outgoing.add(topic)
            else:
                self._overflow += 1
        self._gathered.set()

    async def run(self) -> None:
        """Hear the other processes and speak to them until cancelled; Redis may come and go."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_hearing())
            tasks.create_task(self._keep_speaking())

    async def ping(self) -> None:
        """Raises Unavailable if Redis does not answer."""
        try:
            async with asyncio.timeout(2):
                await self._redis.ping()
        except AWAY as error:
            raise Unavailable from error

    async def close(self) -> None:
        if self._outgoing:  # of a command, which has no loop running, or of the last moment
            await self._speak()
        await self._redis.aclose()

    async def _keep_speaking(self) -> None:
        while True:
            await self._gathered.wait()
            if not await self._speak():
                await asyncio.sleep(PAUSE_SECONDS)

    async def _speak(self) -> bool:
        """Send what has gathered. What Redis does not take within a second is lost; was it taken?"""
        topics, self._outgoing = self._outgoing, set()
        lost, self._overflow = self._overflow, 0
        self._gathered.clear()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._redis.publish(CHANNEL, json.dumps([self._mark, *sorted(topics)]))
            taken = True
        except AWAY:
            taken, lost = False, lost + sum(not is_hint(topic) for topic in topics)
        if taken:
            metrics.POKES.labels("published").inc()
        if lost:
            metrics.POKES.labels("lost").inc(lost)
            log.warning("poke lost", count=lost)
        return taken

    async def _keep_hearing(self) -> None:
        told = False
        while True:
            try:
                await self._hear()
            except AWAY:
                if not told or self.hears_since is not None:  # once, not every second of a long night
                    log.warning("redis away")
                told, self.hears_since = True, None
                await asyncio.sleep(PAUSE_SECONDS)

    async def _hear(self) -> None:
        """Until Redis is away; one that is frozen keeps its connections, and only its silence gives it away."""
        async with self._redis.pubsub() as subscription:
            async with asyncio.timeout(HEAR_SECONDS):
                await subscription.subscribe(CHANNEL)
            asked = False
            while True:
                message = await subscription.get_message(timeout=SILENCE_SECONDS)
                if message is not None:
                    asked = False
                    if message["type"] == "subscribe":
                        self.hears_since = time.monotonic()
                        log.info("redis heard")
                    elif message["type"] == "message":
                        sender, changed = _read(message["data"])
                        if sender != self._mark:  # our own ears have heard what we say
                            metrics.POKES.labels("heard").inc()
                            self._elsewhere.publish(changed)
                            self._local.publish(changed)
                elif asked:
                    raise TimeoutError
                else:
                    async with asyncio.timeout(SEND_SECONDS):
                        await subscription.ping()
                    asked = True


def _read(data: bytes) -> tuple[str | None, frozenset[str]]:
    """Who says it, if they say so, and what changed."""
    try:
        names = [str(topic) for topic in json.loads(data)]
    except (ValueError, TypeError):
        return None, frozenset()
    sender = next((name for name in names if name.startswith(SENDER)), None)
    return sender, frozenset(name for name in names if name != sender)
