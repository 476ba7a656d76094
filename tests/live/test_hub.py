"""A listener's changes: gathered for a while, and what may not wait told at once."""

import asyncio
import time
from collections.abc import Collection

from hotline.live import topics
from hotline.live.bus import LocalBus
from hotline.live.hub import Hub


async def no_versions(_topics: Collection[str]) -> dict[str, int]:
    return {}


async def test_changes_gather_but_for_what_may_not_wait() -> None:
    bus = LocalBus()
    hub = Hub(bus, no_versions)
    async with hub.listener() as listener, asyncio.TaskGroup() as tasks:
        for topic in ("queue:q", "staff:anna"):
            listener.add(topic)
        await listener.changed(at_most=1)

        # somebody else's news come together
        for _ in range(2):
            bus.publish(["queue:q"])
        began = time.monotonic()
        await listener.gathers(0.1, but_for={"staff:anna"})
        assert time.monotonic() - began >= 0.09
        assert await listener.changed(at_most=1) == {"queue:q"}

        # one's own do not wait, and take the others with them
        began = time.monotonic()
        resting = tasks.create_task(listener.gathers(10, but_for={"staff:anna"}))
        for topic in ("queue:q", "staff:anna"):
            await asyncio.sleep(0.01)
            bus.publish([topic])
        await resting
        assert time.monotonic() - began < 5
        assert await listener.changed(at_most=1) == {"queue:q", "staff:anna"}

        # and where nothing came there is nothing to tell
        await listener.gathers(0.01, but_for={"staff:anna"})
        assert await listener.changed(at_most=0.01) == set()


async def test_nothing_new_is_told_when_the_time_is_over_neither_sooner_nor_later() -> None:
    bus = LocalBus()
    hub = Hub(bus, no_versions)
    async with hub.listener() as listener:
        listener.add("contact:1")
        await listener.changed(at_most=0)

        for before, at_most in ((10, 0.05), (0.05, 0.2)):  # an alarm is still set: too late, or too early
            async with asyncio.TaskGroup() as tasks:
                waiting = tasks.create_task(listener.changed(before))
                await asyncio.sleep(0)
                bus.publish(["contact:1"])
            assert waiting.result() == {"contact:1"}
            began = time.monotonic()
            assert await listener.changed(at_most) == set()
            assert at_most - 0.01 <= time.monotonic() - began < at_most + 2


async def test_a_hint_is_heard_once_and_never_looked_for() -> None:
    """Not when one begins to listen, nor while pokes of other processes are missed."""
    bus = LocalBus()
    hub = Hub(bus, no_versions)
    hint = topics.typing("1", "staff")
    async with hub.listener() as listener:
        listener.add(hint)
        listener.add(topics.roster())
        assert await listener.changed(at_most=0) == {topics.roster()}
        bus.hears_since = None
        await hub.poll()
        assert await listener.changed(at_most=0) == {topics.roster()}
        bus.publish([hint])
        assert await listener.changed(at_most=0) == {hint}
        assert await listener.changed(at_most=0) == set()
