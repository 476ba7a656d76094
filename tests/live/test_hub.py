"""A listener's changes: gathered for a while, and what may not wait told at once."""

import asyncio
import time
from collections.abc import Mapping

from structlog.testing import capture_logs

from hotline.live import topics
from hotline.live.bus import LocalBus
from hotline.live.hub import Hub


async def no_versions(_seen: Mapping[str, int]) -> dict[str, int]:
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


async def test_a_poll_leaves_what_is_just_being_stored_to_whoever_stores_it_and_then_makes_sure() -> None:
    known: list[bool | None] = [None, None, False]

    async def versions(seen: Mapping[str, int]) -> dict[str, int]:
        return {topic: 7 for topic, number in seen.items() if number != 7}

    hub = Hub(LocalBus(), versions, lambda _topic, _version: known.pop(0))
    async with hub.listener() as listener:
        listener.add("words:1")
        await listener.changed(at_most=0)
        for expected in (set[str](), set[str](), {"words:1"}, set[str]()):
            await hub.poll()  # which asks once more of what nobody knew, and of nothing else
            assert await listener.changed(at_most=0) == expected


async def test_what_can_be_shown_at_once_wakes_nobody() -> None:
    """And what cannot, or fails, is told as ever; so is what comes while its reader is at something else."""
    bus, shown = LocalBus(), list[str]()
    hub = Hub(bus, no_versions)

    def at_once(topic: str) -> bool:
        if topic == "contact:bad":
            raise ValueError(topic)
        shown.append(topic)
        return topic == "words:1"

    async with hub.listener() as listener, asyncio.TaskGroup() as tasks:
        for topic in ("words:1", "words:2", "contact:bad"):
            listener.add(topic)
        listener.at_once = at_once
        await listener.changed(at_most=0)

        bus.publish(["words:1"])  # its reader is busy
        assert await listener.changed(at_most=0) == {"words:1"}
        assert shown == []

        for topic, is_told in (("words:1", False), ("words:2", True), ("contact:bad", True)):
            waiting = tasks.create_task(listener.changed(at_most=0.2))
            await asyncio.sleep(0)
            with capture_logs() as logged:
                bus.publish([topic])
            assert await waiting == ({topic} if is_told else set())
            assert [each["event"] for each in logged] == ["not shown at once"] * (topic == "contact:bad")
        assert shown == ["words:1", "words:2"]

        waiting = tasks.create_task(listener.changed(at_most=60))
        await asyncio.sleep(0)
        bus.publish(["words:2"])
        bus.publish(["words:1"])  # behind what its reader is about to show
        assert await waiting == {"words:1", "words:2"}
        assert shown == ["words:1", "words:2", "words:2"]


async def test_what_was_shown_at_once_may_bring_the_next_look_nearer() -> None:
    hub = Hub(LocalBus(), no_versions)
    async with hub.listener() as listener, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(listener.changed(at_most=60))
        await asyncio.sleep(0)
        began = time.monotonic()
        listener.wake_in(0.1)
        listener.wake_in(30)  # which is not nearer
        assert await waiting == set()
        assert 0.09 <= time.monotonic() - began < 20
