"""The sockets of this process: who listens to which topics, and what is new for each.

A listener holds only the names of what changed, never content, so a slow reader costs a set and not a
backlog. Behind every poke stands a poll: numbers that moved without a poke are found within two seconds, and
while no pokes arrive, what has no numbers counts as changed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Set
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Final

import structlog

from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.bus import Bus

log = structlog.get_logger()
POLL_SECONDS = 1.5
# Topics asked for at once: with ten thousand open pages nobody's words wait for all of them.
MOST: Final = 1000
NEVER = -1  # the number of what was never looked at
# From topics with the number that was seen of each to those that have another by now, with it.
Versions = Callable[[Mapping[str, int]], Awaitable[dict[str, int]]]
# Was everybody here told of a topic up to that number? None: not known yet, to be asked again.
Told = Callable[[str, int], bool | None]
AtOnce = Callable[[str], bool]
NOTHING: Final[frozenset[str]] = frozenset()  # one for all who wait


@dataclass(slots=True, eq=False)
class Listener:
    """One reader's topics and which of them changed since it last asked. It listens until its block ends."""

    _hub: "Hub"
    at_once: AtOnce | None = field(init=False, default=None)
    """Shows what a topic says just now, without waiting for anything; False where that cannot be."""
    _topics: list[str] = field(init=False, default_factory=list)  # each once
    _rests: bool = field(init=False, default=False)  # nothing is being shown, and nothing waits to be
    _due: float = field(init=False, default=0.0)  # of the loop's clock
    _changed: frozenset[str] = field(init=False, default=NOTHING)
    _waiter: asyncio.Future[None] | None = field(init=False, default=None)
    _alarm: asyncio.TimerHandle | None = field(init=False, default=None)

    async def __aenter__(self) -> "Listener":
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.only(NOTHING)
        self.at_once = None  # which knows this listener
        if self._alarm is not None:
            self._alarm.cancel()

    def add(self, topic: str) -> None:
        """Listen to one more topic; it counts as changed, so that its present state is read first. Hints have none."""
        if topic not in self._topics:
            self._topics.append(topic)
            self._hub.attach(topic, self)
        if not topics.is_hint(topic):
            self.poke(topic)

    def leave(self, topic: str) -> None:
        """Listen to it no more."""
        if topic in self._topics:
            self._topics.remove(topic)
            self._hub.detach(topic, self)
            self._changed -= {topic}

    def only(self, wanted: Set[str]) -> None:
        """Listen to these and to no others."""
        for topic in wanted - set(self._topics):
            self.add(topic)
        for topic in set(self._topics) - wanted:
            self.leave(topic)

    def poke(self, topic: str) -> None:
        if self._rests and not self._changed and self._shown(topic):
            return
        self._changed |= {topic}
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _woken(self) -> asyncio.Future[None]:
        """Is done when something changes, or the alarm rings."""
        self._waiter = asyncio.get_running_loop().create_future()
        return self._waiter

    def _shown(self, topic: str) -> bool:
        try:
            return self.at_once is not None and self.at_once(topic)
        except Exception as error:  # an edge: whoever has just stored something must not fail with one page
            log.error("not shown at once", exc_info=error)
            return False

    async def changed(self, at_most: float) -> frozenset[str]:
        """The topics that changed, as soon as there are some; an empty set after `at_most` seconds."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + at_most
        while not self._changed:
            if loop.time() >= self._due:
                return NOTHING
            self._set_alarm(loop, self._due)
            self._rests = True
            try:
                await self._woken()
            finally:
                self._rests = False
        changed, self._changed = self._changed, NOTHING
        return changed

    def wake_in(self, seconds: float) -> None:
        """Whoever waits for changes waits no longer than that."""
        loop = asyncio.get_running_loop()
        self._due = min(self._due, loop.time() + seconds)
        self._set_alarm(loop, self._due)

    async def gathers(self, seconds: float, but_for: Collection[str]) -> None:
        """Let changes come together for so long; these topics are not kept waiting."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._changed.isdisjoint(but_for):
                    await self._woken()

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        # It stays while words come, who knows how many; where it rings too early, it is set again.
        if self._alarm is None or self._alarm.when() > due:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_at(due, self._rings, context=self._hub.context)

    def _rings(self) -> None:
        self._alarm = None
        self._wake()


class Hub:
    """Spreads the bus's pokes over this process's listeners."""

    def __init__(self, bus: Bus, versions: Versions, told: Told = lambda _topic, _version: False) -> None:
        # Most topics are one page's own; a set of its own for each would be the better part of what a page costs here.
        self._listeners: dict[str, Listener | set[Listener]] = {}
        self._versions, self._told = versions, told
        self._seen: dict[str, int] = {}
        self._bus = bus
        self.context = copy_context()  # of all alarms: each would else keep one of its own
        self._polled_at = 0.0
        bus.listen(self._hear)

    def listener(self) -> Listener:
        """A listener for as long as its block runs."""
        return Listener(self)

    def attach(self, topic: str, listener: Listener) -> None:
        """Tell this one of it as well, who does not listen to it yet."""
        there = self._listeners.get(topic)
        if isinstance(there, set):
            there.add(listener)
        else:
            self._listeners[topic] = listener if there is None else {there, listener}
        if topics.has_number(topic):
            self._seen.setdefault(topic, NEVER)

    def detach(self, topic: str, listener: Listener) -> None:
        """Tell this one of it no more, who listens to it."""
        there = self._listeners[topic]
        if isinstance(there, set) and len(there) > 1:
            there.discard(listener)
        else:
            del self._listeners[topic]
            self._seen.pop(topic, None)

    def poke(self, topic: str) -> None:
        """Have whoever listens to it here look."""
        self._hear(frozenset((topic,)))

    def tell(self, topic: str) -> None:
        """One who listens to it has found what is new: have the others look as well, if there are any."""
        if len(self._who(topic)) > 1:
            self.poke(topic)

    async def run(self) -> None:
        """Poll for what no poke told, until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.poll()
            except (
                HotlineError
            ) as error:  # sockets outlive a database that restarts; the next poll makes up for it
                log.warning("poll failed", code=error.code)

    async def poll(self) -> None:
        """Compare the numbers of all topics that have them; poke those that moved.

        While pokes are missed, and once when they arrive again, whoever shows what has no numbers reads it anew.
        """
        now = time.monotonic()
        asked = list(self._seen)
        for first in range(0, len(asked), MOST):
            some = asked[first : first + MOST]
            await self._poll({topic: self._seen[topic] for topic in some if topic in self._seen})
        before, self._polled_at = self._polled_at, now
        if self._bus.hears_since is None or self._bus.hears_since > before:
            unnumbered = self._listeners.keys() - self._seen.keys()
            self._hear(frozenset(topic for topic in unnumbered if not topics.is_hint(topic)))

    async def _poll(self, seen: Mapping[str, int]) -> None:
        for topic, version in (await self._versions(seen)).items() if seen else ():
            told = self._told(topic, version)
            if told is not None and topic in self._seen:
                self._seen[topic] = version
            if told is False:
                self.poke(topic)

    def _hear(self, changed: frozenset[str]) -> None:
        for topic in changed & self._listeners.keys():
            for listener in self._who(topic):
                listener.poke(topic)

    def _who(self, topic: str) -> tuple[Listener, ...]:
        there = self._listeners.get(topic, ())
        return (there,) if isinstance(there, Listener) else tuple(there)
