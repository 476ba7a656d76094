"""Redis is stopped, emptied, frozen or was never there: pokes get lost, and nothing else."""

import signal
import time
from statistics import median

import pytest

from tests import factories, servers
from tests.flows.people import WebCaller, eventually
from tests.flows.processes import Street, figures
from tests.flows.talks import in_seconds, talks_of

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]
POLLED = 2.5  # seconds: the hub's poll of 1.5 and a busy machine


async def test_caller_and_counsellor_at_different_processes_with_redis_and_without(
    street: Street, redis: servers.RedisServer
) -> None:
    here, there, engine, _ = await street.opens()
    anna = await street.counsellor("Anna", there)
    zofia = street.caller(here)
    await zofia.writes_first("Dzień dobry, czy ktoś jest?")
    contact = await anna.answers_next()
    await zofia.sees(state="active")
    began = time.monotonic()
    await anna.replies(contact, "Jestem.")
    await zofia.reads("Jestem.")
    poked = time.monotonic() - began
    await zofia.writes("Dobrze, że ktoś jest.")
    await anna.reads(contact, "Dobrze, że ktoś jest.")

    redis.stop()
    for process in (here, there, engine):
        await process.says("redis away")
    polled = []
    for number in range(3):
        began = time.monotonic()
        await anna.replies(contact, f"Bez Redisa {number}.")
        await zofia.reads(f"Bez Redisa {number}.")
        await zofia.writes(f"Słychać {number}.")
        await anna.reads(contact, f"Słychać {number}.")
        polled.append((time.monotonic() - began) / 2)
    jan = street.caller(here)
    began = time.monotonic()
    await jan.writes_first("Czy jest tu ktoś jeszcze?")
    second = await street.contact_of(jan)
    await street.offered(second)
    made = time.monotonic() - began
    assert await anna.answers_next() == second
    await jan.sees(state="active")

    redis.start()

    async def all_hear() -> bool:
        return _listeners(redis) >= 4

    await eventually(all_hear, "every process hears again")
    began = time.monotonic()
    await anna.replies(second, "I znowu od razu.")
    await jan.reads("I znowu od razu.")
    back = time.monotonic() - began
    figures(
        f"one way: poked {poked:.2f} s, polled {', '.join(f'{each:.2f}' for each in polled)} s, "
        f"poked again {back:.2f} s; first words to offer without Redis {made:.2f} s"
    )
    assert max(polled) < POLLED
    for caller in (zofia, jan):
        caller.saw_each_entry_once_in_order()
    anna.saw_each_entry_once_in_order(contact)
    assert zofia.words() == anna.words(contact)


def _listeners(server: servers.RedisServer) -> int:
    """How many processes hear the channel of pokes."""
    return int(server.command("PUBLISH hotline:pokes []").removeprefix(":"))


@pytest.mark.parametrize("how", ["emptied", "restarted"])
async def test_redis_is_emptied_in_the_middle_of_talks(
    street: Street, redis: servers.RedisServer, how: str
) -> None:
    here, there, *_ = await street.opens()
    talks = await talks_of(street, 2, here, there)
    first, second = street.caller(here), street.caller(there)
    await first.writes_first("Czekam.")
    await second.writes_first("Ja też.")
    async with talks.going_on():
        await talks.more(3)
        beata = await street.counsellor("Beata", there, talks=1)
        offer = await beata.rings()
        if how == "restarted":
            redis.stop(signal.SIGKILL)
            await here.says("redis away")
            await talks.more(3)
            redis.start()
        assert redis.command("FLUSHALL") == "+OK"
        assert [each.id for each in await factories.pending(street.system)] == [offer["id"]]
        assert await beata.accepts(offer) == await street.contact_of(first)
        await second.sees(state="waiting", position=1)
        await talks.more(3)
    assert talks.refused.total() == talks.unanswered == 0
    figures(
        f"Redis {how}: {talks.acknowledged} messages, every one there once; acknowledged {in_seconds(talks.took)}"
    )


async def test_a_frozen_redis_holds_up_no_acknowledgement(street: Street, redis: servers.RedisServer) -> None:
    here, there, *_ = await street.opens()
    talks = await talks_of(street, 2, here, there)
    async with talks.going_on():
        await talks.more(5)
        before = talks.acknowledged
        redis.process.send_signal(signal.SIGSTOP)
        try:
            for process in (here, there):
                await process.says("poke lost")
                await process.says("redis away")
            began = {pen: len(pen.took) for pen in talks.pens}
            await talks.more(20)
            during = [each for pen in talks.pens for each in pen.took[began[pen] :]]
        finally:
            redis.process.send_signal(signal.SIGCONT)
    figures(f"Redis frozen: {talks.acknowledged - before} messages; acknowledged {in_seconds(during)}")
    assert median(during) < 0.5, "a publish used to take a second"


async def test_redis_was_never_there(street: Street, redis: servers.RedisServer) -> None:
    redis.stop()
    here, there, engine, _ = await street.opens()
    ready = await street.caller(here).ask("GET", "/readyz")
    assert ready.ok() == {"ready": True, "missing": ["redis"]}
    first, second = street.caller(here), street.caller(here)
    await first.writes_first("Czy to działa?")
    await second.writes_first("A u mnie?")
    anna = await street.counsellor("Anna", there, talks=1)
    began = time.monotonic()
    contact = await anna.answers_next()
    assert contact == await street.contact_of(first)
    took = await _sees_after(second, position=1)
    figures(
        f"never a Redis: offer after {time.monotonic() - began:.2f} s, the next one's place after {took:.2f} s"
    )
    assert took < POLLED
    third = street.caller(here)
    await third.writes_first("Jestem trzecia.")
    began = time.monotonic()
    await anna.until(lambda: len(anna.console["queue"]) == 2, "two who wait")
    assert time.monotonic() - began < POLLED, "the console's pane is polled, too"
    assert "redis away" in engine.log()
    assert engine.log().count("redis away") == 1


async def _sees_after(caller: WebCaller, **state: object) -> float:
    began = time.monotonic()
    await caller.sees(**state)
    return time.monotonic() - began
