"""Pokes between processes, on a real Redis; and what happens when Redis, or a poke, is lost."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hotline import app
from hotline.actions import messages
from hotline.errors import Unavailable
from hotline.live import hub as hubs
from hotline.live import topics
from hotline.live.bus import LocalBus
from hotline.live.hub import Hub, Listener
from hotline.live.redis_bus import CHANNEL, KEPT, RedisBus
from tests import factories, servers
from tests.factories import MovableClock, add_caller

PATIENCE = 20  # seconds until a test gives up waiting for what must come


class Ear:
    """Collects what a bus says, and wakes who waits for it."""

    def __init__(self, bus: RedisBus | LocalBus) -> None:
        self.heard: list[frozenset[str]] = []
        self._wake = asyncio.Event()
        self.deafen = bus.listen(self._hear)

    def _hear(self, changed: frozenset[str]) -> None:
        self.heard.append(changed)
        self._wake.set()

    async def hears(self, topic: str, within: float = PATIENCE) -> bool:
        """True as soon as the topic was heard; False if it was not in time."""
        try:
            async with asyncio.timeout(within):
                while not any(topic in changed for changed in self.heard):
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[RedisBus]:
    """A bus as a process has it, with its loop running."""
    bus = RedisBus(url)
    task = asyncio.get_running_loop().create_task(bus.run())
    try:
        yield bus
    finally:
        task.cancel()
        await asyncio.wait([task])
        await bus.close()


async def subscribed(server: servers.RedisServer, many: int) -> None:
    """Until so many processes hear the channel; the probe itself is no topic."""
    async with asyncio.timeout(PATIENCE):
        # Redis tells nobody who subscribes
        while server.command(f"PUBLISH {CHANNEL} []") != f":{many}":  # noqa: ASYNC110
            await asyncio.sleep(0.01)


# -- two processes ---------------------------------------------------------------------------------------


async def test_a_poke_reaches_the_other_processes_and_oneself(redis_server: servers.RedisServer) -> None:
    async with listening(redis_server.url) as one, listening(redis_server.url) as other:
        near, far = Ear(one), Ear(other)
        await subscribed(redis_server, 2)
        one.publish({"contact:1", "queue:general"})
        assert frozenset({"contact:1", "queue:general"}) in near.heard  # without waiting for Redis
        assert await far.hears("contact:1")
        assert frozenset({"contact:1", "queue:general"}) in far.heard
        other.publish(["staff:7"])
        assert await near.hears("staff:7")
        assert (
            near.heard.count(frozenset({"contact:1", "queue:general"})) == 1
        )  # not once more by way of Redis


async def test_an_ear_that_was_taken_away_hears_no_more() -> None:
    bus = LocalBus()
    ear, other = Ear(bus), Ear(bus)
    bus.publish(["a"])
    ear.deafen()
    bus.publish(["b"])
    assert [set(each) for each in ear.heard] == [{"a"}]
    assert [set(each) for each in other.heard] == [{"a"}, {"b"}]


@pytest.mark.parametrize("rubbish", ["{", "5", "null", "\xff", "[[1]]", '{"a":1}'])
async def test_rubbish_on_the_channel_stops_nobody(redis_server: servers.RedisServer, rubbish: str) -> None:
    async with listening(redis_server.url) as bus:
        ear = Ear(bus)
        await subscribed(redis_server, 1)
        redis_server.command(
            f"PUBLISH {CHANNEL} '{rubbish}'" if '"' in rubbish else f"PUBLISH {CHANNEL} {rubbish}"
        )
        redis_server.command(f"PUBLISH {CHANNEL} '[\"after\"]'")
        assert await ear.hears("after")


async def test_it_ends_when_told_to_whatever_it_is_doing(redis_server: servers.RedisServer) -> None:
    """On Python 3.11 `asyncio.wait_for`, which redis-py calls where it has a timeout, can lose the order."""
    for turns in range(40):
        bus = RedisBus(redis_server.url)
        task = asyncio.get_running_loop().create_task(bus.run())
        ear = Ear(bus)
        bus.publish(["before"])  # the connection is made
        await subscribed(redis_server, 1)
        while bus.hears_since is None:  # noqa: ASYNC110
            await asyncio.sleep(0)
        bus.publish(["last"])
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        _, running = await asyncio.wait([task], timeout=60)
        assert not running, f"told after {turns} turns of the loop"
        ear.deafen()
        await bus.close()


# -- Redis is away -------------------------------------------------------------------------------------


async def test_without_redis_publishing_takes_no_time_and_one_hears_oneself() -> None:
    with capture_logs() as logged:
        async with listening(f"redis://127.0.0.1:{servers.free_port()}/0") as bus:
            ear = Ear(bus)
            started = time.monotonic()
            for number in range(3):
                bus.publish([f"contact:{number}"])
            assert [set(each) for each in ear.heard] == [{"contact:0"}, {"contact:1"}, {"contact:2"}]
            assert time.monotonic() - started < 1
            await logs(logged, "poke lost")
            await logs(logged, "redis away")
            assert bus.hears_since is None
            for number in range(KEPT + 7):
                bus.publish(
                    [f"contact:{number}", "roster"]
                )  # the roster is one name however often it is said
    lost = [each["count"] for each in logged if each["event"] == "poke lost"]
    assert sum(lost) == 3 + KEPT + 8


async def test_a_redis_that_hangs_is_noticed_and_holds_nobody_up() -> None:
    with servers.redis_server() as server, capture_logs() as logged:
        async with listening(server.url) as one, listening(server.url) as other:
            far = Ear(other)
            await subscribed(server, 2)
            server.process.send_signal(signal.SIGSTOP)
            try:
                started = time.monotonic()
                for number in range(50):
                    one.publish([f"contact:{number}"])
                assert time.monotonic() - started < 1
                await logs(logged, "redis away", times=2)
                assert time.monotonic() - started < 10
            finally:
                server.process.send_signal(signal.SIGCONT)
            await logs(logged, "redis heard", times=4)
            one.publish(["contact:after"])
            assert await far.hears("contact:after")
    assert "poke lost" in {each["event"] for each in logged}


async def logs(logged: list[EventDict], event: str, times: int = 1) -> None:
    """Until this was logged (so many times)."""
    async with asyncio.timeout(PATIENCE):
        while [each["event"] for each in logged].count(event) < times:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_gathers_while_a_message_is_on_its_way_shares_the_next(
    redis_server: servers.RedisServer,
) -> None:
    async with listening(redis_server.url) as one, listening(redis_server.url) as other:
        far = Ear(other)
        await subscribed(redis_server, 2)
        for number in range(500):
            one.publish([f"contact:{number}", "roster"])
        assert await far.hears("contact:499")
        assert frozenset().union(*far.heard) == {f"contact:{number}" for number in range(500)} | {"roster"}
        assert len(far.heard) < 5


async def test_a_command_without_a_loop_still_pokes(redis_server: servers.RedisServer) -> None:
    async with listening(redis_server.url) as other:
        far = Ear(other)
        await subscribed(redis_server, 1)
        bus = RedisBus(redis_server.url)
        bus.publish(["roster"])
        await bus.close()
        assert await far.hears("roster")


async def test_after_a_restart_of_redis_the_processes_hear_each_other_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with capture_logs() as logged:
        with servers.redis_server() as first:
            port = first.port
            one, other = await start(first, 2)
        ear = Ear(other.bus)
        one.bus.publish(["lost"])
        await logs(logged, "poke lost")
        monkeypatch.setattr(servers, "free_port", lambda: port)
        with servers.redis_server() as second:
            await subscribed(second, 2)
            one.bus.publish(["found"])
            assert await ear.hears("found")
            await stop(one, other)
    assert not any("lost" in changed for changed in ear.heard)
    told = [each["event"] for each in logged]
    assert set(told) == {"poke lost", "redis away", "redis heard"}
    assert (told.count("redis away"), told.count("redis heard")) == (2, 4)


class Process:
    """A bus and its loop, ended by hand."""

    def __init__(self, url: str) -> None:
        self.bus = RedisBus(url)
        self.task = asyncio.get_running_loop().create_task(self.bus.run())


async def start(server: servers.RedisServer, many: int) -> list[Process]:
    started = [Process(server.url) for _ in range(many)]
    await subscribed(server, many)
    return started


async def stop(*processes: Process) -> None:
    for process in processes:
        process.task.cancel()
        await asyncio.wait([process.task])
        await process.bus.close()


async def test_ping_tells_whether_redis_answers(redis_url: str) -> None:
    bus = RedisBus(redis_url)
    await bus.ping()
    await bus.close()
    gone = RedisBus(f"redis://127.0.0.1:{servers.free_port()}/0")
    with pytest.raises(Unavailable):
        await gone.ping()
    await gone.close()


# -- the hub ---------------------------------------------------------------------------------------------


class Numbers:
    """The versions a database would answer, changed by hand."""

    def __init__(self) -> None:
        self.now: dict[str, int] = {}
        self.asked: list[set[str]] = []

    async def __call__(self, seen: Mapping[str, int]) -> dict[str, int]:
        self.asked.append(set(seen))
        return {topic: seq for topic, seq in self.now.items() if seen.get(topic, seq) != seq}


async def changed(listener: Listener) -> frozenset[str]:
    """What changed already; nothing if nothing did."""
    return await listener.changed(at_most=0.01)


async def test_a_poll_finds_what_no_poke_told() -> None:
    numbers = Numbers()
    hub = Hub(LocalBus(), numbers)
    async with hub.listener() as listener:
        listener.add("words:1")
        assert await changed(listener) == {"words:1"}  # its present state is read first
        numbers.now = {"words:1": 5, "words:2": 1}
        await hub.poll()
        assert await changed(listener) == {"words:1"}
        await hub.poll()
        assert await changed(listener) == set()
        numbers.now["words:1"] = 6
        await hub.poll()
        assert await changed(listener) == {"words:1"}
    await hub.poll()
    assert numbers.asked == [{"words:1"}] * 3


async def test_while_pokes_are_missed_what_has_no_numbers_is_read_again() -> None:
    bus = LocalBus()
    hub = Hub(bus, Numbers())
    async with hub.listener() as listener:
        listener.add("queue:general")
        await changed(listener)
        await hub.poll()
        await changed(listener)
        await hub.poll()
        assert await changed(listener) == set()
        bus.hears_since = None
        for _ in range(2):
            await hub.poll()
            assert await changed(listener) == {"queue:general"}
        bus.hears_since = time.monotonic()  # it may have been away between two polls, and is back already
        await hub.poll()
        assert await changed(listener) == {"queue:general"}
        await hub.poll()
        assert await changed(listener) == set()


async def test_many_topics_are_asked_for_in_several_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST", 2)
    numbers = Numbers()
    hub = Hub(LocalBus(), numbers)
    all_of_them = [f"words:{number}" for number in range(5)]
    async with hub.listener() as listener:
        for topic in all_of_them:
            listener.add(topic)
        await changed(listener)
        numbers.now = dict.fromkeys(all_of_them, 7)
        await hub.poll()
        assert await changed(listener) == set(all_of_them)
        assert list(map(len, numbers.asked)) == [2, 2, 1]


async def test_a_poke_reaches_who_listens_to_its_topic_only() -> None:
    bus = LocalBus()
    hub = Hub(bus, Numbers())
    async with hub.listener() as one, hub.listener() as other:
        one.add("contact:1")
        other.add("contact:2")
        await changed(one)
        await changed(other)
        bus.publish(["contact:1", "contact:3"])
        assert await changed(one) == {"contact:1"}
        assert await changed(other) == set()
        one.only(frozenset())
        bus.publish(["contact:1"])
        assert await changed(one) == set()


async def test_who_stops_listening_to_a_topic_leaves_it_to_the_others() -> None:
    bus = LocalBus()
    hub, words = Hub(bus, Numbers()), frozenset({"words:1"})
    async with hub.listener() as one, hub.listener() as other:
        async with hub.listener() as third:
            for listener in (one, other, third):
                listener.add("words:1")
                assert await changed(listener) == {"words:1"}
        bus.publish(["words:1"])
        assert (await changed(one), await changed(other)) == (words, words)
        bus.publish(["words:1"])
        one.only({"roster"})
        assert await changed(one) == {"roster"}  # nor of what it had not yet asked for
        bus.publish(["words:1"])
        assert (await changed(one), await changed(other)) == (frozenset(), words)
    assert not hub._listeners
    assert not hub._seen


async def test_many_pokes_of_one_topic_are_one_change() -> None:
    """A slow reader costs a set of names, not a backlog."""
    bus = LocalBus()
    hub = Hub(bus, Numbers())
    async with hub.listener() as listener:
        listener.add("contact:1")
        for _ in range(1000):
            bus.publish(["contact:1"])
        assert await changed(listener) == {"contact:1"}
        assert await changed(listener) == set()


async def test_polling_goes_on_after_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that restarts must not end the process, and with it every open socket."""
    monkeypatch.setattr("hotline.live.hub.POLL_SECONDS", 0)
    answers: list[dict[str, int]] = []

    async def versions(_: Mapping[str, int]) -> dict[str, int]:
        answers.append({})
        if len(answers) < 3:
            raise Unavailable
        return {"words:1": len(answers)}

    hub = Hub(LocalBus(), versions)
    with capture_logs():
        async with hub.listener() as listener:
            listener.add("words:1")
            await changed(listener)
            task = asyncio.get_running_loop().create_task(hub.run())
            assert await listener.changed(at_most=PATIENCE) == {"words:1"}
            assert not task.done()
            task.cancel()
            await asyncio.wait([task])


