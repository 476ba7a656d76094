"""Carries pokes: inside one process, or (see `redis_bus`) to all of them."""

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

Ear = Callable[[frozenset[str]], None]


class Bus(Protocol):
    """Publishes topics after a commit; calls every ear with them, without awaiting anybody."""

    @property
    def hears_since(self) -> float | None:
        """Since when (monotonic seconds) no poke of another process was missed; None while they are missed."""

    def listen(self, ear: Ear, *, elsewhere: bool = False) -> Callable[[], None]:
        """Call `ear` with each set of topics from now on; the answer ends it.

        `elsewhere`: only with those that other processes say, and before anybody else here hears them.
        """

    def publish(self, topics: Collection[str]) -> None:
        """Tell everybody. Neither waits nor raises: the commit has happened, and its answer is due."""

    async def run(self) -> None:
        """Carry pokes between processes until cancelled."""

    async def ping(self) -> None:
        """Raises Unavailable if other processes cannot be told."""

    async def close(self) -> None:
        """Say what is still to be said, and give back what is held open."""


class LocalBus:
    """One process: pokes are plain calls."""

    hears_since: float | None = 0.0

    def __init__(self) -> None:
        self._ears: set[Ear] = set()

    def listen(self, ear: Ear, *, elsewhere: bool = False) -> Callable[[], None]:
        if elsewhere:  # where nobody is
            return lambda: None
        self._ears.add(ear)
        return lambda: self._ears.discard(ear)

    def publish(self, topics: Collection[str]) -> None:
        changed = frozenset(topics)
        for ear in tuple(self._ears):
            ear(changed)

    async def run(self) -> None:
        """At once over: there is no other process."""

    async def ping(self) -> None:
        """Always there."""

    async def close(self) -> None:
        """Nothing is held."""


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

    def ring(self) -> None:
        """Wake the loop."""
        self._rung.set()

    def _hear(self, changed: frozenset[str]) -> None:
        if any(map(self._concerns, changed)):
            self.ring()