async def test_two_systems_on_one_database_hear_of_a_message_without_any_poke(tmp_path: Path) -> None:
    """The same over the real store: the second process has no bus in common with the first."""
    settings = factories.settings_in(tmp_path)
    async with app.open_system(settings, MovableClock()) as one, factories.journal_running(one):
        caller = await add_caller(one)
        async with app.open_system(settings, MovableClock()) as other:
            hub = Hub(other.bus, app._versions_of(other))
            async with hub.listener() as listener:
                listener.add(topics.words(caller.contact_id))
                listener.add(topics.roster())  # has no number, and is no trouble
                await hub.poll()
                await changed(listener)
                await hub.poll()
                assert await changed(listener) == set()
                await messages.receive(one, caller.actor, caller.contact_id, "message-1", "Jest tam kto?")
                await hub.poll()
                assert await changed(listener) == {topics.words(caller.contact_id)}


async def test_what_another_process_wrote_makes_what_is_at_hand_here_doubtful(
    redis_server: servers.RedisServer, tmp_path: Path
) -> None:
    """Whoever is behind would else be content with the last word that this process wrote."""
    settings = factories.settings_in(tmp_path, redis_url=redis_server.url)
    async with app.open_system(settings, MovableClock()) as here, factories.journal_running(here):
        hearing = asyncio.get_running_loop().create_task(here.bus.run())
        caller = await add_caller(here)
        receipt = await messages.receive(here, caller.actor, caller.contact_id, "message-1", "Jest tam kto?")
        before, words = (caller.contact_id, receipt.seq - 1), topics.words(caller.contact_id)
        try:
            async with listening(redis_server.url) as elsewhere:
                await subscribed(redis_server, 2)
                assert here.journal.recent.after(*before)  # of its own words it is sure
                elsewhere.publish([words])
                async with asyncio.timeout(PATIENCE):
                    while here.journal.recent.after(*before):  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])
